// Bytes and verdicts of every kernel against node:crypto and the outside vectors.
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { batchItem, packBatch } from '../../src/crypto/packed-batch.js'
import { seededRandom } from '../crypto/seeded-random.js'
import { loadSignatureCases } from '../crypto/signature-cases.js'
import { describeVectors } from '../support/vectors.js'
import { describeKernels, importKey, RECEIPT } from './addon.js'

const SIGNED_LENGTHS_END = 261
/** Three blocks of SHA-512 beyond as many blocks as there are lanes; for SHA-256 more. */
const HASHED_LENGTHS_END = (8 + 3) * 128 + 1

describeKernels('kernels', (addon, kernel) => {
  it('is the one that describe() names', () => {
    expect(addon.describe()).toMatchObject({ kernel, signingKernel: kernel })
  })

  const hashes = [
    ['sha256', 32, addon.sha256Many],
    ['sha512', 64, addon.sha512Many],
  ] as const

  it.each(hashes)(
    '%s of every length up to three blocks past the lane width, in one batch',
    (name, size, hash) => {
      const { bytes } = seededRandom()
      const batch = packBatch(Array.from({ length: HASHED_LENGTHS_END }, (_, length) => bytes(length)))
      const out = new Uint8Array(size * HASHED_LENGTHS_END)
      hash(batch.bytes, batch.offsets, out)
      for (let i = 0; i < HASHED_LENGTHS_END; i++) {
        const known = createHash(name).update(batchItem(batch, i)).digest()
        expect(Buffer.compare(known, out.subarray(size * i, size * (i + 1))), `${i} bytes`).toBe(0)
      }
    },
  )

  it.each(hashes)('%s at every alignment, in ragged batches of every size up to 40', (name, size, hash) => {
    const { seed, bytes, below } = seededRandom()
    for (let round = 0; round < 64; round++) {
      const items = Array.from({ length: round % 41 }, () => bytes(below(400)))
      const { bytes: packed, offsets } = packBatch(items)
      const memory = new Uint8Array(64 + packed.length)
      memory.set(packed, round)
      const out = new Uint8Array(size * items.length)
      hash(memory.subarray(round, round + packed.length), offsets, out)
      const known = Buffer.concat(items.map((item) => createHash(name).update(item).digest()))
      expect(Buffer.compare(known, out), `seed ${seed}, alignment ${round}`).toBe(0)
    }
  })

  it('ragged batches of every size up to 40, and of more than a chunk, are signed as by node:crypto, and verify', () => {
    const { seed, bytes, below } = seededRandom()
    for (const count of [...Array(41).keys(), 127, 128, 129, 300]) {
      const seeds = Array.from({ length: Math.min(count, 5) }, () => bytes(32))
      const keys = seeds.map((one) => importKey(addon, one))
      const items = Array.from({ length: count }, () => bytes(below(300)))
      const batch = packBatch(items)
      const keyOf = (i: number) => i % seeds.length
      const tokens = Buffer.concat(items.map((_, i) => keys[keyOf(i)]!.token))
      const out = new Uint8Array(64 * count)
      expect(addon.signMany(tokens, RECEIPT, batch.bytes, batch.offsets, out)).toBe(0)
      const known = items.map((item, i) => sign(null, item, opensslKey(seeds[keyOf(i)]!)))
      expect(Buffer.compare(Buffer.concat(known), out), `seed ${seed}, ${count} items`).toBe(0)
      const publicKeys = Buffer.concat(items.map((_, i) => keys[keyOf(i)]!.publicKey))
      const verdicts = new Uint8Array(count)
      addon.verifyMany(publicKeys, out, batch.bytes, batch.offsets, verdicts)
      expect(
        verdicts.every((verdict) => verdict === 1),
        `seed ${seed}, ${count} items`,
      ).toBe(true)
      for (const key of keys) addon.closeKey(key.token)
    }
  })

  it('hashes of a long message agree', () => {
    const long = new Uint8Array(3 * 1024 * 1024 + 17).map((_, i) => i)
    const offsets = Uint32Array.of(0, long.length)
    for (const [name, size, hash] of [
      ['sha256', 32, addon.sha256Many],
      ['sha512', 64, addon.sha512Many],
    ] as const) {
      const out = new Uint8Array(size)
      hash(long, offsets, out)
      expect(Buffer.compare(createHash(name).update(long).digest(), out)).toBe(0)
    }
  })

  it('signatures equal those of node:crypto, verify, and stop verifying with any one bit flipped', () => {
    const { seed, bytes, below } = seededRandom()
    for (let length = 0; length < SIGNED_LENGTHS_END; length++) {
      const keySeed = bytes(32)
      const message = bytes(length)
      const key = importKey(addon, keySeed)
      const offsets = Uint32Array.of(0, length)
      const signature = new Uint8Array(64)
      expect(addon.signMany(key.token, RECEIPT, message, offsets, signature)).toBe(0)
      const where = `seed ${seed}, length ${length}`
      expect(Buffer.from(signature).toString('hex'), where).toBe(
        sign(null, message, opensslKey(keySeed)).toString('hex'),
      )
      const rows = [key.publicKey, signature, message].map((part) => part.slice())
      const verdict = () => {
        const out = new Uint8Array(1)
        addon.verifyMany(rows[0]!, rows[1]!, rows[2]!, offsets, out)
        return out[0]
      }
      expect(verdict(), where).toBe(1)
      for (const part of rows.filter((part) => part.length > 0)) {
        const bit = below(8 * part.length)
        part[bit >> 3]! ^= 1 << (bit & 7)
        expect(verdict(), `${where}, bit ${bit} of ${part.length} bytes`).toBe(0)
        part[bit >> 3]! ^= 1 << (bit & 7)
      }
      addon.closeKey(key.token)
    }
  })
})

describeVectors('STRICT', () => {
  describeKernels('kernels', (addon) => {
    const cases = loadSignatureCases().filter((one) => one.signature.length === 64)
    const batch = packBatch(cases.map((one) => one.message))
    const signatures = Buffer.concat(cases.map((one) => one.signature))

    it('gives every outside case its verdict', () => {
      const out = new Uint8Array(cases.length)
      addon.verifyMany(
        Buffer.concat(cases.map((one) => one.publicKey)),
        signatures,
        batch.bytes,
        batch.offsets,
        out,
      )
      expect(cases.filter((one, i) => (out[i] === 1) !== one.valid).map((one) => one.name)).toEqual([])
    })

    it('gives the same verdicts with tables for every key, one at a time and in lanes', () => {
      // 16 uses make a small table, 512 a large one (native/core/table_cache.cc).
      for (const repeat of [1, 17, 600]) {
        for (const one of cases) {
          const many = packBatch(Array.from({ length: repeat }, () => one.message))
          const out = new Uint8Array(repeat)
          const signed = Buffer.alloc(64 * repeat, one.signature)
          addon.verifyMany(one.publicKey, signed, many.bytes, many.offsets, out)
          const wrong = out.filter((verdict) => (verdict === 1) !== one.valid).length
          expect(wrong, `${one.name}, ${repeat} times`).toBe(0)
        }
      }
    })

    it('refuses every valid case once L is added to S', () => {
      const order = 2n ** 252n + 27742317777372353535851937790883648493n
      let tried = 0
      for (const one of cases.filter(({ valid }) => valid)) {
        const s = BigInt(`0x${Buffer.from(one.signature.subarray(32)).reverse().toString('hex')}`) + order
        if (s >= 2n ** 256n) continue
        const raised = Buffer.from(one.signature)
        Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse().copy(raised, 32)
        const out = Uint8Array.of(1)
        addon.verifyMany(one.publicKey, raised, one.message, Uint32Array.of(0, one.message.length), out)
        expect(out[0], one.name).toBe(0)
        tried++
      }
      expect(tried).toBeGreaterThan(100)
    })
  })
})

function opensslKey(seed: Uint8Array) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}
