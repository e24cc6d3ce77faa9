// Every kernel against `portable`, and `portable` against `pure`, on random messages, keys and damaged signatures.
// A case is one answer: a digest, a signature or a verdict. TRACEVAR_LONG=1 asks a hundred times as many.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SyncBackend } from '../../src/crypto/backend.js'
import { createNativeBackend, type NativeAddon } from '../../src/crypto/native-backend.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { seededRandom } from '../crypto/seeded-random.js'
import { describeAddon } from './addon.js'

const LONG = process.env.TRACEVAR_LONG === '1' ? 100 : 1
const BATCH_MAX = 300
const KEYS = 40

/** Answers of one round: 20 hash batches of each kind, 3 of signatures, 6 of verdicts. */
function answersOf(backend: SyncBackend, seed: string, isSmall: boolean): Uint8Array[] {
  const { bytes, below } = fastRandom(seed)
  const messages = (count: number) => packBatch(Array.from({ length: count }, () => bytes(below(300))))
  const count = () => 1 + below(isSmall ? 20 : BATCH_MAX)
  const answers: Uint8Array[] = []
  for (let i = 0; i < 20; i++) {
    answers.push(backend.sha256Many(messages(count())), backend.sha512Many(messages(count())))
  }
  const keys = Array.from({ length: isSmall ? 2 : KEYS }, () => backend.importSeed(bytes(32), ['receipt']))
  for (let i = 0; i < 3; i++) {
    const size = count()
    const batch = messages(size)
    // Runs of one key, so that known keys with small and large tables, and unknown ones, share batches.
    const run = 1 + below(40)
    const chosen = Array.from({ length: size }, (_, item) => keys[Math.floor(item / run) % keys.length]!)
    const signatures = backend.ed25519SignMany(chosen, 'receipt', batch)
    answers.push(signatures)
    for (let damage = 0; damage < 2; damage++) {
      const publicKeys = Buffer.concat(chosen.map((key) => key.publicKey))
      const signed = signatures.slice()
      const text = { ...batch, bytes: batch.bytes.slice() }
      for (let flips = below(size + 1); flips > 0; flips--) flipOne([publicKeys, signed, text.bytes], below)
      answers.push(backend.ed25519VerifyMany(publicKeys, signed, text))
    }
  }
  for (const key of keys) key.close()
  return answers
}

function flipOne(parts: readonly Uint8Array[], below: (bound: number) => number): void {
  const part = parts[below(parts.length)]!
  if (part.length > 0) part[below(part.length)]! ^= 1 << below(8)
}

/** xorshift over a seed: the answers are compared, not the randomness judged. */
function fastRandom(seed: string) {
  let state = Number.parseInt(seed, 10) % 2 ** 31 || 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  return {
    below: (bound: number) => next() % bound,
    bytes: (length: number) => Uint8Array.from({ length }, next),
  }
}

const FACTS = { path: '', sha256: '' }

function compare(left: () => SyncBackend, right: () => SyncBackend, cases: number, isSmall: boolean): void {
  const { below } = seededRandom()
  for (let done = 0; done < cases; ) {
    const seed = String(1 + below(2 ** 31 - 1))
    const [mine, others] = [answersOf(left(), seed, isSmall), answersOf(right(), seed, isSmall)]
    mine.forEach((answer, i) => {
      if (Buffer.compare(answer, others[i]!) !== 0) expect.fail(`round of seed ${seed}, answer ${i} differs`)
      done += answer.length / (i < 40 ? (i % 2 === 0 ? 32 : 64) : (i - 40) % 3 === 0 ? 64 : 1)
    })
  }
}

const native = (addon: NativeAddon, kernel: string) => () =>
  createNativeBackend(addon, FACTS, { kernel, signKernel: '' })

describeAddon('differential', (addon) => {
  describe('a million answers of portable', () => {
    it.each(addon.describe().kernels.filter((kernel) => kernel !== 'portable'))(
      'are those of %s',
      (kernel) => compare(native(addon, kernel), native(addon, 'portable'), 1_000_000 * LONG, false),
      600_000 * LONG,
    )
  })

  it(
    'ten thousand answers of pure are those of portable',
    () => {
      compare(native(addon, 'portable'), () => createPureBackend({ randomBytes }), 10_000 * LONG, true)
      addon.useKernel('')
    },
    600_000 * LONG,
  )
})
