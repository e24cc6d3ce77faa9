// What every back end must do (DESIGN decision 6): the same bytes, verdicts and errors. Run on each by backends.test.ts.
import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { hexDecode, hexEncode } from '../../src/codec/hex.js'
import type { Backend, KeyUsage, PrivateKey, SyncBackend } from '../../src/crypto/backend.js'
import { type PackedBatch, packBatch } from '../../src/crypto/packed-batch.js'
import { PLACES_PER_ITEM, type SealBatch, SIGNATURE_CHARS } from '../../src/crypto/seal-batch.js'
import { describeVectors } from '../support/vectors.js'
import { seededRandom } from './seeded-random.js'
import { loadSignatureCases, RFC8032 } from './signature-cases.js'

/** A code of ours, or the name of a built-in error, of what `work` throws or rejects with. */
async function failure(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return 'code' in error && String(error.code).startsWith('ERR_CRYPTO_') ? String(error.code) : error.name
  }
  return 'nothing'
}

const one = (text: string): PackedBatch => packBatch([Buffer.from(text)])

/** Runs the suite on the back end that `open` gives. */
export function backendSuite(name: string, open: () => Promise<Backend>): void {
  describe(`${name} back end`, () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await open()
    })

    it('describes itself', () => {
      const described = backend.describe()
      expect(described.name).toBe(name)
      expect(described.kernel).not.toBe('')
      expect(described.attempts).toEqual([])
    })

    describe('hashes', () => {
      it.each(['sha256', 'sha512'] as const)(
        '%s of all lengths from 0 to 260 as node:crypto',
        async (algorithm) => {
          const text = Uint8Array.from({ length: 260 }, (_, i) => (i * 131 + 7) & 0xff)
          const items = Array.from({ length: 261 }, (_, length) => text.subarray(0, length))
          const expected = Buffer.concat(items.map((item) => createHash(algorithm).update(item).digest()))
          const batch = packBatch(items)
          const digests = await (algorithm === 'sha256'
            ? backend.sha256Many(batch)
            : backend.sha512Many(batch))
          expect(hexEncode(digests)).toBe(expected.toString('hex'))
        },
      )

      it('an empty batch gives no digest', async () => {
        expect(await backend.sha256Many(packBatch([]))).toHaveLength(0)
        expect(await backend.sha512Many(packBatch([]))).toHaveLength(0)
      })

      it('views into a larger buffer give the digest of the view', async () => {
        const bytes = Buffer.from('xxabcxx').subarray(2, 5)
        const digest = await backend.sha256Many({ bytes, offsets: Uint32Array.of(0, 3) })
        expect(hexEncode(digest)).toBe(createHash('sha256').update('abc').digest('hex'))
      })
    })

    describe('signs', () => {
      it.each(RFC8032)('RFC 8032 7.1 $name', async ({ seed, publicKey, message, signature }) => {
        const key = await backend.importSeed(hexDecode(seed), ['receipt'])
        expect(hexEncode(key.publicKey)).toBe(publicKey)
        const batch = packBatch([hexDecode(message)])
        const signed = await backend.ed25519SignMany([key], 'receipt', batch)
        expect(hexEncode(signed)).toBe(signature)
        expect(await backend.ed25519VerifyMany(hexDecode(publicKey), signed, batch)).toEqual(Uint8Array.of(1))
        key.close()
      })

      it('a ragged batch under one key and under many keys gives what single calls give', async () => {
        const items = [0, 1, 63, 64, 65, 127, 128, 1000].map((length) => new Uint8Array(length).fill(length))
        const keys = await Promise.all(
          items.map((_, i) => backend.importSeed(new Uint8Array(32).fill(i), ['annex', 'record'])),
        )
        const batch = packBatch(items)
        for (const used of [keys.slice(0, 1), keys]) {
          const signatures = await backend.ed25519SignMany(used, 'record', batch)
          for (const [i, item] of items.entries()) {
            const key = used[i] ?? used[0]!
            const single = await backend.ed25519SignMany([key], 'record', packBatch([item]))
            expect(hexEncode(signatures.subarray(64 * i, 64 * i + 64)), `item ${i}`).toBe(hexEncode(single))
          }
          const publicKeys = Buffer.concat(used.map((key) => key.publicKey))
          expect(await backend.ed25519VerifyMany(publicKeys, signatures, batch)).toEqual(
            new Uint8Array(items.length).fill(1),
          )
        }
      })

      it('an empty batch gives no signature and no verdict', async () => {
        const key = await backend.generateKey(['receipt'])
        expect(await backend.ed25519SignMany([key], 'receipt', packBatch([]))).toHaveLength(0)
        expect(await backend.ed25519SignMany([], 'receipt', packBatch([]))).toHaveLength(0)
        expect(await backend.ed25519VerifyMany(key.publicKey, new Uint8Array(), packBatch([]))).toHaveLength(
          0,
        )
        expect(
          await backend.ed25519VerifyMany(new Uint8Array(), new Uint8Array(), packBatch([])),
        ).toHaveLength(0)
      })

      it('generated keys differ and sign', async () => {
        const [a, b] = [await backend.generateKey(['receipt']), await backend.generateKey(['receipt'])]
        expect(hexEncode(a.publicKey)).not.toBe(hexEncode(b.publicKey))
        const signature = await backend.ed25519SignMany([a], 'receipt', one('m'))
        expect([...(await backend.ed25519VerifyMany(a.publicKey, signature, one('m')))]).toEqual([1])
        expect([...(await backend.ed25519VerifyMany(b.publicKey, signature, one('m')))]).toEqual([0])
      })
    })

    describe('key handles', () => {
      it('sign only for their usages', async () => {
        const key = await backend.generateKey(['receipt', 'annex'])
        expect([...key.usages].sort()).toEqual(['annex', 'receipt'])
        expect(key.backend).toBe(name)
        for (const usage of ['receipt', 'annex'] as const) {
          expect(await backend.ed25519SignMany([key], usage, one('m'))).toHaveLength(64)
        }
        for (const usage of ['record', 'checkpoint'] as const) {
          expect(await failure(() => backend.ed25519SignMany([key], usage, one('m')))).toBe(
            'ERR_CRYPTO_KEY_USAGE',
          )
        }
      })

      it('do not gain a usage when the caller changes what it sees', async () => {
        const key = await backend.generateKey(['receipt'])
        ;(key.usages as Set<KeyUsage>).add('record')
        expect(await failure(() => backend.ed25519SignMany([key], 'record', one('m')))).toBe(
          'ERR_CRYPTO_KEY_USAGE',
        )
      })

      it('refuse to sign after closing, and close twice without harm', async () => {
        const key = await backend.generateKey(['receipt'])
        key.close()
        key.close()
        expect(await failure(() => backend.ed25519SignMany([key], 'receipt', one('m')))).toBe(
          'ERR_CRYPTO_KEY_CLOSED',
        )
      })

      it('one unusable key refuses the whole batch', async () => {
        const [good, bad] = [await backend.generateKey(['receipt']), await backend.generateKey(['record'])]
        const batch = packBatch([new Uint8Array(1), new Uint8Array(2)])
        expect(await failure(() => backend.ed25519SignMany([good, bad], 'receipt', batch))).toBe(
          'ERR_CRYPTO_KEY_USAGE',
        )
      })

      it('give copies of the public key, and keep no hold on the seed', async () => {
        const seed = hexDecode(RFC8032[0]!.seed)
        const key = await backend.importSeed(seed, ['receipt'])
        seed.fill(0)
        key.publicKey.fill(0)
        expect(hexEncode(key.publicKey)).toBe(RFC8032[0]!.publicKey)
        const signature = await backend.ed25519SignMany([key], 'receipt', packBatch([new Uint8Array()]))
        expect(hexEncode(signature)).toBe(RFC8032[0]!.signature)
      })

      it('show no secret when printed or serialised', async () => {
        const key = await backend.importSeed(hexDecode(RFC8032[0]!.seed), ['receipt'])
        const shown = JSON.stringify(key) + JSON.stringify(Object.getOwnPropertyDescriptors(key))
        expect(shown).not.toContain(RFC8032[0]!.seed)
        const names = Object.getOwnPropertyNames(key)
        for (const hidden of ['seed', 'secret', 'token', 'd']) expect(names).not.toContain(hidden)
      })
    })

    describe('refuses misuse', () => {
      const misuse: readonly [string, string, (b: Backend, key: PrivateKey) => unknown][] = [
        [
          'a batch that is no bytes',
          'TypeError',
          (b) => b.sha256Many({ bytes: 'x', offsets: Uint32Array.of(0, 1) } as never),
        ],
        [
          'offsets of another kind',
          'TypeError',
          (b) => b.sha512Many({ bytes: new Uint8Array(1), offsets: [0, 1] } as never),
        ],
        [
          'shared memory',
          'TypeError',
          (b) =>
            b.sha256Many({ bytes: new Uint8Array(new SharedArrayBuffer(1)), offsets: Uint32Array.of(0, 1) }),
        ],
        [
          'offsets in shared memory',
          'TypeError',
          (b) =>
            b.sha256Many({ bytes: new Uint8Array(), offsets: new Uint32Array(new SharedArrayBuffer(4)) }),
        ],
        [
          'signatures in shared memory',
          'TypeError',
          (b) => b.ed25519VerifyMany(new Uint8Array(32), new Uint8Array(new SharedArrayBuffer(64)), one('m')),
        ],
        [
          'no offsets',
          'RangeError',
          (b) => b.sha256Many({ bytes: new Uint8Array(), offsets: new Uint32Array() }),
        ],
        [
          'a first offset that is not 0',
          'RangeError',
          (b) => b.sha256Many({ bytes: new Uint8Array(2), offsets: Uint32Array.of(1, 2) }),
        ],
        [
          'offsets that fall',
          'RangeError',
          (b) => b.sha256Many({ bytes: new Uint8Array(2), offsets: Uint32Array.of(0, 2, 1, 2) }),
        ],
        [
          'a last offset beyond the buffer',
          'RangeError',
          (b) => b.sha256Many({ bytes: new Uint8Array(2), offsets: Uint32Array.of(0, 3) }),
        ],
        [
          'a last offset short of the buffer',
          'RangeError',
          (b) => b.sha256Many({ bytes: new Uint8Array(2), offsets: Uint32Array.of(0, 1) }),
        ],
        ['no key for an item', 'RangeError', (b) => b.ed25519SignMany([], 'receipt', one('m'))],
        [
          'two keys for one item',
          'RangeError',
          (b, key) => b.ed25519SignMany([key, key], 'receipt', one('m')),
        ],
        [
          'a usage that is none',
          'TypeError',
          (b, key) => b.ed25519SignMany([key], 'master' as never, one('m')),
        ],
        ['a key of nobody', 'TypeError', (b, key) => b.ed25519SignMany([{ ...key }], 'receipt', one('m'))],
        [
          'a public key of 31 bytes',
          'RangeError',
          (b) => b.ed25519VerifyMany(new Uint8Array(31), new Uint8Array(64), one('m')),
        ],
        [
          'two public keys for one item',
          'RangeError',
          (b) => b.ed25519VerifyMany(new Uint8Array(64), new Uint8Array(64), one('m')),
        ],
        [
          'a public key as text',
          'TypeError',
          (b) => b.ed25519VerifyMany('k'.repeat(32) as never, new Uint8Array(64), one('m')),
        ],
        [
          'a signature of 63 bytes',
          'RangeError',
          (b) => b.ed25519VerifyMany(new Uint8Array(32), new Uint8Array(63), one('m')),
        ],
        [
          'two signatures for one item',
          'RangeError',
          (b) => b.ed25519VerifyMany(new Uint8Array(32), new Uint8Array(128), one('m')),
        ],
        [
          'a signature as array',
          'TypeError',
          (b) => b.ed25519VerifyMany(new Uint8Array(32), Array(64).fill(0) as never, one('m')),
        ],
        ['a seed of 31 bytes', 'RangeError', (b) => b.importSeed(new Uint8Array(31), ['receipt'])],
        ['a seed of 64 bytes', 'RangeError', (b) => b.importSeed(new Uint8Array(64), ['receipt'])],
        ['a seed as text', 'TypeError', (b) => b.importSeed('s'.repeat(32) as never, ['receipt'])],
        [
          'an imported key with a usage that is none',
          'TypeError',
          (b) => b.importSeed(new Uint8Array(32), ['master' as never]),
        ],
        ['a generated key with a usage that is none', 'TypeError', (b) => b.generateKey(['master' as never])],
      ]
      it.each(misuse)('%s', async (_, expected, work) => {
        const key = await backend.generateKey(['receipt'])
        expect(await failure(() => work(backend, key))).toBe(expected)
      })
    })

    describeVectors('STRICT verdicts', () => {
      const cases = loadSignatureCases()

      it('has all 1,273 cases', () => {
        expect(cases).toHaveLength(1273)
        expect(cases.filter((one) => one.valid)).toHaveLength(132)
      })

      it('agrees with every case, in one batch', async () => {
        const sized = cases.filter((one) => one.signature.length === 64)
        const verdicts = await backend.ed25519VerifyMany(
          Buffer.concat(sized.map((one) => one.publicKey)),
          Buffer.concat(sized.map((one) => one.signature)),
          packBatch(sized.map((one) => one.message)),
        )
        const wrong = sized.filter((one, i) => (verdicts[i] === 1) !== one.valid).map((one) => one.name)
        expect(wrong).toEqual([])
      })

      it('signatures of another length are a misuse, and none of them is valid', async () => {
        const odd = cases.filter((one) => one.signature.length !== 64)
        expect(odd.length).toBeGreaterThan(0)
        for (const { valid, publicKey, signature, message } of odd) {
          expect(valid).toBe(false)
          expect(
            await failure(() => backend.ed25519VerifyMany(publicKey, signature, packBatch([message]))),
          ).toBe('RangeError')
        }
      })
    })

    if (name !== 'web') sealingSuite(async () => (await open()) as SyncBackend)
  })
}

/** Texts with room for a signature and ranges that are not signed, at random places. */
function sealBatch(count: number): SealBatch {
  const { bytes: random, below } = seededRandom()
  const items = Array.from({ length: count }, () => random(SIGNATURE_CHARS + below(1200)))
  const { bytes, offsets } = packBatch(items)
  const places = new Uint32Array(PLACES_PER_ITEM * count)
  for (let i = 0; i < count; i++) {
    const [begin, end] = [offsets[i]!, offsets[i + 1]!]
    const signature = begin + below(end - begin - SIGNATURE_CHARS + 1)
    const from = begin + below(signature - begin + 1)
    const to = signature + SIGNATURE_CHARS + below(end - signature - SIGNATURE_CHARS + 1)
    const before = [begin + below(from - begin + 1), from].sort((a, b) => a - b)
    const after = [to, to + below(end - to + 1)]
    // The signature lies in the first, second or third range.
    const cuts = [
      [from, to, ...after, end, end],
      [...before, from, to, ...after],
      [begin, begin, ...before, from, to],
    ][below(3)]!
    places.set([signature, ...cuts], PLACES_PER_ITEM * i)
  }
  return { bytes, offsets, places }
}

/** Text of an item without its ranges, by another way than the back ends. */
function partOf({ bytes, offsets, places }: SealBatch, i: number): Uint8Array {
  const cuts = [...places.subarray(PLACES_PER_ITEM * i + 1, PLACES_PER_ITEM * (i + 1))]
  const isCut = (at: number) => [0, 2, 4].some((k) => at >= cuts[k]! && at < cuts[k + 1]!)
  const all = [...bytes.subarray(offsets[i], offsets[i + 1])]
  return Uint8Array.from(all.filter((_, at) => !isCut(at + offsets[i]!)))
}

function sealingSuite(open: () => Promise<SyncBackend>): void {
  describe('sealing', () => {
    let backend: SyncBackend
    beforeAll(async () => {
      backend = await open()
    })

    it.each([0, 1, 2, 3, 8, 17])(
      '%i items: signatures in their places, digests of what is complete',
      (count) => {
        const batch = sealBatch(count)
        const keys = Array.from({ length: count }, (_, i) =>
          backend.importSeed(new Uint8Array(32).fill(i), ['receipt']),
        )
        const before = batch.bytes.slice()
        const payloads = packBatch(Array.from({ length: count }, (_, i) => partOf(batch, i)))
        const { signatures, digests } = backend.sealMany(keys, 'receipt', batch)
        const wanted = count === 0 ? new Uint8Array() : backend.ed25519SignMany(keys, 'receipt', payloads)
        const hashes = backend.sha256Many(batch)
        for (let i = 0; i < count; i++) {
          const text = Buffer.from(wanted.subarray(64 * i, 64 * i + 64)).toString('base64url')
          expect(signatures[i]).toBe(text)
          before.set(Buffer.from(text), batch.places[PLACES_PER_ITEM * i])
          expect(digests[i]).toBe(`sha256:${hexEncode(hashes.subarray(32 * i, 32 * i + 32))}`)
        }
        expect(Buffer.compare(batch.bytes, before)).toBe(0)
        expect([signatures.length, digests.length]).toEqual([count, count])
        for (const key of keys) key.close()
      },
    )

    it('refuses what signing refuses, and leaves no signature behind', async () => {
      const batch = sealBatch(3)
      const before = batch.bytes.slice()
      const key = backend.importSeed(new Uint8Array(32), ['receipt'])
      const record = backend.importSeed(new Uint8Array(32), ['record'])
      const misplaced = { ...batch, places: batch.places.slice().fill(0) }
      expect(await failure(() => backend.sealMany([key, key, record], 'receipt', batch))).toBe(
        'ERR_CRYPTO_KEY_USAGE',
      )
      expect(await failure(() => backend.sealMany([key, key], 'receipt', batch))).toBe('RangeError')
      expect(await failure(() => backend.sealMany([{} as PrivateKey], 'receipt', batch))).toBe('TypeError')
      expect(await failure(() => backend.sealMany([key], 'receipt', misplaced))).toBe('RangeError')
      expect(
        await failure(() => backend.sealMany([key], 'receipt', { ...batch, places: new Uint32Array(1) })),
      ).toBe('RangeError')
      expect(await failure(() => backend.sealMany([key], 'receipt', { ...batch, places: [] as never }))).toBe(
        'TypeError',
      )
      key.close()
      expect(await failure(() => backend.sealMany([key], 'receipt', batch))).toBe('ERR_CRYPTO_KEY_CLOSED')
      expect(Buffer.compare(batch.bytes, before)).toBe(0)
    })

    it('a key that is shared signs the same, and is closed on its own', async () => {
      const key = backend.importSeed(new Uint8Array(32).fill(3), ['receipt'])
      if (backend.sharing === undefined) return expect(backend.describe().name).toBe('pure')
      const other = backend.sharing.adopt(structuredClone(backend.sharing.share(key)))
      expect([other.publicKey, [...other.usages]]).toEqual([key.publicKey, ['receipt']])
      const sign = (one: PrivateKey) =>
        hexEncode(backend.ed25519SignMany([one], 'receipt', packBatch([new Uint8Array(5)])))
      const signature = sign(key)
      expect(sign(other)).toBe(signature)
      key.close()
      expect(sign(other)).toBe(signature)
      other.close()
      expect(await failure(() => sign(other))).toBe('ERR_CRYPTO_KEY_CLOSED')
      expect(await failure(() => backend.sharing?.share(key))).toBe('ERR_CRYPTO_KEY_CLOSED')
    })
  })
}
