import { expect, it } from 'vitest'
import { base64urlDecode } from '../../src/codec/base64.js'
import { hexEncode } from '../../src/codec/hex.js'
import { jcs } from '../../src/codec/jcs.js'
import { sha256 } from '../../src/crypto/hash.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { ANNEX_KINDS, type AnnexFacts, annexPayload, sealAnnexRow } from '../../src/receipt/annex.js'

const HASH = `sha256:${'0'.repeat(64)}`
const AT = '2026-03-01T09:00:00Z'
const backend = createNodeBackend()
const key = backend.generateKey(['annex'])
const signer = { backend, key, keyId: 'k1' }

const ROWS: AnnexFacts[] = [
  { kind: 'raw_digests', about: HASH, request: HASH, response: null },
  { kind: 'forwarded', about: HASH, at: AT },
  { kind: 'approver_signature', about: HASH, approver: 'a', public_key: 'x', signed_digest: HASH, sig: 'y' },
  { kind: 'catalogue_drift', about: HASH, expected: HASH, found: HASH },
  { kind: 'reattestation', about: HASH, evidence_digest: HASH, at: AT },
  { kind: 'erasure', about: HASH, erased_digest: HASH, reason: 'r', at: AT },
  { kind: 'clock_jump', about: HASH, jump_ms: -5 },
  { kind: 'modify', about: HASH, before: HASH, after: HASH, reason: 'r' },
  { kind: 'note', about: HASH, text: 'words' },
]

it('rows are numbered, linked, and signed over JCS without signature', () => {
  expect(ROWS.map(({ kind }) => kind)).toEqual(Object.keys(ANNEX_KINDS))
  let previous: { hash: string; seq: number } | null = null
  for (const [seq, facts] of ROWS.entries()) {
    const { row, bytes, hash } = sealAnnexRow(facts, previous, signer)
    expect(row).toMatchObject({ ...facts, format: 'tracevar/annex/1', seq, prev: previous?.hash ?? null })
    expect(new TextDecoder().decode(bytes)).toBe(jcs(row))
    expect(hash).toBe(`sha256:${hexEncode(sha256(bytes))}`)
    const { signature, ...unsigned } = row
    expect(new TextDecoder().decode(annexPayload(row))).toBe(jcs(unsigned))
    const sig = base64urlDecode(signature.sig)
    expect([...backend.ed25519VerifyMany(key.publicKey, sig, packBatch([annexPayload(row)]))]).toEqual([1])
    previous = { hash, seq: row.seq }
  }
})

it('an unknown kind is sealed with whatever it says', () => {
  const facts = { kind: 'future', about: HASH, anything: [1, { a: null }] }
  expect(sealAnnexRow(facts, null, signer).row).toMatchObject(facts)
})

it('a known kind is checked, naming the member', () => {
  const bad: [AnnexFacts, string][] = [
    [{ kind: 'clock_jump', about: HASH, jump_ms: 0.5 }, 'jump_ms'],
    [{ kind: 'clock_jump', about: HASH }, 'jump_ms'],
    [{ kind: 'clock_jump', about: HASH, jump_ms: 1, more: 1 }, 'more'],
    [{ kind: 'clock_jump', about: HASH, jump_ms: 1, tsa_id: null }, 'tsa_id'],
    [{ kind: 'note', about: 'x', text: 't' }, 'about'],
    [{ kind: 'future', about: HASH, signature: 1 }, 'signature'],
    [{ kind: 1 as unknown as string, about: HASH }, 'kind'],
  ]
  for (const [facts, member] of bad) {
    expect(() => sealAnnexRow(facts, null, signer), member).toThrow(
      expect.objectContaining({
        code: 'ERR_RECEIPT_INVALID',
        message: expect.stringContaining(`${member}:`),
      }),
    )
  }
})

it('a key without the usage annex is refused', () => {
  const receiptKey = backend.generateKey(['receipt'])
  const facts = ROWS[8] as AnnexFacts
  expect(() => sealAnnexRow(facts, null, { ...signer, key: receiptKey })).toThrow(
    expect.objectContaining({ code: 'ERR_CRYPTO_KEY_USAGE' }),
  )
})
