// Keeps the context under which lines are confirmed, and what was learned for it from lines before: the order of their
// members, and the names of tools.
import type { JsonObject } from '../codec/json-value.js'
import { confirmToolsMax } from '../limits.js'
import type { ChainRules } from './chain-rules.js'
import {
  type ChainConstants,
  type ConfirmedKind,
  fitsContext,
  MEMBER_NAMES,
  packContext,
} from './confirm-context.js'
import { MemberOrder } from './member-order.js'

/** Packs a context when something in it has changed: jobs under way are compared by the object. */
export class ContextCache {
  readonly #orders: Readonly<Record<ConfirmedKind, MemberOrder>> = {
    action_receipt: new MemberOrder(),
    post_receipt: new MemberOrder(),
  }
  readonly #tools = new Set<string>()
  #manifest: ChainRules['manifest']
  #chain: ChainConstants | undefined
  #packed: Uint8Array | undefined
  #isStale = true

  /** Learns from a receipt that was read: the next ones like it can be confirmed. */
  learn(receipt: JsonObject): void {
    const { record_type: type } = receipt
    if (type !== 'action_receipt' && type !== 'post_receipt') return
    const names = Object.keys(receipt)
    if (names.every((name) => MEMBER_NAMES[type].has(name)) && this.#orders[type].learn(names))
      this.#isStale = true
    if (type === 'action_receipt') this.#learnTool(receipt.tool_name)
  }

  #learnTool(toolName: unknown): void {
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
      if (Array.isArray(declared))
        for (const name of declared.slice(0, confirmToolsMax)) this.#learnTool(name)
    }
    if (this.#isStale || !isSame(this.#chain, chain)) {
      const { action_receipt: action, post_receipt: post } = this.#orders
      this.#packed = packContext(
        chain,
        new Map([
          ['action_receipt', action.names],
          ['post_receipt', post.names],
        ]),
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
