// The policy as it is evaluated and hashed (VAR; D-35, D-37, D-38). Wire names keep VAR's spelling.
import type { JsonValue } from '../codec/json-value.js'

/** Every decision (VAR R-4). Only ALLOW and FAIL_OPEN let a call go. */
export const DECISIONS = ['ALLOW', 'BLOCK', 'STEP_UP', 'FAIL_CLOSED', 'FAIL_OPEN'] as const
export type Decision = (typeof DECISIONS)[number]

export const BLAST_RADII = ['LOW', 'MED', 'HIGH', 'CRITICAL'] as const
export type BlastRadius = (typeof BLAST_RADII)[number]

/** Operators of conditions (VAR R-134); `gt_bigint` is allowed in files too (D-37). */
export const OPERATORS = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'match',
  'not_match',
  'in',
  'not_in',
  'exists',
  'not_exists',
  'gt_bigint',
] as const
export type Operator = (typeof OPERATORS)[number]

/** Modes of a policy file (VAR R-109). Left out in the file: the caller's mode, else `observe` (D-34). */
export const POLICY_MODES = ['observe', 'enforce', 'attest'] as const
export type PolicyMode = (typeof POLICY_MODES)[number]

/** `compat`: the reference's answers, weaknesses included. `hardened`: DESIGN decision 14. */
export type PolicyProfile = 'compat' | 'hardened'

/** One condition on an argument. `field` is a dot path of at most `fieldPathSegmentsMax` segments. */
export interface ParamCondition {
  readonly field: string
  readonly op: Operator
  /** What the field is compared with. Left out for `exists` and `not_exists`. */
  readonly value?: JsonValue | readonly JsonValue[]
}

/** Conditions that must all hold. */
export interface ParamsBlock {
  readonly conditions: readonly ParamCondition[]
}

/** A limit on calls in a window: `<N>s`, `<N>m`, `<N>h`, `<N>d`, `session` or `workflow` (VAR R-80, D-39). */
export interface VelocityLimit {
  readonly tool: string
  readonly max_calls: number
  readonly window: string
}

/** One rule. Amounts are integer minor units (VAR ). */
export interface PolicyRule {
  /** Exact tool name, a glob with `*`, or `*` alone. Case counts. */
  readonly tool: string
  readonly decision: Decision
  readonly reason: string
  readonly blast_radius: BlastRadius
  readonly reversible: boolean
  /** Left out: the rule fires on the tool name alone. */
  readonly params?: ParamsBlock
  /** True: rules of packs for this tool go in front of this rule (VAR R-135). Left out: they are dropped. */
  readonly merge_schema_params?: boolean
  readonly id?: string
  readonly money_action?: boolean
  readonly unsafe_override?: boolean
  readonly amount_field?: string
  readonly currency_field?: string
  readonly idempotency_key_field?: string
  readonly account_context_field?: string
  readonly max_spend?: number
  readonly spend_window?: 'session' | 'daily' | 'monthly'
  readonly monthly_cap?: number
  readonly reservation_ttl_hours?: number
  readonly projection_id?: string
  readonly vcb?: VelocityLimit
  readonly queue_timeout_ms?: number
}

/** Hosts in URLs among the arguments. `blocked_domains` covers subdomains, `allowed_domains` does not. */
export interface NetworkPolicy {
  readonly allowed_domains?: readonly string[]
  readonly blocked_domains?: readonly string[]
  readonly require_tls?: boolean
}

/** Paths among the arguments. */
export interface FilesystemPolicy {
  readonly allowed_paths?: readonly string[]
  readonly blocked_paths?: readonly string[]
  readonly blocked_extensions?: readonly string[]
}

/** Models that may act; compared with `model_id` of the context. */
export interface ModelsPolicy {
  readonly allowed?: readonly string[]
  readonly blocked?: readonly string[]
}

export interface ToolAnnotation {
  readonly compliance_tier?: 'public' | 'internal' | 'restricted' | 'system'
  readonly always_step_up?: boolean
}

/** The merged, effective policy: what is evaluated, and what {@link computePolicyBundleHash} hashes. */
export interface PolicyConfig {
  /** Decision when no rule matches. */
  readonly default: Decision
  readonly rules: readonly PolicyRule[]
  /** Ids of the packs whose rules are merged into `rules`. */
  readonly schemas?: readonly string[]
  readonly network?: NetworkPolicy
  readonly filesystem?: FilesystemPolicy
  readonly models?: ModelsPolicy
  readonly tool_annotations?: Readonly<Record<string, ToolAnnotation>>
}

/** What {@link evaluatePolicy} takes: also a literal whose `default` has widened to string. */
export type PolicyInput = Omit<PolicyConfig, 'default'> & { readonly default: string }

/** Facts about the call that are not arguments. */
export interface EvaluationContext {
  /** The model that acts. Left out: compat skips the models guard, hardened blocks where there is one. */
  readonly model_id?: string
  /** Left out: `compat`. */
  readonly profile?: PolicyProfile
}

/** The decision about one call, with what led to it (VAR R-130). */
export interface EvaluationResult {
  readonly decision: Decision
  readonly decision_reason: string
  /** The same value as `decision_reason`. */
  readonly reason: string
  readonly blast_radius: BlastRadius
  readonly reversible: boolean
  readonly matched_rule: string
  /** The first condition of the rule that fired; absent when it has none. */
  readonly matched_param_condition?: ParamCondition
  /** True when the rule that fired is a money action; else absent. */
  readonly money_action?: true
}
