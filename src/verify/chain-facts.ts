// What the other files of an export are compared with: facts of the chain, gathered while it is verified.
import { formatDigest } from '../codec/digest.js'
import type { JsonValue } from '../codec/json-value.js'
import type { ConfirmedLines } from '../crypto/backend.js'
import { packedHashesMax } from '../limits.js'
import { MODES, type VarMode } from '../receipt/fields.js'
import { parseTime } from '../receipt/time.js'
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
  /** Action receipts, counted: what the closing receipt says of itself is L2's to judge. */
  readonly callCount: number
  /** `issued_at` of the last receipt, epoch seconds; NaN when it has none that can be read. */
  readonly lastIssuedAtSec: number
  /** False when there were more receipts than their hashes are kept: any hash may then be one of theirs. */
  readonly knowsAllHashes: boolean
}

/** Gathers facts from the receipts of one chain, in order. Starts anew when the first receipt comes again. */
export class ChainFactsCollector {
  readonly #hashesMax: number
  #hashes: PackedHashSet
  #manifest: CheckedReceipt | undefined
  #last: CheckedReceipt | undefined
  /** What is known of the last receipt when it came among confirmed ones. */
  #confirmedLast: { readonly hash: string; readonly issuedAtMs: number } | undefined
  #count = 0
  #calls = 0
  #hasOnePolicy = true

  /** @param hashesMax receipt hashes that are kept. */
  constructor(hashesMax = packedHashesMax) {
    this.#hashesMax = hashesMax
    this.#hashes = new PackedHashSet(hashesMax)
  }

  receipt(checked: CheckedReceipt): void {
    if (checked.place.index === 0 || this.#manifest === undefined) {
      this.#hashes = new PackedHashSet(this.#hashesMax)
      this.#manifest = checked
      this.#count = 0
      this.#calls = 0
      this.#hasOnePolicy = true
    }
    this.#hashes.add(checked.hash)
    this.#last = checked
    this.#confirmedLast = undefined
    this.#count++
    if (checked.receipt.record_type === 'action_receipt') this.#calls++
    if (checked.receipt.policy_bundle_hash !== this.#manifest.receipt.policy_bundle_hash)
      this.#hasOnePolicy = false
  }

  /** The next receipts, of which nothing is to be said: they name the policy of the one before. */
  confirmed({ count, calls, head, lastMs, hashWords }: ConfirmedLines): void {
    for (let i = 0; i < hashWords.length; i += 2)
      this.#hashes.addBits(hashWords[i] as number, hashWords[i + 1] as number)
    this.#confirmedLast = { hash: formatDigest('sha256', head), issuedAtMs: lastMs }
    this.#count += count
    this.#calls += calls
  }

  /** True when a receipt of the chain has this hash, or when there were too many to know. */
  has(hash: string): boolean {
    return this.#hashes.isFull || this.#hashes.has(hash)
  }

  facts(): ChainFacts {
    const manifest = this.#manifest?.receipt ?? {}
    const last = this.#last?.receipt ?? {}
    return {
      chainRoot: this.#manifest?.hash ?? null,
      head: this.#confirmedLast?.hash ?? this.#last?.hash ?? null,
      count: this.#count,
      capabilityManifestHash: text(manifest.capability_manifest_hash),
      policyBundleHash: text(manifest.policy_bundle_hash),
      mode: MODES.find((mode) => mode === manifest.mode),
      hasOnePolicy: this.#hasOnePolicy,
      callCount: this.#calls,
      lastIssuedAtSec: (this.#confirmedLast?.issuedAtMs ?? parseTime(last.issued_at) ?? Number.NaN) / 1000,
      knowsAllHashes: !this.#hashes.isFull,
    }
  }
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
