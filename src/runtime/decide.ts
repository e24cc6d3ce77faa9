// One call, one decision: the runtime's own guards first, then the policy, then the amount (VAR 1.27, R-73).
// Pure: the same call, tools and policy always give the same answer.
import { isJsonObject, type JsonValue } from '../codec/json-value.js'
import { checkAmount } from '../ledger/amount.js'
import { isMoneyToolName } from '../ledger/taxonomy.js'
import { paramsBytesMax } from '../limits.js'
import { evaluatePolicy } from '../policy/evaluate.js'
import { matchesGlob } from '../policy/glob.js'
import type { PolicyConfig } from '../policy/types.js'
import type { BlastRadius, Decision } from '../receipt/fields.js'

/** What is decided about. */
export interface CallFacts {
  readonly tool: string
  readonly args: JsonValue
  /** Length of the canonical arguments, bytes. */
  readonly paramsBytes: number
  /** Set by a gateway that could not read the arguments canonically, e.g. `params_not_canonical`. */
  readonly refuse?: string | undefined
}

/** The decision as the action receipt will carry it. */
export interface Verdict {
  readonly decision: Decision
  readonly reason: string
  readonly blastRadius: BlastRadius
  readonly reversible: boolean
  readonly moneyAction: boolean
  /** Whole minor units of a money action, null when they could not be resolved, undefined for other calls. */
  readonly amountMinorUnits: number | null | undefined
}

/** True when the call may go out. */
export function isAllowed(decision: Decision): decision is 'ALLOW' | 'FAIL_OPEN' {
  return decision === 'ALLOW' || decision === 'FAIL_OPEN'
}

/**
 * Decides a call.
 *
 * @param declaredTools names the workflow declared; null when the list could not be had (GV-06: everything is blocked).
 */
export function decideCall(
  policy: PolicyConfig,
  declaredTools: ReadonlySet<string> | null,
  call: CallFacts,
): Verdict {
  const { args } = call
  const guard = guardReason(declaredTools, call)
  if (guard !== undefined || !isJsonObject(args)) {
    const [reason, blastRadius] = guard ?? (['params_not_an_object', 'HIGH'] as const)
    const moneyAction = isMoneyTool(policy, call.tool)
    return {
      decision: 'BLOCK',
      reason,
      blastRadius,
      reversible: false,
      moneyAction,
      amountMinorUnits: moneyAction ? null : undefined,
    }
  }
  const result = evaluatePolicy(call.tool, policy, args, { profile: 'hardened' })
  const verdict: Verdict = {
    decision: result.decision,
    reason: result.decision_reason,
    blastRadius: result.blast_radius,
    reversible: result.reversible,
    // A refused attempt on a money tool is tagged whichever rule refused it (VAR ).
    moneyAction:
      result.money_action === true || (!isAllowed(result.decision) && isMoneyTool(policy, call.tool)),
    amountMinorUnits: undefined,
  }
  return verdict.moneyAction ? withAmount(policy, call, verdict) : verdict
}

/**
 * What is recorded when nothing is enforced (observe): the call goes out, so the receipt says ALLOW, and the reason
 * keeps what enforcement would have answered.
 */
export function observed(verdict: Verdict): Verdict {
  if (isAllowed(verdict.decision)) return verdict
  return { ...verdict, decision: 'ALLOW', reason: `observe: would be ${verdict.decision}: ${verdict.reason}` }
}

function guardReason(
  declaredTools: ReadonlySet<string> | null,
  call: CallFacts,
): readonly [reason: string, blastRadius: BlastRadius] | undefined {
  if (call.refuse !== undefined) return [call.refuse, 'HIGH']
  if (call.paramsBytes > paramsBytesMax) return ['params_too_large', 'HIGH'] // GV-09, VAR R-99
  if (declaredTools === null) return ['declared_tools_unavailable', 'CRITICAL'] // GV-06
  if (!declaredTools.has(call.tool)) return ['undeclared_tool: not in declared_tools', 'HIGH'] // GV-05
  return undefined
}

/** VAR R-70: a rule says so, or the name does. */
function isMoneyTool(policy: PolicyConfig, tool: string): boolean {
  return (
    isMoneyToolName(tool) ||
    policy.rules.some((rule) => rule.money_action === true && matchesGlob(rule.tool, tool))
  )
}

/** VAR R-73: an amount that cannot be read needs a human, a negative one never passes. */
function withAmount(policy: PolicyConfig, call: CallFacts, verdict: Verdict): Verdict {
  const field = policy.rules.find(
    ({ tool, amount_field: named }) => named !== undefined && matchesGlob(tool, call.tool),
  )?.amount_field
  const amount = field === undefined ? ({ kind: 'unresolved' } as const) : checkAmount(call.args, field)
  if (amount.kind === 'ok') return { ...verdict, amountMinorUnits: amount.minorUnits }
  if (!isAllowed(verdict.decision)) return { ...verdict, amountMinorUnits: null }
  return amount.kind === 'invalid'
    ? { ...verdict, decision: 'BLOCK', reason: 'AMOUNT_INVALID', amountMinorUnits: null }
    : { ...verdict, decision: 'STEP_UP', reason: 'AMOUNT_FIELD_UNRESOLVABLE', amountMinorUnits: null }
}
