// The policy of a runtime: read once, hashed once, never changed (DESIGN decision 5).
import { queueTimeoutMsDefault } from '../limits.js'
import type { LoadedPolicy } from '../policy/load.js'
import type { PolicyConfig } from '../policy/types.js'

export interface FrozenPolicy {
  readonly config: PolicyConfig
  /** `sha256:` digest of the canonical policy (VAR R-24). */
  readonly bundleHash: string
  /** Bound on waiting for a slot and on the call itself, milliseconds (VAR R-90). */
  queueTimeoutMs(tool: string): number
}
