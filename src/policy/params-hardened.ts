// Conditions on arguments in the hardened profile (VAR W-16, W-19; DESIGN decision 14). A rule that restricts holds
// when it holds for any spelling of the argument; a rule that allows holds only when it holds as written.
import { type ConditionResult, compareNumbers, lookUpField } from './params.js'
import { isPatternInput, patternOf } from './pattern.js'
import { looselyEqual, looseSpellings, readBoolean, strictSpellings } from './spellings.js'
import type { Decision, ParamCondition, PolicyRule } from './types.js'

/**
 * `missing`: the rule restricts, and a field that it needs is absent or null, so nobody knows whether it holds.
 * `out_of_range`: a negative number where the limit is an amount, or a value too long to judge; it blocks the call.
 */
export type HardenedResult = ConditionResult | 'missing' | 'out_of_range'

/** Stands in packs where the operator has to fill in; never equal to anything. */
export const PLACEHOLDER = '__REPLACE_ME__'

/** Arguments by which an agent would approve its own call (VAR W-19); a rule that allows because of one is void. */
export const AGENT_APPROVALS: ReadonlySet<string> = new Set([
  'allow_customer_delete',
  'auto_approve_escrow_release',
  'auto_approve_credits',
])

/** True for the decisions that let a call go. */
export function isPermissive(decision: Decision): boolean {
  return decision === 'ALLOW' || decision === 'FAIL_OPEN'
}

/** Evaluates the conditions of a rule in order; the first that fails decides. No conditions: `match`. */
export function evaluateRuleHardened(
  rule: PolicyRule,
  args: Readonly<Record<string, unknown>>,
): HardenedResult {
  const restrictive = !isPermissive(rule.decision)
  let missing = false
  for (const condition of rule.params?.conditions ?? []) {
    if (!restrictive && AGENT_APPROVALS.has(condition.field)) return 'no_match'
    const result = evaluateCondition(condition, args, restrictive)
    if (result === 'missing') missing = true
    else if (result !== 'match') return result
  }
  return missing ? 'missing' : 'match'
}

function evaluateCondition(
  condition: ParamCondition,
  args: Readonly<Record<string, unknown>>,
  restrictive: boolean,
): HardenedResult {
  const field = lookUpField(args, condition.field)
  if (field === 'array_in_path') return 'type_error'
  const { value } = field
  const present = value !== undefined && value !== null
  if (condition.op === 'exists' || condition.op === 'not_exists') {
    const wantsAbsent = condition.op === 'not_exists'
    // Blank text counts as absent where that makes the decision stricter.
    const blank = wantsAbsent === restrictive && typeof value === 'string' && value.trim() === ''
    return resultOf((present && !blank) !== wantsAbsent)
  }
  if (!present) return restrictive ? 'missing' : 'no_match'
  switch (condition.op) {
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return compareOrdered(condition.op, value, condition.value, restrictive)
    case 'gt_bigint':
      return compareBigints(value, condition.value, restrictive)
    case 'match':
    case 'not_match':
      return comparePattern(condition, value, restrictive)
    default:
      return compareMembers(condition, value, restrictive)
  }
}

function resultOf(holds: boolean): ConditionResult {
  return holds ? 'match' : 'no_match'
}

/** True when a sign would slip past a limit: a negative amount is neither above a limit nor honestly below one. */
function signEvades(
  negative: boolean,
  limitNegative: boolean,
  above: boolean,
  restrictive: boolean,
): boolean {
  return negative && !limitNegative && above === restrictive
}

function compareOrdered(
  op: 'gt' | 'gte' | 'lt' | 'lte',
  value: unknown,
  limit: unknown,
  restrictive: boolean,
): HardenedResult {
  if (typeof value !== 'number' || typeof limit !== 'number' || !Number.isFinite(value)) return 'type_error'
  const above = op === 'gt' || op === 'gte'
  if (signEvades(value < 0, limit < 0, above, restrictive)) return 'out_of_range'
  return resultOf(compareNumbers(op, value, limit))
}

const DECIMAL = /^-?[0-9]+$/

function compareBigints(value: unknown, limit: unknown, restrictive: boolean): HardenedResult {
  if (typeof value !== 'string' || typeof limit !== 'string') return 'type_error'
  if (!isPatternInput(value)) return 'out_of_range'
  if (!DECIMAL.test(value) || !DECIMAL.test(limit)) return 'type_error'
  const [a, b] = [BigInt(value), BigInt(limit)]
  return signEvades(a < 0n, b < 0n, true, restrictive) ? 'out_of_range' : resultOf(a > b)
}

function comparePattern(condition: ParamCondition, value: unknown, restrictive: boolean): HardenedResult {
  if (typeof value !== 'string') return 'type_error'
  if (!isPatternInput(value)) return 'out_of_range'
  const pattern = patternOf(condition)
  if (pattern === undefined) return 'type_error'
  const negative = condition.op === 'not_match'
  const matches =
    restrictive === negative
      ? strictSpellings(value).every((text) => pattern.exact.test(String(text)))
      : looseSpellings(value).some(
          (text) => pattern.exact.test(String(text)) || pattern.fold.test(String(text)),
        )
  return resultOf(matches !== negative)
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** `eq`, `neq`, `in`, `not_in` on a scalar, or on an array of scalars. */
function compareMembers(condition: ParamCondition, value: unknown, restrictive: boolean): HardenedResult {
  const { op, value: wanted } = condition
  if (!(Array.isArray(value) ? value : [value]).every(isScalar)) return 'type_error'
  if (typeof wanted === 'boolean' && readBoolean(value) === undefined) return 'type_error'
  const limits = (Array.isArray(wanted) ? wanted : [wanted]).filter((limit) => limit !== PLACEHOLDER)
  const negative = op === 'neq' || op === 'not_in'
  const isMember =
    restrictive === negative
      ? strictSpellings(value).every((spelling) => limits.some((limit) => limit === spelling))
      : looseSpellings(value).some((spelling) => limits.some((limit) => looselyEqual(spelling, limit)))
  return resultOf(isMember !== negative)
}
