// Options of `openWorkflow`.
import { TracevarError } from '../errors.js'

/** What the caller says about the workflow; goes into the manifest (VAR R-2). */
export interface WorkflowOptions {
  /** The agent whose calls these are. Left out: the policy file's `workflow.agent_id`, else `agent_local`. */
  readonly agentId?: string
  /** Who started it. Left out: the policy file's, else `unknown`. */
  readonly initiatorId?: string
  /** Who answers for it. Left out: the policy file's, else `unknown`. */
  readonly workflowOwner?: string
  /** Tools that may be called; others are blocked. null: the list could not be had, and everything is blocked. */
  readonly declaredTools: readonly string[] | null
  /** Budget by currency or unit. Left out: the policy file's, else `{}`. */
  readonly sessionBudget?: Readonly<Record<string, number>>
  /** Ends the workflow after this many whole milliseconds with `ttl_expired`. Left out: the policy file's, else never. */
  readonly sessionTtlMs?: number
}

const OPTION_NAMES = new Set<string>([
  'agentId',
  'initiatorId',
  'workflowOwner',
  'declaredTools',
  'sessionBudget',
  'sessionTtlMs',
] satisfies (keyof WorkflowOptions)[])

/** @throws TracevarError `ERR_RUNTIME_OPTION` for unknown members, no list of tools, and a time that is none. */
export function checkWorkflowOptions(options: WorkflowOptions): void {
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.has(name)) throw refuse(`option ${name} is unknown`)
  }
  const { declaredTools, sessionTtlMs } = options
  const isList = Array.isArray(declaredTools) && declaredTools.every((name) => typeof name === 'string')
  if (declaredTools !== null && !isList)
    throw refuse('option declaredTools: expected a list of names, or null')
  if (sessionTtlMs !== undefined && !(Number.isSafeInteger(sessionTtlMs) && sessionTtlMs > 0)) {
    throw refuse('option sessionTtlMs: expected whole milliseconds above 0')
  }
}

function refuse(what: string): TracevarError {
  return new TracevarError('ERR_RUNTIME_OPTION', `openWorkflow: ${what}`)
}
