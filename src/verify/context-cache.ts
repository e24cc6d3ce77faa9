// Keeps the context under which lines are confirmed, and the names of tools that go into it.
import { confirmToolsMax } from '../limits.js'
import type { ChainRules } from './chain-rules.js'
import { type ChainConstants, fitsContext, packContext } from './confirm-context.js'

/** Packs a context when something in it has changed: jobs under way are compared by the object. */
export class ContextCache {
  readonly #tools = new Set<string>()
  #manifest: ChainRules['manifest']
  #chain: ChainConstants | undefined
  #packed: Uint8Array | undefined
  #isStale = true

  /** Notes the tool of a call: its next calls can be confirmed. */
  learn(toolName: unknown): void {
    if (typeof toolName !== 'string' || this.#tools.has(toolName)) return
    if (this.#tools.size >= confirmToolsMax || !fitsContext(toolName)) return
    this.#tools.add(structuredClone(toolName)) // a string that was cut out of a line keeps the whole line in memory
    this.#isStale = true
  }

  /** The context for this state of a chain; undefined when it cannot be packed. */
  context(chain: ChainConstants, rules: ChainRules): Uint8Array | undefined {
    if (this.#manifest !== rules.manifest) {
      this.#manifest = rules.manifest
      this.#isStale = true
      const declared = rules.manifest?.declared_tools
      if (Array.isArray(declared)) for (const name of declared.slice(0, confirmToolsMax)) this.learn(name)
    }
    if (this.#isStale || !isSame(this.#chain, chain)) {
      this.#packed = packContext(
        chain,
        new Map([...this.#tools].map((name) => [name, rules.knownTool(name)])),
      )
      this.#chain = chain
      this.#isStale = false
    }
    return this.#packed
  }
}

function isSame(a: ChainConstants | undefined, b: ChainConstants): boolean {
  return (
    a !== undefined &&
    a.workflowId === b.workflowId &&
    a.agentId === b.agentId &&
    a.policyBundleHash === b.policyBundleHash &&
    a.keyId === b.keyId &&
    a.key === b.key &&
    a.untaggedSeen === b.untaggedSeen
  )
}
