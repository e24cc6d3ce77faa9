// The decision about one call (VAR 1.18; DESIGN decision 14): guards, then rules, then the default. Pure.
import { findRefusal } from './check.js'
import { isGlob, matchesGlob } from './glob.js'
import { makeResult, runGuards } from './guards.js'
import { runHardenedGuards } from './guards-hardened.js'
import { evaluateParams } from './params.js'
import { evaluateRuleHardened, type HardenedResult, isPermissive } from './params-hardened.js'
import {
  DECISIONS,
  type Decision,
  type EvaluationContext,
  type EvaluationResult,
  type PolicyInput,
  type PolicyRule,
} from './types.js'

type Args = Readonly<Record<string, unknown>>
type Judge = (rule: PolicyRule) => HardenedResult
type Pass = (pattern: string) => boolean

const isStar: Pass = (pattern) => pattern === '*'

/**
 * Decides a call. Synchronous; never throws: what goes wrong inside ends in FAIL_CLOSED with `policy_error`.
 *
 * @param tool name of the tool; case counts
 * @param policy as loaded, or a literal of the same shape
 * @param args arguments of the call. Left out: compat skips rules with conditions and the guards that look at
 * arguments; hardened takes them as empty.
 * @param context `profile` compat (default): the reference's answers (VAR R-130..R-134), globs never fire.
 * hardened: a policy with a finding of {@link checkHardened} answers FAIL_CLOSED; globs fire after exact names and
 * before `*` (D-36); a rule that restricts but lacks a field turns a later ALLOW into STEP_UP (`params_missing`).
 */
export function evaluatePolicy(
  tool: string,
  policy: PolicyInput,
  args?: Args,
  context: EvaluationContext = {},
): EvaluationResult {
  try {
    return context.profile === 'hardened'
      ? evaluateHardened(tool, policy, args ?? {}, context.model_id)
      : evaluateCompat(tool, policy, args, context.model_id)
  } catch {
    return failClosed('policy_error')
  }
}

function evaluateCompat(
  tool: string,
  policy: PolicyInput,
  args: Args | undefined,
  modelId: string | undefined,
): EvaluationResult {
  const hit = runGuards(tool, policy, args, modelId)
  if (hit !== undefined) return hit
  const judge: Judge = ({ params }) => {
    if (params === undefined) return 'match'
    return args === undefined ? 'no_match' : evaluateParams(params, args)
  }
  return evaluateRules(policy, [(pattern) => pattern === tool, isStar], judge)
}

function evaluateHardened(
  tool: string,
  policy: PolicyInput,
  args: Args,
  modelId: string | undefined,
): EvaluationResult {
  const refusal = findRefusal(policy)
  if (refusal !== undefined) return failClosed(`policy_refused: ${refusal}`)
  const hit = runHardenedGuards(tool, policy, args, modelId)
  if (hit !== undefined) return hit
  return evaluateRules(policy, hardenedPasses(tool), (rule) => evaluateRuleHardened(rule, args))
}

/** Exact names, then globs in document order, then `*`. */
function hardenedPasses(tool: string): readonly Pass[] {
  return [(pattern) => pattern === tool, (pattern) => isGlob(pattern) && matchesGlob(pattern, tool), isStar]
}

/**
 * The queue time-out that the policy sets for a tool, in ms: of the first rule that names the tool and has one, exact
 * names before globs before `*`. Undefined: none.
 */
export function queueTimeoutMsOf(policy: PolicyInput, tool: string): number | undefined {
  for (const pass of hardenedPasses(tool)) {
    const rule = policy.rules.find((each) => each.queue_timeout_ms !== undefined && pass(each.tool))
    if (rule !== undefined) return rule.queue_timeout_ms
  }
  return undefined
}

function evaluateRules(policy: PolicyInput, passes: readonly Pass[], judge: Judge): EvaluationResult {
  let undecided: EvaluationResult | undefined
  for (const pass of passes) {
    for (const rule of policy.rules) {
      if (!pass(rule.tool)) continue
      const verdict = judge(rule)
      if (verdict === 'no_match') continue
      if (verdict === 'match') return fire(rule, undecided)
      if (verdict === 'missing') {
        undecided ??= makeResult(
          'STEP_UP',
          'params_missing',
          rule.blast_radius,
          rule.reversible,
          `${rule.tool}:params_missing`,
        )
      } else {
        const reason = `params_${verdict}`
        return makeResult('BLOCK', reason, 'HIGH', false, `${rule.tool}:${reason}`)
      }
    }
  }
  if (!isDecision(policy.default)) return failClosed('policy_error')
  if (undecided !== undefined && isPermissive(policy.default)) return undecided
  return makeResult(policy.default, 'no matching rule — policy default applied', 'LOW', true, 'default')
}

function fire(rule: PolicyRule, undecided: EvaluationResult | undefined): EvaluationResult {
  if (!isDecision(rule.decision)) return failClosed('policy_error')
  if (undecided !== undefined && isPermissive(rule.decision)) return undecided
  const condition = rule.params?.conditions[0]
  const matchedRule =
    condition === undefined
      ? rule.tool
      : `${rule.tool}:param:${condition.field} ${condition.op} ${asText(condition.value)}`
  return {
    ...makeResult(rule.decision, rule.reason, rule.blast_radius, rule.reversible, matchedRule),
    ...(condition === undefined ? {} : { matched_param_condition: condition }),
    ...(rule.money_action === true ? { money_action: true } : {}),
  }
}

/** As `String()` writes it, also for objects without a prototype. */
function asText(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => (item === null ? '' : asText(item))).join(',')
  return typeof value === 'object' && value !== null ? '[object Object]' : String(value)
}

function isDecision(value: string): value is Decision {
  return (DECISIONS as readonly string[]).includes(value)
}

function failClosed(reason: string): EvaluationResult {
  return makeResult('FAIL_CLOSED', reason, 'CRITICAL', false, reason.replace(/:.*$/s, ''))
}
