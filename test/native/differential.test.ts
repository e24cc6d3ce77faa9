// Every kernel against `portable`, and `portable` against `pure`, on random messages, keys and damaged signatures.
// A case is one answer: a digest, a signature or a verdict. TRACEVAR_LONG=1 asks a hundred times as many.
import { createCipheriv, randomBytes } from 'node:crypto'
import { afterAll, expect, it } from 'vitest'
import type { SyncBackend } from '../../src/crypto/backend.js'
import { createNativeBackend } from '../../src/crypto/native-backend.js'
import type { PackedBatch } from '../../src/crypto/packed-batch.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { seededRandom } from '../crypto/seeded-random.js'
import { describeAddon, testedKernels } from './addon.js'

const LONG = process.env.TRACEVAR_LONG === '1' ? 100 : 1
const BATCH_MAX = 300
const KEYS = 24

/** Answers of one round: 20 hash batches of each kind, 3 of signatures, 6 of verdicts. */
function answersOf(backend: SyncBackend, seed: string, isSmall: boolean): Uint8Array[] {
  const { bytes, below } = seededStream(seed)
  const messages = (count: number): PackedBatch => {
    const lengths = bytes(2 * count)
    const offsets = new Uint32Array(count + 1)
    for (let i = 0; i < count; i++) {
      offsets[i + 1] = offsets[i]! + ((lengths[2 * i]! | (lengths[2 * i + 1]! << 8)) % 300)
    }
    return { bytes: bytes(offsets[count]!), offsets }
  }
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

/** A stream of bytes from a seed: the answers are compared, not the randomness judged. */
function seededStream(seed: string) {
  const stream = createCipheriv('aes-128-ctr', seed.padStart(16, '0'), Buffer.alloc(16))
  const bytes = (length: number): Uint8Array => stream.update(Buffer.alloc(length))
  return { bytes, below: (bound: number) => Buffer.from(bytes(4)).readUInt32LE() % bound }
}

/** Asks every back end the same, until the reference has given so many answers. Opening one chooses its kernel. */
function compare(
  reference: () => SyncBackend,
  others: ReadonlyMap<string, () => SyncBackend>,
  cases: number,
  isSmall: boolean,
): void {
  const { below } = seededRandom()
  for (let done = 0; done < cases; ) {
    const seed = String(1 + below(2 ** 31 - 1))
    const expected = answersOf(reference(), seed, isSmall)
    for (const [name, open] of others) {
      answersOf(open(), seed, isSmall).forEach((answer, i) => {
        if (Buffer.compare(answer, expected[i]!) !== 0) {
          expect.fail(`${name}: round of seed ${seed}, answer ${i} differs`)
        }
      })
    }
    for (const [i, answer] of expected.entries()) {
      done += answer.length / (i < 40 ? (i % 2 === 0 ? 32 : 64) : (i - 40) % 3 === 0 ? 64 : 1)
    }
  }
}

describeAddon('differential', (addon) => {
  const kernel = (name: string) => () =>
    createNativeBackend(addon, { path: '', sha256: '' }, { kernel: name, signKernel: '' })
  const others = new Map(testedKernels(addon).map((name) => [name, kernel(name)]))
  others.delete('portable')
  afterAll(() => addon.useKernel(''))

  if (others.size > 0) {
    it(
      `a million answers of portable are those of ${[...others.keys()].join(', ')}`,
      () => compare(kernel('portable'), others, 1_000_000 * LONG, false),
      600_000 * LONG,
    )
  }

  it(
    'ten thousand answers of pure are those of portable',
    () => {
      const pure = createPureBackend({ randomBytes })
      compare(() => pure, new Map([['portable', kernel('portable')]]), 10_000 * LONG, true)
    },
    600_000 * LONG,
  )
})
