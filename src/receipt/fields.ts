// The nine receipt shapes of VAR as one table: which fields each has, which of them the signature covers, and what
// each may hold. Everything that signs, fills or checks a receipt reads this table (VAR ).

// --- enumerations (VAR R-4) ---

export const DECISIONS = ['ALLOW', 'BLOCK', 'FAIL_OPEN', 'FAIL_CLOSED', 'STEP_UP'] as const
export const QUEUE_STATUSES = ['COMPLETED', 'DEAD_LETTER'] as const
export const BLAST_RADII = ['LOW', 'MED', 'HIGH', 'CRITICAL'] as const
export const FALLBACK_POLICIES = ['fail_closed', 'fail_open'] as const
export const CLOSE_REASONS = ['connection_teardown', 'ttl_expired', 'explicit_close'] as const
export const WORKFLOW_ID_SOURCES = ['nonsudo_generated', 'framework_mapped', 'parent_join'] as const
export const TERMINAL_OUTCOMES = ['SUCCESS', 'DENIED', 'ESCALATED', 'TIMEOUT', 'ERROR', 'CANCELED'] as const
export const INDEX_STATUSES = ['OK', 'CORRUPT'] as const
export const RECOVERY_METHODS = ['INDEX', 'CHECKPOINT'] as const
export const RESERVATION_REASONS = ['TTL_EXPIRY', 'MANUAL_RELEASE'] as const
export const APPROVAL_OUTCOMES = ['APPROVED', 'DENIED', 'TIMEOUT'] as const
export const BILLABLE_REASONS = [
  'MONEY_ACTION_ATTEMPT',
  'PROXY_GUARD',
  'DEGRADED_SESSION',
  'SIMULATION',
  'READ_ONLY',
  'INTERNAL',
] as const
export const MODES = ['observe', 'enforce', 'attest'] as const
export const TAXONOMY_STATUSES = ['OK', 'CACHED', 'UNAVAILABLE'] as const

export type Decision = (typeof DECISIONS)[number]
export type BlastRadius = (typeof BLAST_RADII)[number]
export type TerminalOutcome = (typeof TERMINAL_OUTCOMES)[number]
export type CloseReason = (typeof CLOSE_REASONS)[number]
export type VarMode = (typeof MODES)[number]
export type FallbackPolicy = (typeof FALLBACK_POLICIES)[number]

// --- types ---

/** `signature` of a receipt or annex row: `sig` is unpadded base64url of 64 bytes (VAR R-20). */
export interface SignatureBlock {
  alg: 'Ed25519'
  key_id: string
  sig: string
}

/** Optional on every kind (VAR 1.14). */
export interface MandateFields {
  agent_class_id?: string
  mandate_id?: string
  mandate_version?: string
  chain_sequence?: number
}

interface CommonFields extends MandateFields {
  spec_version: string
  workflow_id: string
  agent_id: string
  issued_at: string
  prev_receipt_hash: string | null
  sequence_number: number
  policy_bundle_hash: string
  /** Never signed; written null, filled only in the sidecar (VAR R-3, D-16). */
  rfc3161_token: string | null
  tsa_id: string | null
}

interface BaseFields extends CommonFields {
  receipt_id: string
  workflow_id_source: (typeof WORKFLOW_ID_SOURCES)[number]
}

export interface ManifestReceipt extends BaseFields {
  record_type: 'workflow_manifest'
  initiator_id: string
  workflow_owner: string
  session_budget: Record<string, number>
  declared_tools: string[]
  capability_manifest_hash: string | null
  parent_workflow_id: string | null
  framework_ref: string | null
  declared_tools_fetch_failed?: boolean
  mode?: VarMode
  taxonomy_status?: (typeof TAXONOMY_STATUSES)[number]
  money_action_overrides?: string[]
}

export interface ActionReceipt extends BaseFields {
  record_type: 'action_receipt'
  tool_name: string
  params_canonical_hash: string
  decision: Decision
  decision_reason: string
  decision_order: number
  queue_status: (typeof QUEUE_STATUSES)[number]
  queue_timeout_ms: number
  blast_radius: BlastRadius
  reversible: boolean
  state_version_before: number
  state_version_after: number
  response_hash: string | null
  upstream_call_initiated?: boolean | null
  money_action?: boolean
  amount_minor_units?: number | null
  billable?: boolean
  billable_reason?: (typeof BILLABLE_REASONS)[number] | null
  pending_approval_id?: string | null
  /** Only on a dead letter (`queue_status` DEAD_LETTER), where it is signed. */
  failure_reason?: string
  /** Only on a dead letter. */
  fallback_policy?: FallbackPolicy
}

export interface ClosedReceipt extends BaseFields {
  record_type: 'workflow_closed'
  total_calls: number
  total_blocked: number
  total_spend: number | null
  session_duration_ms: number
  close_reason: CloseReason
}

export interface ApprovalReceipt extends BaseFields {
  record_type: 'approval_receipt'
  action_receipt_id: string
  approval_receipt_id: string
  tool_name: string
  approval_outcome: (typeof APPROVAL_OUTCOMES)[number]
  approver: string | null
  approval_dir: string
  wait_duration_ms: number
}

export interface PostReceipt extends CommonFields {
  record_type: 'post_receipt'
  post_receipt_id: string
  pre_receipt_id: string
  tool_name: string
  terminal_outcome: TerminalOutcome
  upstream_response_digest: string | null
  projection_id: string | null
  projection_hash: string | null
  idempotency_key: string | null
  tool_call_correlation_id: string | null
  execution_start_ms: number
  execution_end_ms: number
  degraded_reason: string | null
  billable: boolean
  billable_reason: (typeof BILLABLE_REASONS)[number] | null
  account_context: string | null
}

export interface RecoveryReceipt extends CommonFields {
  record_type: 'recovery_event'
  recovery_event_id: string
  recovered_open_pres_count: number
  index_status: (typeof INDEX_STATUSES)[number]
  recovery_method: (typeof RECOVERY_METHODS)[number]
  scan_window_minutes: null
  scan_receipts_examined: null
}

export interface BudgetWarningReceipt extends CommonFields {
  record_type: 'budget_warning'
  budget_warning_id: string
  tool_name: string
  spent: number
  reserved: number
  cap: number
  threshold_pct: 90 | 100
}

export interface ReservationExpiredReceipt extends CommonFields {
  record_type: 'reservation_expired'
  reservation_expired_id: string
  pre_receipt_id: string
  amount_released: number
  currency: string
  reason: (typeof RESERVATION_REASONS)[number]
}

/** A complete receipt before it is signed: discriminated by `record_type`. */
export type UnsignedReceipt =
  | ManifestReceipt
  | ActionReceipt
  | ClosedReceipt
  | ApprovalReceipt
  | PostReceipt
  | RecoveryReceipt
  | BudgetWarningReceipt
  | ReservationExpiredReceipt

export type RecordType = UnsignedReceipt['record_type']

/** A sealed receipt: all fields, nulls included, and the signature block. */
export type SignedReceipt = UnsignedReceipt & { signature: SignatureBlock }

// --- the table ---

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
  spec_version: { holds: 'string', fill: 'var/1.0' },
  workflow_id: string,
  agent_id: string,
  issued_at: { holds: 'time' },
  prev_receipt_hash: { holds: 'hash', nullable: true, fill: null },
  sequence_number: { holds: 'int', fill: 0 },
  policy_bundle_hash: hash,
  ...MANDATE,
}

/** BASE of VAR R-2. */
const BASE: FieldTable = { ...COMMON, receipt_id: id, workflow_id_source: { holds: WORKFLOW_ID_SOURCES } }

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
export const UNSIGNED_FIELDS = ['rfc3161_token', 'tsa_id', 'signature'] as const

/** Kind of a receipt, or undefined for an unknown `record_type`. */
export function receiptKind(recordType: unknown): ReceiptKind | undefined {
  return typeof recordType === 'string' && Object.hasOwn(RECEIPT_KINDS, recordType)
    ? RECEIPT_KINDS[recordType as RecordType]
    : undefined
}

/** Fields that the signature of this receipt covers when they are present (VAR R-2). */
export function signedFields(kind: ReceiptKind, queueStatus: unknown): FieldTable {
  return kind.signedOnDeadLetter && queueStatus === 'DEAD_LETTER'
    ? { ...kind.signed, ...kind.signedOnDeadLetter }
    : kind.signed
}
