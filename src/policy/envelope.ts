// What stands in a policy file beside the policy (VAR ): the facts that the runtime takes over.
import type { JsonObject } from '../codec/json-value.js'
import { MODE_ALIASES } from './schema.js'
import { POLICY_MODES, type PolicyMode, type PolicyRule } from './types.js'

/** Facts about the workflow; each is absent when the file does not name it. */
export interface WorkflowFacts {
  readonly agentId?: string
  readonly initiatorId?: string
  readonly workflowOwner?: string
  readonly declaredTools?: readonly string[]
  /** Unit name to amount. */
  readonly sessionBudget?: Readonly<Record<string, number>>
}

/** Facts beside the policy; each is absent when the file does not name it. */
export interface TakenFacts {
  /** The signing key; `auto` counts as not named. `proxy.key_id` goes before `key_id`. */
  readonly keyId?: string
  /** `proxy.queue_timeout_ms`, in ms. Those of rules: {@link queueTimeoutMsOf}. */
  readonly queueTimeoutMs?: number
  /** `proxy.session_ttl_seconds`, in seconds. */
  readonly sessionTtlSec?: number
  readonly workflow: WorkflowFacts
}

// The shapes in schema.ts have checked every member before; hence the assertions here.

/** Takes the facts out of a checked file. */
export function takeFacts(file: JsonObject): TakenFacts {
  const proxy = (file.proxy ?? {}) as JsonObject
  const workflow = (file.workflow ?? {}) as JsonObject
  const keyId = proxy.key_id ?? file.key_id
  return dropUndefined({
    keyId: keyId === 'auto' ? undefined : keyId,
    queueTimeoutMs: proxy.queue_timeout_ms,
    sessionTtlSec: proxy.session_ttl_seconds,
    workflow: dropUndefined({
      agentId: workflow.agent_id,
      initiatorId: workflow.initiator_id,
      workflowOwner: workflow.workflow_owner,
      declaredTools: workflow.declared_tools,
      sessionBudget: workflow.session_budget,
    }),
  }) as unknown as TakenFacts
}

/** The mode that the file names, with a warning for an old name and for `enforcement: false`. */
export function takeMode(file: JsonObject, warnings: string[]): PolicyMode | undefined {
  const named = file.mode as string | undefined
  const alias = named === undefined ? undefined : MODE_ALIASES[named]
  if (alias !== undefined) warnings.push(`mode ${named} is an old name; write ${alias}`)
  if (file.enforcement === false && named !== undefined && named !== 'observe') {
    warnings.push('enforcement: false turns the mode to observe')
    return 'observe'
  }
  return alias ?? POLICY_MODES.find((mode) => mode === named)
}

const BLOCKS_NOT_ENFORCED = ['velocity', 'tsa'] as const
const RULE_MEMBERS_NOT_ENFORCED = [
  'vcb',
  'max_spend',
  'monthly_cap',
  'idempotency_key_field',
  'projection_id',
] as const

/** Controls that a file may name but that this version does not enforce: silence would look like protection. */
export function warnNotEnforced(file: JsonObject, rules: readonly PolicyRule[], warnings: string[]): void {
  const named = [
    ...BLOCKS_NOT_ENFORCED.filter((name) => file[name] !== undefined),
    ...RULE_MEMBERS_NOT_ENFORCED.filter((name) => rules.some((rule) => rule[name] !== undefined)),
  ]
  if (named.length > 0) warnings.push(`not enforced by this version: ${named.join(', ')}`)
}

function dropUndefined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
