// The shapes of a policy and of a policy file (VAR R-121..R-124; D-35, D-37, D-38) as one table of checks.
import { isJsonObject } from '../codec/json-value.js'
import { policyRulesMax, queueTimeoutMsMax, queueTimeoutMsMin } from '../limits.js'
import { BLAST_RADII, DECISIONS, OPERATORS, POLICY_MODES } from './types.js'

/** Where in a document: member names and indexes from the root. */
export type PolicyPath = readonly (string | number)[]

/** Something that a shape does not allow. */
export interface Fault {
  readonly path: PolicyPath
  readonly message: string
}

/** Notes every fault of a value. */
export type Check = (value: unknown, path: PolicyPath, faults: Fault[]) => void

/** A path as a JSON pointer; `/` for the root. */
export function formatPath(path: PolicyPath): string {
  return `/${path.join('/')}`
}

function when(holds: (value: unknown) => boolean, message: string): Check {
  return (value, path, faults) => {
    if (!holds(value)) faults.push({ path, message })
  }
}

const text = when((value) => typeof value === 'string', 'must be a string')
const flag = when((value) => typeof value === 'boolean', 'must be a boolean')
const amount = when((value) => typeof value === 'number' && value >= 0, 'must be a number >= 0')
const anything: Check = () => {}

function matching(pattern: RegExp): Check {
  return when((value) => typeof value === 'string' && pattern.test(value), `must match ${pattern.source}`)
}

function integer(min: number, max = Number.MAX_SAFE_INTEGER): Check {
  const range = max === Number.MAX_SAFE_INTEGER ? `>= ${min}` : `from ${min} to ${max}`
  return when(
    (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
    `must be an integer ${range}`,
  )
}

function oneOf(values: readonly (string | number)[]): Check {
  return when((value) => values.includes(value as string), `must be one of ${values.join(', ')}`)
}

function list(item: Check, { min = 0, max = policyRulesMax } = {}): Check {
  return (value, path, faults) => {
    if (!Array.isArray(value)) faults.push({ path, message: 'must be an array' })
    else if (value.length < min || value.length > max) {
      faults.push({ path, message: `must have from ${min} to ${max} items` })
    } else
      value.forEach((each, i) => {
        item(each, [...path, i], faults)
      })
  }
}

function record(member: Check): Check {
  return (value, path, faults) => {
    if (!isJsonObject(value)) faults.push({ path, message: 'must be an object' })
    else for (const [name, each] of Object.entries(value)) member(each, [...path, name], faults)
  }
}

type Members = Readonly<Record<string, Check>>

/** An object with exactly these members. `unknown: 'ignore'` lets others pass unseen. */
function shape(required: Members, optional: Members, unknown: 'refuse' | 'ignore' = 'refuse'): Check {
  return (value, path, faults) => {
    if (!isJsonObject(value)) {
      faults.push({ path, message: 'must be an object' })
      return
    }
    for (const name of Object.keys(required)) {
      if (!Object.hasOwn(value, name)) faults.push({ path, message: `must have required property '${name}'` })
    }
    const members = { ...required, ...optional }
    for (const [name, member] of Object.entries(value)) {
      const check = Object.hasOwn(members, name) ? members[name] : undefined
      if (check !== undefined) check(member, [...path, name], faults)
      else if (unknown === 'refuse') faults.push({ path: [...path, name], message: 'is not a known member' })
    }
  }
}

const condition = shape({ field: text, op: oneOf(OPERATORS) }, { value: anything })
const conditions = list(condition, { min: 1 })
const paramsBlock = shape({ conditions }, {})
const paramsInFile: Check = (value, path, faults) =>
  (Array.isArray(value) ? conditions : paramsBlock)(value, path, faults)

const velocityLimit = shape(
  {
    tool: text,
    max_calls: integer(1),
    window: matching(/^(?:[1-9][0-9]*[smhd]|session|workflow)$/), // D-39
  },
  {},
)
const queueTimeoutMs = integer(queueTimeoutMsMin, queueTimeoutMsMax)

const RULE_CORE: Members = { tool: text, decision: oneOf(DECISIONS) }
const RULE_FACTS: Members = { reason: text, blast_radius: oneOf(BLAST_RADII), reversible: flag }
const RULE_OPTIONS: Members = {
  id: matching(/^[a-zA-Z0-9_-]{1,128}$/),
  params: paramsBlock,
  merge_schema_params: flag,
  money_action: flag,
  unsafe_override: flag,
  amount_field: text,
  currency_field: text,
  idempotency_key_field: text,
  account_context_field: text,
  max_spend: amount,
  spend_window: oneOf(['session', 'daily', 'monthly']),
  monthly_cap: amount,
  reservation_ttl_hours: amount,
  projection_id: matching(/^[a-zA-Z0-9_-]{1,128}$/),
  vcb: velocityLimit,
  queue_timeout_ms: queueTimeoutMs,
}
const RULE_OPTIONS_IN_FILE: Members = { ...RULE_OPTIONS, params: paramsInFile }

const texts = list(text)
const POLICY_OPTIONS: Members = {
  schemas: texts,
  network: shape({}, { allowed_domains: texts, blocked_domains: texts, require_tls: flag }),
  filesystem: shape({}, { allowed_paths: texts, blocked_paths: texts, blocked_extensions: texts }),
  models: shape({}, { allowed: texts, blocked: texts }),
  tool_annotations: record(
    shape(
      {},
      { compliance_tier: oneOf(['public', 'internal', 'restricted', 'system']), always_step_up: flag },
    ),
  ),
}

/** A {@link PolicyConfig}: merged and normalised. */
export const policyShape: Check = shape(
  { default: oneOf(DECISIONS), rules: list(shape({ ...RULE_CORE, ...RULE_FACTS }, RULE_OPTIONS)) },
  POLICY_OPTIONS,
)

/** Names of the members that make up the policy, wherever they stand in the file. */
export const POLICY_MEMBERS: readonly string[] = ['default', 'rules', ...Object.keys(POLICY_OPTIONS)]

/** `mode` in a file, with the old names (VAR R-109). */
export const MODE_ALIASES: Readonly<Record<string, (typeof POLICY_MODES)[number]>> = {
  crawl: 'observe',
  walk: 'enforce',
  run: 'attest',
}

const keyId = matching(/^(?:[a-zA-Z0-9_-]{1,64}|auto)$/)
const mode = oneOf([...POLICY_MODES, ...Object.keys(MODE_ALIASES)])
/** Members beside the policy (VAR ). */
const ENVELOPE: Members = {
  version: oneOf(['1.0', 1]), // 1.0 without quotes is the number 1
  var_core_version: oneOf(['0.1', 0.1]),
  var_money_version: oneOf(['1.0', 1]),
  mode,
  enforcement: flag,
  key_id: keyId,
  receipt_file: text,
  state_backend: oneOf(['memory', 'redis']),
  proxy: shape(
    {},
    {
      upstream_command: text,
      upstream_args: texts,
      upstream_url: text,
      port: integer(0),
      receipt_file: text,
      key_id: keyId,
      queue_timeout_ms: queueTimeoutMs,
      session_ttl_seconds: integer(60),
      session_rate_limit: integer(1),
    },
  ),
  workflow: shape(
    {},
    {
      agent_id: text,
      initiator_id: text,
      workflow_owner: text,
      declared_tools: texts,
      session_budget: record(amount),
    },
  ),
  velocity: shape({}, { limits: list(velocityLimit) }),
  tsa: shape(
    {},
    {
      enabled: flag,
      provider: text,
      url: text,
      timeout_ms: integer(1),
      retry_attempts: integer(0),
      accepting_tsa_ids: texts,
    },
  ),
  explain: shape({}, { base_url: text, model: text, api_key_env: text }),
  signing: shape({}, { key_path: text }),
  observe: shape({}, { log_dir: text }),
}

/**
 * A policy file. Reason, blast radius and `reversible` of a rule may be left out in the shape of policy-schema.json
 * (`docs`). `lenient` looks at the policy and at `mode` only, as the reference does.
 */
export function policyFileShape({ docs, lenient }: { docs: boolean; lenient: boolean }): Check {
  const rule = docs
    ? shape(RULE_CORE, { ...RULE_FACTS, ...RULE_OPTIONS_IN_FILE })
    : shape({ ...RULE_CORE, ...RULE_FACTS }, RULE_OPTIONS_IN_FILE)
  const members: Members = { default: oneOf(DECISIONS), rules: list(rule), ...POLICY_OPTIONS }
  const block = { ...members, policy: shape({}, members) }
  return lenient ? shape({}, { ...block, mode }, 'ignore') : shape({}, { ...block, ...ENVELOPE })
}
