// var/public/test-vectors.json: TV-01 to TV-21 as published.
import { expect, it } from 'vitest'
import { base64urlDecode } from '../../src/codec/base64.js'
import { singleKey } from '../../src/crypto/key-set.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import type { SignedReceipt } from '../../src/receipt/fields.js'
import type { TsaRecord } from '../../src/verify/tsa-sidecar.js'
import { parseMessageImprintHex } from '../../src/verify/tsa-token.js'
import { verifyChain } from '../../src/verify/verify-chain.js'
import { verifyChainStream } from '../../src/verify/verify-chain-stream.js'
import { verifyL3 } from '../../src/verify/verify-l3.js'
import { describeVectors, vectorJson } from '../support/vectors.js'
import { bytesOf, type Members, ndjson } from './support.js'

interface PublicVectors {
  key_jwk: { x: string }
  vectors: {
    id: string
    expected_l1: string
    expected_l2: string
    expected_l3: string
    expected_messageimprint_sha256?: string
    receipts: (SignedReceipt & Members)[]
    tsa_records: TsaRecord[]
  }[]
}

/** The code that the description of a vector names. */
const CODES: Readonly<Record<string, string>> = {
  'TV-06': 'L1_INVALID',
  'TV-07': 'INCOMPLETE_CHAIN',
  'TV-08': 'HASH_MISMATCH',
  'TV-09': 'NULL_HASH_EXPECTED',
  'TV-11': 'HASH_MISMATCH',
  'TV-12': 'INCOMPLETE_CHAIN',
  'TV-14': 'tsa_not_in_allowlist',
  'TV-15': 'MISSING_MANIFEST',
  'TV-17': 'tsa_hash_algorithm_not_sha256',
  'TV-18': 'tsa_gentime_before_issued_at',
  'TV-19': 'UNKNOWN_SPEC_VERSION',
  'TV-20': 'DEGRADED_STATE',
  'TV-21': 'MONEY_ACTION_TAG_MISSING',
}

describeVectors('var/public/test-vectors.json', () => {
  const { key_jwk, vectors } = vectorJson<PublicVectors>('var/public/test-vectors.json')
  const publicKey = base64urlDecode(key_jwk.x)
  const backend = createNodeBackend()

  for (const { id, receipts, tsa_records, ...expected } of vectors) {
    it(id, async () => {
      const chain = await verifyChain(receipts, publicKey)
      const isL1 = ({ code }: { code: string }) => code === 'L1_INVALID'
      expect(chain.errors.some(isL1) ? 'FAIL' : 'PASS').toBe(expected.expected_l1)
      expect(chain.errors.some((error) => !isL1(error)) ? 'FAIL' : 'PASS').toBe(expected.expected_l2)
      expect(chain.valid).toBe(chain.errors.length === 0)
      const l3 = await verifyL3(receipts, tsa_records)
      expect(l3.status).toBe(expected.expected_l3)
      const codes = [...chain.errors, ...chain.warnings].map(({ code }) => code as string)
      if (CODES[id] !== undefined) expect([...codes, l3.reason]).toContain(CODES[id])

      const sidecar = bytesOf(tsa_records.map((row) => `${JSON.stringify(row)}\n`).join(''))
      const input = bytesOf(ndjson(receipts))
      const { layers, findings } = await verifyChainStream(input, singleKey(publicKey), backend, { sidecar })
      expect(layers.L1.status).toBe(expected.expected_l1)
      expect(layers.L2.status).toBe(expected.expected_l2)
      expect(layers.L3).toMatchObject({ status: expected.expected_l3, level: 'structural' })
      if (CODES[id] !== undefined) expect(findings.map(({ code }) => code as string)).toContain(CODES[id])
      if (expected.expected_messageimprint_sha256 !== undefined) {
        const imprints = await Promise.all(
          tsa_records.map(({ rfc3161_token }) => parseMessageImprintHex(rfc3161_token)),
        )
        expect(imprints).toContain(expected.expected_messageimprint_sha256)
      }
    })
  }

  it('there are 21', () => {
    expect(vectors.length).toBe(21)
  })
})
