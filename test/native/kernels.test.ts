// The kernel's bytes and verdicts against node:crypto and the outside vectors.
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { batchItem, packBatch } from '../../src/crypto/packed-batch.js'
import { seededRandom } from '../crypto/seeded-random.js'
import { loadSignatureCases } from '../crypto/signature-cases.js'
import { describeVectors } from '../support/vectors.js'
import { describeAddon, importKey, RECEIPT } from './addon.js'

const LENGTHS_END = 261

describeAddon('portable kernel', (addon) => {
  it.each([
    ['sha256', 32, addon.sha256Many],
    ['sha512', 64, addon.sha512Many],
  ] as const)('%s of every length from 0 to 260, in one batch, at every alignment', (name, size, hash) => {
    const { bytes } = seededRandom()
    const batch = packBatch(Array.from({ length: LENGTHS_END }, (_, length) => bytes(length)))
    const out = new Uint8Array(size * LENGTHS_END)
    hash(batch.bytes, batch.offsets, out)
    for (let i = 0; i < LENGTHS_END; i++) {
      const known = createHash(name).update(batchItem(batch, i)).digest()
      expect(Buffer.compare(known, out.subarray(size * i, size * (i + 1))), `${i} bytes`).toBe(0)
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
    for (let length = 0; length < LENGTHS_END; length++) {
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
  describeAddon('portable kernel', (addon) => {
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
