import { expect, it } from 'vitest'
import { chainReceipt } from '../../src/receipt/chain.js'
import { createReceipt, type ReceiptInput } from '../../src/receipt/create.js'
import type { SignedReceipt } from '../../src/receipt/fields.js'
import { receiptHash } from '../../src/receipt/hash.js'
import { createReceipt as createNow, systemUlidSource } from '../../src/receipt/host.js'
import { type ReceiptLike, receiptKind, signedFields, UNSIGNED_FIELDS } from '../../src/receipt/kinds.js'
import { fieldProblems } from '../../src/receipt/shape.js'
import { signReceipt } from '../../src/receipt/sign.js'
import { createUlidSource } from '../../src/receipt/ulid.js'

const HASH = `sha256:${'0'.repeat(64)}`
const common = { workflow_id: 'w', agent_id: 'a', policy_bundle_hash: HASH } as const
const base = { ...common, workflow_id_source: 'nonsudo_generated' } as const

/** The least that each kind needs. */
const LEAST: ReceiptInput[] = [
  {
    ...base,
    record_type: 'workflow_manifest',
    initiator_id: 'i',
    workflow_owner: 'o',
    session_budget: {},
    declared_tools: [],
  },
  {
    ...base,
    record_type: 'action_receipt',
    tool_name: 't',
    params_canonical_hash: HASH,
    decision: 'ALLOW',
    decision_reason: 'r',
    blast_radius: 'LOW',
    reversible: true,
    state_version_before: 0,
    state_version_after: 1,
  },
  {
    ...base,
    record_type: 'workflow_closed',
    total_calls: 0,
    total_blocked: 0,
    session_duration_ms: 0,
    close_reason: 'explicit_close',
  },
  {
    ...base,
    record_type: 'approval_receipt',
    action_receipt_id: 'x',
    approval_receipt_id: 'y',
    tool_name: 't',
    approval_outcome: 'APPROVED',
    approval_dir: 'd',
    wait_duration_ms: 1,
  },
  {
    ...common,
    record_type: 'post_receipt',
    pre_receipt_id: 'x',
    tool_name: 't',
    terminal_outcome: 'SUCCESS',
    execution_start_ms: 1,
    execution_end_ms: 2,
  },
  {
    ...common,
    record_type: 'recovery_event',
    recovered_open_pres_count: 0,
    index_status: 'OK',
    recovery_method: 'INDEX',
  },
  {
    ...common,
    record_type: 'budget_warning',
    tool_name: 't',
    spent: 1,
    reserved: 2,
    cap: 3,
    threshold_pct: 90,
  },
  {
    ...common,
    record_type: 'reservation_expired',
    pre_receipt_id: 'x',
    amount_released: 1,
    currency: 'USD',
    reason: 'TTL_EXPIRY',
  },
]

const sources = { nowMs: Date.UTC(2026, 2, 1), ulid: () => '01KJMA0FM0ASSJPET8KXPJAF0B' }

it('createReceipt completes the least input of every kind', () => {
  for (const input of LEAST) {
    const receipt: ReceiptLike = { ...createReceipt(input, sources) }
    const kind = receiptKind(input.record_type)!
    expect(fieldProblems(receipt, signedFields(kind, receipt), UNSIGNED_FIELDS), input.record_type).toEqual(
      [],
    )
    expect(receipt).toMatchObject({
      ...input,
      issued_at: '2026-03-01T00:00:00.000Z',
      spec_version: 'var/1.0',
    })
    expect(receipt).toMatchObject({ [kind.idField]: sources.ulid(), rfc3161_token: null, tsa_id: null })
  }
})

it('createReceipt never overwrites and copies deeply', () => {
  const input = {
    ...LEAST[0],
    receipt_id: 'mine',
    issued_at: 'then',
    declared_tools: ['a'],
    sequence_number: 7,
    framework_ref: 'f',
  } as ReceiptInput & { declared_tools: string[] }
  const receipt = createReceipt(input, sources)
  expect(receipt).toMatchObject({ ...input, capability_manifest_hash: null })
  input.declared_tools.push('b')
  expect(receipt).toMatchObject({ declared_tools: ['a'] })
})

it('createReceipt refuses an unknown record_type', () => {
  const input = { ...LEAST[0], record_type: 'toString' } as unknown as ReceiptInput
  expect(() => createReceipt(input, sources)).toThrow(
    expect.objectContaining({ code: 'ERR_RECEIPT_INVALID' }),
  )
})

it('the literals of the quick start type-check, and chain', async () => {
  const result: {
    decision: 'ALLOW' | 'BLOCK' | 'FAIL_OPEN' | 'FAIL_CLOSED' | 'STEP_UP'
    decision_reason: string
  } = { decision: 'STEP_UP', decision_reason: 'r' }
  const genesis = createNow({
    record_type: 'workflow_manifest',
    spec_version: 'var/1.0',
    workflow_id: 'wf_01J5Q7XP8R',
    workflow_id_source: 'nonsudo_generated',
    agent_id: 'agent_prod_01',
    issued_at: new Date().toISOString(),
    prev_receipt_hash: null,
    sequence_number: 0,
    policy_bundle_hash: 'sha256:abc123...',
    rfc3161_token: null,
    tsa_id: null,
    initiator_id: 'user@example.com',
    workflow_owner: 'team-alpha',
    session_budget: { USD: 1000.0 },
    declared_tools: ['stripe_refund', 'stripe_charge'],
  })
  const signed1 = await signReceipt(genesis, new Uint8Array(32).fill(1), 'my-key-1')
  const action = chainReceipt(
    createNow({
      receipt_id: '01J5Q7XP8R2NKWZ9T4MVCLB3Y',
      record_type: 'action_receipt',
      spec_version: 'var/1.0',
      workflow_id: 'wf_01J5Q7XP8R',
      workflow_id_source: 'nonsudo_generated',
      agent_id: 'agent_prod_01',
      issued_at: new Date().toISOString(),
      prev_receipt_hash: null,
      sequence_number: 0,
      policy_bundle_hash: 'sha256:abc123...',
      rfc3161_token: null,
      tsa_id: null,
      tool_name: 'stripe_refund',
      params_canonical_hash: 'sha256:def456...',
      decision: result.decision,
      decision_reason: result.decision_reason ?? 'policy threshold exceeded',
      decision_order: 1,
      queue_status: 'COMPLETED',
      queue_timeout_ms: 5000,
      state_version_before: 0,
      state_version_after: 1,
      blast_radius: 'MED',
      reversible: false,
      response_hash: null,
    }),
    signed1,
  )
  expect(genesis).toMatchObject({ receipt_id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/) })
  expect(action.sequence_number).toBe(1)
  expect(action.prev_receipt_hash).toBe(receiptHash(signed1))
  const twin: SignedReceipt = Object.assign({ extra: 1 }, signed1)
  expect(chainReceipt(action, twin).prev_receipt_hash).not.toBe(action.prev_receipt_hash) // unknown members count
})

it('ULIDs of the system never share their randomness, though it is fetched for many at once', () => {
  const ulid = systemUlidSource()
  const ids = Array.from({ length: 1_000 }, (_, ms) => ulid(ms).slice(10))
  expect(new Set(ids).size).toBe(1_000)
  const halves = ids.flatMap((id) => [id.slice(0, 8), id.slice(8)]) // nor a part of it
  expect(new Set(halves).size).toBe(2_000)
})

it('ULIDs sort in the order in which they were made', () => {
  const ulid = createUlidSource((length) => new Uint8Array(length).fill(255))
  // 255s use up the random part at once: the next millisecond is borrowed
  const ids = [5, 5, 5, 6, 4, 2 ** 48 - 2].map((ms) => ulid(ms))
  expect([...new Set(ids)].sort()).toEqual(ids)
  expect(ids[0]).toBe('0000000005ZZZZZZZZZZZZZZZZ')
  expect(ids[1]).toBe('00000000060000000000000000')
  expect(createUlidSource(() => new Uint8Array(10))(2 ** 48 - 1)).toBe('7ZZZZZZZZZ0000000000000000')
  expect(() => ulid(-1)).toThrow(RangeError)
  expect(() => ulid(Number.NaN)).toThrow(RangeError)
})
