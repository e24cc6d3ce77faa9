// The policy of a runtime: read once, hashed once, never changed (DESIGN decision 5).
import type { PolicyConfig } from '../policy/types.js'

export interface FrozenPolicy {
  readonly config: PolicyConfig
  /** `sha256:` digest of the canonical policy (VAR R-24). */
  readonly bundleHash: string
  /** What the policy file says about workflows; used where `openWorkflow` is told nothing. */
  readonly defaults: WorkflowDefaults
  /** Bound on waiting for a slot and on the call itself, milliseconds (VAR R-90). */
  queueTimeoutMs(tool: string): number
}

/** The `workflow` and `proxy` blocks of a policy file (VAR R-124). */
export interface WorkflowDefaults {
  readonly agentId?: string | undefined
  readonly initiatorId?: string | undefined
  readonly workflowOwner?: string | undefined
  readonly sessionBudget?: Readonly<Record<string, number>> | undefined
  readonly sessionTtlMs?: number | undefined
}
