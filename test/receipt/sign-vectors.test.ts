// var/sign/sign-a.json and var/hash/hashes.json: byte for byte what VAR defines.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { hexDecode } from '../../src/codec/hex.js'
import { jcs } from '../../src/codec/jcs.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import type { SignedReceipt, UnsignedReceipt } from '../../src/receipt/fields.js'
import {
  canonicalHash,
  computeAgentClassId,
  computeContentEntropyHash,
  receiptHash,
} from '../../src/receipt/hash.js'
import { type ReceiptLike, receiptKind, signedFields } from '../../src/receipt/kinds.js'
import { signedPayload } from '../../src/receipt/payload.js'
import { sealReceipt } from '../../src/receipt/seal.js'
import { signReceipt, verifySignature } from '../../src/receipt/sign.js'
import { describeVectors, vectorJson } from '../support/vectors.js'

interface SignVectors {
  about: { seed_hex: string; public_key_hex: string; key_id: string }
  cases: {
    unsigned: UnsignedReceipt & ReceiptLike
    signed_fields: string[]
    payload_jcs: string
    payload_sha256: string
    signature: { alg: 'Ed25519'; key_id: string; sig: string }
    receipt_hash: string
  }[]
}

describeVectors('var/sign/sign-a.json', () => {
  const { about, cases } = vectorJson<SignVectors>('var/sign/sign-a.json')
  const seed = hexDecode(about.seed_hex)
  const publicKey = hexDecode(about.public_key_hex)

  it('holds all nine shapes', () => {
    const shapes = cases.map(
      ({ unsigned }) => `${unsigned.record_type} ${unsigned.queue_status === 'DEAD_LETTER'}`,
    )
    expect(new Set(shapes).size).toBe(9)
  })

  it('payload, signature and receipt hash are the same bytes', async () => {
    for (const { unsigned, signed_fields, payload_jcs, payload_sha256, signature, receipt_hash } of cases) {
      const kind = receiptKind(unsigned.record_type)!
      const payload = signedPayload(unsigned, kind)
      expect(new TextDecoder().decode(payload)).toBe(payload_jcs)
      expect(createHash('sha256').update(payload).digest('hex')).toBe(payload_sha256)
      const table = signedFields(kind, unsigned)
      expect(
        Object.keys(table)
          .filter((field) => field in unsigned)
          .sort(),
      ).toEqual(signed_fields)
      const signed = await signReceipt(unsigned, seed, about.key_id)
      expect(signed.signature).toEqual(signature)
      expect(receiptHash(signed)).toBe(receipt_hash)
      expect(await verifySignature(signed, publicKey)).toEqual({ valid: true, reason: 'signature valid' })
    }
  })

  it('sealReceipt gives the same signature and hash', () => {
    const backend = createNodeBackend()
    const key = backend.importSeed(seed, ['receipt'])
    for (const { unsigned, signature, receipt_hash } of cases) {
      const { prev_receipt_hash: hash, sequence_number } = unsigned
      const previous = hash === null ? null : { hash, sequenceNumber: sequence_number - 1 }
      const sealed = sealReceipt(unsigned, previous, { backend, key, keyId: about.key_id })
      expect(sealed.receipt).toEqual({ ...unsigned, signature })
      expect(sealed.hash).toBe(receipt_hash)
      expect(new TextDecoder().decode(sealed.bytes)).toBe(jcs({ ...unsigned, signature }))
    }
  })

  it('a change of any signed field breaks the signature, of any other member does not', async () => {
    const backend = createNodeBackend()
    for (const { unsigned, signed_fields, signature } of cases) {
      const valid = async (members: object) =>
        (await verifySignature({ ...unsigned, signature, ...members } as SignedReceipt, publicKey, backend))
          .valid
      for (const field of signed_fields) expect(await valid({ [field]: 'changed' })).toBe(false)
      expect(await valid({ rfc3161_token: 'x', tsa_id: 'x', extra: 1 })).toBe(true)
    }
  })
})

describeVectors('var/hash/hashes.json', () => {
  const hashes = vectorJson<{
    canonicalHash: { json: string; jcs: string; hash: string }[]
    computeContentEntropyHash: { content: string; hash: string }[]
    computeAgentClassId: {
      input: { systemPrompt: string; toolNames: string[]; modelId: string }
      agent_class_id: string
    }[]
  }>('var/hash/hashes.json')

  it('canonicalHash', () => {
    for (const { json, hash } of hashes.canonicalHash) expect(canonicalHash(JSON.parse(json))).toBe(hash)
  })

  it('computeContentEntropyHash', () => {
    for (const { content, hash } of hashes.computeContentEntropyHash) {
      expect(computeContentEntropyHash(content), content).toBe(hash)
    }
  })

  it('computeAgentClassId', () => {
    for (const { input, agent_class_id } of hashes.computeAgentClassId) {
      expect(computeAgentClassId(input)).toBe(agent_class_id)
    }
  })
})

it('undefined hashes as null', () => {
  expect(canonicalHash(undefined)).toBe(canonicalHash(null))
})

it('a response that parsers read differently hashes as text', () => {
  expect(computeContentEntropyHash('{"a":1,"a":2}')).toBe(canonicalHash('{"a":1,"a":2}'))
  expect(computeContentEntropyHash('{"a":"\\ud800"}')).toBe(canonicalHash('{"a":"\\ud800"}'))
})
