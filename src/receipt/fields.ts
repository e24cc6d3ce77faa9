// The nine receipt shapes of VAR as types, and the values of their enumerations (VAR ).
// Which of the fields the signature covers, and what each may hold at run time, is the table in kinds.ts.

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
