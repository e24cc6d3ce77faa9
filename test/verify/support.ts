// Builds chains that are genuinely signed, and wrong only where a test wants it.
import { jcs } from '../../src/codec/jcs.js'
import { singleKey } from '../../src/crypto/key-set.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { receiptHash } from '../../src/receipt/hash.js'
import { RECEIPT_KINDS, receiptKind } from '../../src/receipt/kinds.js'
import { signedPayload } from '../../src/receipt/payload.js'
import { signPayloads } from '../../src/receipt/signature-block.js'
import type { KeyResolver } from '../../src/verify/signatures.js'
import { type VerifyChainOptions, verifyChainStream } from '../../src/verify/verify-chain-stream.js'

export type Members = Record<string, unknown>

export const HASH = `sha256:${'0'.repeat(64)}`
export const backend = createNodeBackend()
export const key = backend.importSeed(new Uint8Array(32).fill(3), ['receipt', 'annex'])
export const otherKey = backend.importSeed(new Uint8Array(32).fill(4), ['receipt', 'annex'])
export const keys: KeyResolver = singleKey(key.publicKey)

const DEFAULTS: Readonly<Record<string, Members>> = {
  workflow_manifest: {
    initiator_id: 'i',
    workflow_owner: 'o',
    session_budget: {},
    declared_tools: [],
  },
  action_receipt: {
    tool_name: 'read_file',
    params_canonical_hash: HASH,
    decision: 'ALLOW',
    decision_reason: 'r',
    blast_radius: 'LOW',
    reversible: true,
    state_version_before: 0,
    state_version_after: 1,
    money_action: false,
  },
  workflow_closed: {
    total_calls: 0,
    total_blocked: 0,
    session_duration_ms: 0,
    close_reason: 'explicit_close',
  },
  approval_receipt: {
    action_receipt_id: 'x',
    approval_receipt_id: 'y',
    tool_name: 't',
    approval_outcome: 'APPROVED',
    approval_dir: 'd',
    wait_duration_ms: 1,
  },
  post_receipt: {
    pre_receipt_id: 'x',
    tool_name: 'read_file',
    terminal_outcome: 'SUCCESS',
    execution_start_ms: 1,
    execution_end_ms: 2,
  },
  recovery_event: { recovered_open_pres_count: 0, index_status: 'OK', recovery_method: 'INDEX' },
  budget_warning: { tool_name: 't', spent: 1, reserved: 2, cap: 3, threshold_pct: 90 },
  reservation_expired: { pre_receipt_id: 'x', amount_released: 1, currency: 'USD', reason: 'TTL_EXPIRY' },
}

/** A receipt of a kind, complete and unsigned; `members` overwrite, undefined removes. */
export function receiptOf(type: string, sequence: number, members: Members = {}): Members {
  const receipt: Members = {
    workflow_id: 'w',
    agent_id: 'a',
    policy_bundle_hash: HASH,
    issued_at: new Date(Date.UTC(2026, 2, 1) + 1000 * sequence).toISOString(),
    rfc3161_token: null,
    tsa_id: null,
    ...DEFAULTS[type],
  }
  const kind = RECEIPT_KINDS[type as keyof typeof RECEIPT_KINDS]
  for (const [field, { fill }] of Object.entries(kind?.signed ?? {}))
    if (fill !== undefined && !(field in receipt)) receipt[field] = fill
  receipt[kind?.idField ?? 'receipt_id'] = `id-${sequence}`
  return { ...receipt, record_type: type, ...members }
}

/** The receipt with a signature over what its kind signs. Nothing is checked. */
export function sign(receipt: Members, signer = key, keyId = 'k1'): Members {
  const payload = signedPayload(receipt, receiptKind(receipt.record_type) ?? RECEIPT_KINDS.workflow_closed)
  const [signature] = signPayloads([payload], 'receipt', { backend, key: signer, keyId })
  return { ...receipt, signature }
}

export type Step = readonly [type: string, members?: Members]

/** Signed receipts, linked and numbered unless the members say otherwise. */
export function chainOf(...steps: readonly Step[]): Members[] {
  const receipts: Members[] = []
  for (const [type, members] of steps) {
    const previous = receipts.at(-1)
    const link = {
      sequence_number: receipts.length,
      prev_receipt_hash: previous === undefined ? null : receiptHash(previous),
    }
    receipts.push(sign(receiptOf(type, receipts.length, { ...link, ...members })))
  }
  return receipts
}

/** NDJSON of receipts. */
export function ndjson(receipts: readonly Members[]): string {
  return receipts.map((receipt) => `${jcs(receipt)}\n`).join('')
}

/** Bytes of a text in pieces of the given size. */
export async function* bytesOf(text: string | Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  for (let i = 0; i < bytes.length; i += size) yield bytes.slice(i, i + size)
}

/** Verifies a text or receipts. */
export function verify(
  input: string | readonly Members[],
  options: VerifyChainOptions = {},
  trusted: KeyResolver = keys,
) {
  const text = typeof input === 'string' ? input : ndjson(input)
  return verifyChainStream(bytesOf(text), trusted, backend, options)
}
