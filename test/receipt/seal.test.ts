import { expect, it } from 'vitest'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import type { UnsignedReceipt } from '../../src/receipt/fields.js'
import { receiptHash } from '../../src/receipt/hash.js'
import { createReceipt } from '../../src/receipt/host.js'
import { type ReceiptSigner, sealMany, sealReceipt } from '../../src/receipt/seal.js'
import { signReceipt, verifySignature } from '../../src/receipt/sign.js'

const HASH = `sha256:${'0'.repeat(64)}`
const backend = createNodeBackend()
const key = backend.generateKey(['receipt'])
const signer: ReceiptSigner = { backend, key, keyId: 'k1' }

function action(): UnsignedReceipt {
  return createReceipt({
    record_type: 'action_receipt',
    workflow_id: 'w',
    workflow_id_source: 'nonsudo_generated',
    agent_id: 'a',
    policy_bundle_hash: HASH,
    tool_name: 't',
    params_canonical_hash: HASH,
    decision: 'ALLOW',
    decision_reason: 'r',
    blast_radius: 'LOW',
    reversible: true,
    state_version_before: 0,
    state_version_after: 1,
  })
}

const invalid = (field: string) =>
  expect.objectContaining({ code: 'ERR_RECEIPT_INVALID', message: expect.stringContaining(`${field}:`) })

it('sealReceipt links, signs and hashes', async () => {
  const first = sealReceipt(action(), null, signer)
  const second = sealReceipt(action(), { hash: first.hash, sequenceNumber: 0 }, signer)
  expect(first.receipt).toMatchObject({ sequence_number: 0, prev_receipt_hash: null })
  expect(second.receipt).toMatchObject({ sequence_number: 1, prev_receipt_hash: first.hash })
  expect(receiptHash(JSON.parse(new TextDecoder().decode(first.bytes)))).toBe(first.hash)
  expect(await verifySignature(second.receipt, key.publicKey)).toMatchObject({ valid: true })
})

it('sealMany gives what sealReceipt gives, for each chain', () => {
  const items = [0, 1, 2].map((n) => ({
    unsigned: action(),
    previous: n === 0 ? null : { hash: HASH, sequenceNumber: n },
  }))
  const alone = items.map(({ unsigned, previous }) => sealReceipt(unsigned, previous, signer))
  expect(sealMany(items, signer)).toEqual(alone)
  expect(sealMany([], signer)).toEqual([])
})

it('sealReceipt refuses what cannot be read back as it is meant, naming the field', () => {
  const bad: Record<string, unknown>[] = [
    { record_type: 'x' },
    { decision: 'MAYBE' },
    { decision: undefined },
    { receipt_id: undefined },
    { tool_name: 1 },
    { sequence_number: 0, state_version_after: 0.5 },
    { policy_bundle_hash: 'sha256:abc123...' },
    { issued_at: '2026-03-01T09:00:00+01:00' },
    { issued_at: '2026-02-30T09:00:00Z' },
    { spec_version: 'var/2.0' },
    { rfc3161_token: 'x' },
    { tsa_id: 'digicert' },
    { failure_reason: 'unsigned on a completed call' },
    { signature: {} },
    { amount_minor_units: Number.NaN },
  ]
  for (const members of bad) {
    const field = Object.keys(members).at(-1)!
    expect(() => sealReceipt({ ...action(), ...members } as UnsignedReceipt, null, signer), field).toThrow(
      invalid(field),
    )
  }
  const missing: Record<string, unknown> = { ...action(), queue_status: 'DEAD_LETTER', failure_reason: 'x' }
  expect(() => sealReceipt(missing as unknown as UnsignedReceipt, null, signer)).toThrow(
    invalid('fallback_policy'),
  )
})

it('a bad receipt keeps the whole batch from being signed', () => {
  const bad = { ...action(), decision: 'MAYBE' } as unknown as UnsignedReceipt
  const items = [action(), bad].map((unsigned) => ({ unsigned, previous: null }))
  expect(() => sealMany(items, signer)).toThrow(invalid('decision'))
})

it('a key_id outside the pattern is refused before anything is signed', async () => {
  for (const keyId of ['', 'a/b', 'a'.repeat(65), 'ä', 'a\n']) {
    const refusal = expect.objectContaining({ code: 'ERR_RECEIPT_KEY_ID' })
    expect(() => sealReceipt(action(), null, { ...signer, keyId })).toThrow(refusal)
    await expect(signReceipt(action(), new Uint8Array(32), keyId)).rejects.toThrow(refusal)
  }
})

it('a key without the usage receipt is refused', () => {
  const annexKey = backend.generateKey(['annex'])
  expect(() => sealReceipt(action(), null, { ...signer, key: annexKey })).toThrow(
    expect.objectContaining({ code: 'ERR_CRYPTO_KEY_USAGE' }),
  )
})
