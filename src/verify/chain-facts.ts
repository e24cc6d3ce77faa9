// What the other files of an export are compared with: facts of the chain, gathered while it is verified.
import type { JsonValue } from '../codec/json-value.js'
import { MODES, type VarMode } from '../receipt/fields.js'
import type { CheckedReceipt } from './chain-run.js'
import { PackedHashSet } from './packed-hash-set.js'

/** Facts of a chain. Only as good as the chain's own verdict. */
export interface ChainFacts {
  /** Receipt hash of the first receipt; null when there is none. */
  readonly chainRoot: string | null
  /** Receipt hash of the last receipt; null when there is none. */
  readonly head: string | null
  readonly count: number
  /** Members of the manifest; undefined when it has none that can be read. */
  readonly capabilityManifestHash: string | undefined
  readonly policyBundleHash: string | undefined
  readonly mode: VarMode | undefined
  /** Every receipt names the manifest's policy. */
  readonly hasOnePolicy: boolean
  /** `total_calls` of the closing receipt; undefined when there is none. */
  readonly totalCalls: number | undefined
}

/** Gathers facts from the receipts of one chain, in order. Starts anew when the first receipt comes again. */
export class ChainFactsCollector {
  #hashes = new PackedHashSet()
  #manifest: CheckedReceipt | undefined
  #last: CheckedReceipt | undefined
  #count = 0
  #hasOnePolicy = true

  receipt(checked: CheckedReceipt): void {
    if (checked.place.index === 0 || this.#manifest === undefined) {
      this.#hashes = new PackedHashSet()
      this.#manifest = checked
      this.#count = 0
      this.#hasOnePolicy = true
    }
    this.#hashes.add(checked.hash)
    this.#last = checked
    this.#count++
    if (checked.receipt.policy_bundle_hash !== this.#manifest.receipt.policy_bundle_hash)
      this.#hasOnePolicy = false
  }

  /** True when a receipt of the chain has this hash, or when there were too many to know. */
  has(hash: string): boolean {
    return this.#hashes.isFull || this.#hashes.has(hash)
  }

  facts(): ChainFacts {
    const manifest = this.#manifest?.receipt ?? {}
    const last = this.#last?.receipt ?? {}
    const totalCalls = last.record_type === 'workflow_closed' ? last.total_calls : undefined
    return {
      chainRoot: this.#manifest?.hash ?? null,
      head: this.#last?.hash ?? null,
      count: this.#count,
      capabilityManifestHash: text(manifest.capability_manifest_hash),
      policyBundleHash: text(manifest.policy_bundle_hash),
      mode: MODES.find((mode) => mode === manifest.mode),
      hasOnePolicy: this.#hasOnePolicy,
      totalCalls: typeof totalCalls === 'number' ? totalCalls : undefined,
    }
  }
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
