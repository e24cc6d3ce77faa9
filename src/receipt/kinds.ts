// The receipt kinds of VAR as one table: which fields the signature covers, what each holds, and what createReceipt
// writes where the input leaves one out. Everything that signs, fills or checks a receipt reads this table (VAR R-2).

import { VAR_SPEC_VERSION } from '../formats.js'
import {
  APPROVAL_OUTCOMES,
  BILLABLE_REASONS,
  BLAST_RADII,
  CLOSE_REASONS,
  DECISIONS,
  FALLBACK_POLICIES,
  INDEX_STATUSES,
  MODES,
  QUEUE_STATUSES,
  RECOVERY_METHODS,
  RESERVATION_REASONS,
  type RecordType,
  TAXONOMY_STATUSES,
  TERMINAL_OUTCOMES,
  WORKFLOW_ID_SOURCES,
} from './fields.js'

/**
 * What a field holds: a JSON type, `hash` (digest string), `time` (RFC 3339 UTC), `strings`, `numbers` (object of
 * numbers), `int`, `null`, or an enumeration. `nullable` allows null; `optional` allows absence.
 */
export interface FieldRule {
  readonly holds:
    | 'string'
    | 'int'
    | 'number'
    | 'boolean'
    | 'hash'
    | 'time'
    | 'strings'
    | 'numbers'
    | 'null'
    | readonly (string | number)[]
  readonly nullable?: true
  readonly optional?: true
  /** Value that `createReceipt` writes when the input leaves the field out. Absent: the field must be given. */
  readonly fill?: null | number | string | boolean
}

export type FieldTable = Readonly<Record<string, FieldRule>>

const string: FieldRule = { holds: 'string' }
const int: FieldRule = { holds: 'int' }
const bool: FieldRule = { holds: 'boolean' }
const hash: FieldRule = { holds: 'hash' }
const id: FieldRule = { holds: 'string' } // filled with a ULID by createReceipt (VAR R-5)
const hashOrNull: FieldRule = { holds: 'hash', nullable: true, fill: null }
const stringOrNull: FieldRule = { holds: 'string', nullable: true, fill: null }
const billableReason = { holds: BILLABLE_REASONS, nullable: true } as const

/** MANDATE of VAR R-2: optional and signed on every kind. */
const MANDATE: FieldTable = {
  agent_class_id: { holds: 'string', optional: true },
  mandate_id: { holds: 'string', optional: true },
  mandate_version: { holds: 'string', optional: true },
  chain_sequence: { holds: 'int', optional: true },
}

/** ALT(x) of VAR R-2 without the id: shared by all kinds. */
const COMMON: FieldTable = {
  record_type: string,
  spec_version: { holds: 'string', fill: VAR_SPEC_VERSION },
  workflow_id: string,
  agent_id: string,
  issued_at: { holds: 'time' },
  prev_receipt_hash: { holds: 'hash', nullable: true, fill: null },
  sequence_number: { holds: 'int', fill: 0 },
  policy_bundle_hash: hash,
  ...MANDATE,
}

/** BASE of VAR R-2. Valid chains of the reference leave `workflow_id_source` out. */
const BASE: FieldTable = {
  ...COMMON,
  receipt_id: id,
  workflow_id_source: { holds: WORKFLOW_ID_SOURCES, optional: true },
}

/** One receipt kind: name of its own id field, and the fields that its signature covers (VAR R-2). */
export interface ReceiptKind {
  readonly idField: string
  readonly signed: FieldTable
  /** Signed only on a dead letter. */
  readonly signedOnDeadLetter?: FieldTable
}

export const RECEIPT_KINDS: Readonly<Record<RecordType, ReceiptKind>> = {
  workflow_manifest: {
    idField: 'receipt_id',
    signed: {
      ...BASE,
      initiator_id: string,
      workflow_owner: string,
      session_budget: { holds: 'numbers' },
      declared_tools: { holds: 'strings' },
      capability_manifest_hash: hashOrNull,
      parent_workflow_id: stringOrNull,
      framework_ref: stringOrNull,
      declared_tools_fetch_failed: { holds: 'boolean', optional: true },
      mode: { holds: MODES, optional: true },
      taxonomy_status: { holds: TAXONOMY_STATUSES, optional: true },
      money_action_overrides: { holds: 'strings', optional: true },
    },
  },
  action_receipt: {
    idField: 'receipt_id',
    signed: {
      ...BASE,
      tool_name: string,
      params_canonical_hash: hash,
      decision: { holds: DECISIONS },
      decision_reason: string,
      decision_order: { holds: 'int', fill: 1 },
      queue_status: { holds: QUEUE_STATUSES, fill: 'COMPLETED' },
      queue_timeout_ms: { holds: 'int', fill: 5000 },
      blast_radius: { holds: BLAST_RADII },
      reversible: bool,
      state_version_before: int,
      state_version_after: int,
      response_hash: hashOrNull,
      upstream_call_initiated: { holds: 'boolean', nullable: true, optional: true },
      money_action: { holds: 'boolean', optional: true },
      amount_minor_units: { holds: 'number', nullable: true, optional: true },
      billable: { holds: 'boolean', optional: true },
      billable_reason: { ...billableReason, optional: true },
      pending_approval_id: { holds: 'string', nullable: true, optional: true },
    },
    signedOnDeadLetter: { failure_reason: string, fallback_policy: { holds: FALLBACK_POLICIES } },
  },
  workflow_closed: {
    idField: 'receipt_id',
    signed: {
      ...BASE,
      total_calls: int,
      total_blocked: int,
      total_spend: { holds: 'number', nullable: true, fill: null },
      session_duration_ms: int,
      close_reason: { holds: CLOSE_REASONS },
    },
  },
  approval_receipt: {
    idField: 'receipt_id',
    signed: {
      ...BASE,
      action_receipt_id: string,
      approval_receipt_id: string,
      tool_name: string,
      approval_outcome: { holds: APPROVAL_OUTCOMES },
      approver: stringOrNull,
      approval_dir: string,
      wait_duration_ms: int,
    },
  },
  post_receipt: {
    idField: 'post_receipt_id',
    signed: {
      ...COMMON,
      post_receipt_id: id,
      pre_receipt_id: string,
      tool_name: string,
      terminal_outcome: { holds: TERMINAL_OUTCOMES },
      upstream_response_digest: hashOrNull,
      projection_id: stringOrNull,
      projection_hash: hashOrNull,
      idempotency_key: stringOrNull,
      tool_call_correlation_id: stringOrNull,
      execution_start_ms: int,
      execution_end_ms: int,
      degraded_reason: stringOrNull,
      billable: { holds: 'boolean', fill: false },
      billable_reason: { ...billableReason, fill: null },
      account_context: stringOrNull,
    },
  },
  recovery_event: {
    idField: 'recovery_event_id',
    signed: {
      ...COMMON,
      recovery_event_id: id,
      recovered_open_pres_count: int,
      index_status: { holds: INDEX_STATUSES },
      recovery_method: { holds: RECOVERY_METHODS },
      scan_window_minutes: { holds: 'null', nullable: true, fill: null },
      scan_receipts_examined: { holds: 'null', nullable: true, fill: null },
    },
  },
  budget_warning: {
    idField: 'budget_warning_id',
    signed: {
      ...COMMON,
      budget_warning_id: id,
      tool_name: string,
      spent: { holds: 'number' },
      reserved: { holds: 'number' },
      cap: { holds: 'number' },
      threshold_pct: { holds: [90, 100] },
    },
  },
  reservation_expired: {
    idField: 'reservation_expired_id',
    signed: {
      ...COMMON,
      reservation_expired_id: id,
      pre_receipt_id: string,
      amount_released: { holds: 'number' },
      currency: string,
      reason: { holds: RESERVATION_REASONS },
    },
  },
}

/** Present on every kind, never signed (VAR R-3). `signature` comes on top. */
export const UNSIGNED_FIELDS: readonly string[] = ['rfc3161_token', 'tsa_id', 'signature']

/** A receipt as it is read: any members, any values. */
export type ReceiptLike = Readonly<Record<string, unknown>>

/** Kind of a receipt, or undefined for an unknown `record_type`. */
export function receiptKind(recordType: unknown): ReceiptKind | undefined {
  return typeof recordType === 'string' && Object.hasOwn(RECEIPT_KINDS, recordType)
    ? RECEIPT_KINDS[recordType as RecordType]
    : undefined
}

const DEAD_LETTER_FIELDS = new Map(
  Object.values(RECEIPT_KINDS).map((kind) => [kind, { ...kind.signed, ...kind.signedOnDeadLetter }]),
)

/** Fields that the signature of this receipt covers when they are present (VAR R-2). */
export function signedFields(kind: ReceiptKind, receipt: ReceiptLike): FieldTable {
  const onDeadLetter = receipt.queue_status === 'DEAD_LETTER' ? DEAD_LETTER_FIELDS.get(kind) : undefined
  return onDeadLetter ?? kind.signed
}

/** The receipt's own id (VAR R-5), or undefined when it has none that is a string. */
export function receiptId(receipt: ReceiptLike): string | undefined {
  const kind = receiptKind(receipt.record_type)
  const id = kind && receipt[kind.idField]
  return typeof id === 'string' ? id : undefined
}
