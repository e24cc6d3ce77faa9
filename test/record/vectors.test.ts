import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { jwkThumbprint } from '../../src/crypto/thumbprint.js'
import { RECORD_REASONS } from '../../src/record/record-checks.js'
import { iterErrors } from '../../src/record/shape.js'
import type { PublicJwk } from '../../src/record/types.js'
import { verifyRecord } from '../../src/record/verify.js'
import { describeVectors, vectorJson, vectorPath } from '../support/vectors.js'

interface RecordVector {
  verifier: {
    now: number
    max_age_seconds: number | null
    max_future_skew_seconds: number
    expected_nonce: string | null
    revoked: string[] | null
    allow_embedded_key: boolean
    trusted_key: PublicJwk | null
  }
  expected: { outcome: 'accept' | 'reject' | 'either'; reason: string }
  record?: unknown
  record_text?: string
}

const backend = createNodeBackend()

function verifyVector({ verifier: v, ...vector }: RecordVector) {
  return verifyRecord(vector.record_text ?? vector.record, v.trusted_key, {
    now: v.now,
    maxAgeSeconds: v.max_age_seconds,
    maxFutureSkewSeconds: v.max_future_skew_seconds,
    expectedNonce: v.expected_nonce,
    revocation: v.revoked,
    allowEmbeddedKey: v.allow_embedded_key,
    backend,
  })
}

describeVectors('trace/peer/trust-record', () => {
  const names = readdirSync(vectorPath('trace/peer/trust-record')).sort()

  it('has all 49 cases', () => expect(names).toHaveLength(49))

  it.each(names)('%s', async (name) => {
    const vector = vectorJson<RecordVector>(`trace/peer/trust-record/${name}`)
    const verdict = await verifyVector(vector)
    // `either` (43, iat written 1789999940.0): we accept, because the number equals the integer (A3).
    const accept = vector.expected.outcome !== 'reject'
    expect({ ok: verdict.ok, reason: verdict.reason }).toEqual({
      ok: accept,
      reason: accept ? '' : vector.expected.reason,
    })
    expect(verdict.warnings.some(({ id }) => id === 'embedded_key')).toBe(name.startsWith('29'))
  })

  it('knows every reason that the vectors use', () => {
    const used = names.map(
      (name) => vectorJson<RecordVector>(`trace/peer/trust-record/${name}`).expected.reason,
    )
    expect(
      used.filter((reason) => reason !== '' && !RECORD_REASONS.some((known) => known === reason)),
    ).toEqual([])
  })
})

describeVectors('trace: other records', () => {
  it('canonicalization-boundary records verify with their keys', async () => {
    for (const name of readdirSync(vectorPath('trace/canonicalization-boundary'))) {
      const { record, trusted_key } = vectorJson<{ record: { iat: number }; trusted_key: PublicJwk }>(
        `trace/canonicalization-boundary/${name}`,
      )
      const verdict = await verifyRecord(record, trusted_key, { now: record.iat, backend })
      expect(verdict, name).toMatchObject({ ok: true, reason: '' })
    }
  })

  it('schema and signature of conformance records are as index.json says', async () => {
    interface Row {
      file: string
      kind: string
      options: { now: number; allow_embedded_key?: boolean }
      expected: { format?: string; schema?: string; signature?: string }
    }
    const rows = vectorJson<Row[]>('trace/index.json').filter(
      ({ kind, expected }) => kind === 'conformance' && expected.format === 'trace',
    )
    expect(rows.length).toBe(8)
    for (const { file, options, expected } of rows) {
      const record = vectorJson<unknown>(`trace/${file}`)
      expect([...iterErrors(record)].length === 0 ? 'valid' : 'invalid', file).toBe(expected.schema)
      const verdict = await verifyRecord(record, null, { now: options.now, allowEmbeddedKey: true, backend })
      if (expected.signature === 'valid') expect(verdict.reason, file).toBe('')
      else expect(['signature_missing', 'profile'], file).toContain(verdict.reason)
    }
  })

  it('thumbprints', () => {
    const { cases } = vectorJson<{ cases: { jwk: unknown; thumbprint: string }[] }>(
      'trace/peer/thumbprints/jwk.json',
    )
    for (const { jwk, thumbprint } of cases) expect(jwkThumbprint(jwk)).toBe(thumbprint)
  })
})
