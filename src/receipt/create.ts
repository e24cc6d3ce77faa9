// Makes a complete receipt of what the caller knows (VAR D-2, section 4.2).
import { TracevarError } from '../errors.js'
import type { UnsignedReceipt } from './fields.js'
import { receiptKind, signedFields } from './kinds.js'

/** Fields that {@link createReceipt} fills when they are absent. */
type FilledField =
  | 'spec_version'
  | 'issued_at'
  | 'prev_receipt_hash'
  | 'sequence_number'
  | 'rfc3161_token'
  | 'tsa_id'
  | 'receipt_id'
  | 'post_receipt_id'
  | 'recovery_event_id'
  | 'budget_warning_id'
  | 'reservation_expired_id'
  | 'capability_manifest_hash'
  | 'parent_workflow_id'
  | 'framework_ref'
  | 'decision_order'
  | 'queue_status'
  | 'queue_timeout_ms'
  | 'response_hash'
  | 'total_spend'
  | 'approver'
  | 'upstream_response_digest'
  | 'projection_id'
  | 'projection_hash'
  | 'idempotency_key'
  | 'tool_call_correlation_id'
  | 'degraded_reason'
  | 'billable'
  | 'billable_reason'
  | 'account_context'
  | 'scan_window_minutes'
  | 'scan_receipts_examined'

type InputOf<Receipt> = Receipt extends UnsignedReceipt
  ? Omit<Receipt, FilledField> & Partial<Pick<Receipt, Extract<keyof Receipt, FilledField>>>
  : never

/** A receipt whose id, time, nulls and defaults may be left out: discriminated by `record_type`. */
export type ReceiptInput = InputOf<UnsignedReceipt>

/** What {@link createReceipt} needs from outside. */
export interface CreateSources {
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** A new ULID for a time, as from `createUlidSource`. */
  readonly ulid: (nowMs: number) => string
}

/**
 * A complete unsigned receipt: a deep copy of `input`, with its id (a ULID), `spec_version`, `issued_at`, nulls and
 * defaults filled where they are absent or undefined. What is given is never overwritten.
 *
 * @throws TracevarError `ERR_RECEIPT_INVALID` for an unknown `record_type`.
 */
export function createReceipt(input: ReceiptInput, { nowMs, ulid }: CreateSources): UnsignedReceipt {
  const kind = receiptKind(input.record_type)
  if (kind === undefined) throw new TracevarError('ERR_RECEIPT_INVALID', 'record_type: unknown')
  const receipt: Record<string, unknown> = structuredClone(input)
  for (const [field, { fill }] of Object.entries(signedFields(kind, receipt))) {
    if (fill !== undefined) receipt[field] ??= fill
  }
  receipt[kind.idField] ??= ulid(nowMs)
  receipt.issued_at ??= new Date(nowMs).toISOString()
  receipt.rfc3161_token ??= null
  receipt.tsa_id ??= null
  return receipt as unknown as UnsignedReceipt
}
