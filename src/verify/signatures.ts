// L1: every signature verifies under the key of its key_id (VAR 1.3), in batches.
import type { JsonObject } from '../codec/json-value.js'
import type { Backend } from '../crypto/backend.js'
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES } from '../crypto/ed25519-strict.js'
import { isValidKeyId, isWeakPublicKey, type KeySet } from '../crypto/key-set.js'
import { packBatch } from '../crypto/packed-batch.js'
import { readSignatureBlock } from '../receipt/signature-block.js'
import type { VerificationCode } from './codes.js'
import type { Layer } from './findings.js'
import type { Report } from './receipt-fields.js'

/** What L1 needs of a key set. */
export type KeyResolver = Pick<KeySet, 'kind' | 'resolve'>

/** Something signed: the member `signature`, and the bytes that it should cover (undefined: unknown which). */
export interface SignedItem {
  readonly block: JsonObject[string] | undefined
  readonly payload: Uint8Array | undefined
}

interface Job {
  readonly place: number
  readonly key: Uint8Array
  readonly signature: Uint8Array
  readonly payload: Uint8Array
}

/** Checks signatures against trusted keys, with one batch for the back end. */
export class SignatureChecker {
  readonly #keys: KeyResolver
  readonly #backend: Backend
  /** Keys that were resolved, and whether they are weak. Only ids that the key set knows get in. */
  readonly #known = new Map<string, { readonly key: Uint8Array; readonly weak: boolean }>()

  constructor(keys: KeyResolver, backend: Backend) {
    this.#keys = keys
    this.#backend = backend
  }

  /** For each item the code that refuses it, or undefined when its signature verifies. */
  async check(items: readonly SignedItem[]): Promise<(VerificationCode | undefined)[]> {
    const jobs: Job[] = []
    const verdicts = items.map((item, place) => {
      const job = this.#prepare(item, place)
      if (typeof job === 'string') return job
      jobs.push(job)
      return undefined
    })
    const answers = await this.#verify(jobs)
    jobs.forEach(({ place }, i) => {
      if (answers[i] !== 1) verdicts[place] = 'L1_INVALID'
    })
    return verdicts
  }

  /** The key of an id under which signatures were checked before; undefined when there is none, or it is weak. */
  knownKey(keyId: unknown): Uint8Array | undefined {
    if (!isValidKeyId(keyId)) return undefined
    const known = this.#known.get(this.#keys.kind === 'single' ? '' : keyId)
    return known?.weak === false ? known.key : undefined
  }

  #prepare({ block, payload }: SignedItem, place: number): Job | VerificationCode {
    const read = readSignatureBlock(block)
    if (typeof read === 'string') return read
    const known = this.#resolve(read.keyId)
    if (known === undefined) return 'KEY_ID_UNKNOWN'
    if (known.weak) return 'WEAK_PUBLIC_KEY' // VAR W-7
    if (payload === undefined) return 'UNKNOWN_RECORD_TYPE' // VAR W-4
    return { place, key: known.key, signature: read.signature, payload }
  }

  /** VAR R-32: the key belongs to the key_id; trying others would accept a receipt under a name that did not sign. */
  #resolve(keyId: string) {
    const name = this.#keys.kind === 'single' ? '' : keyId
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const key = this.#keys.resolve(keyId)
    if (key === undefined) return undefined
    const resolved = { key, weak: isWeakPublicKey(key) }
    this.#known.set(name, resolved)
    return resolved
  }

  async #verify(jobs: readonly Job[]): Promise<Uint8Array> {
    const [first] = jobs
    if (first === undefined) return new Uint8Array(0)
    // One key for all lets a back end prepare it once.
    const oneKey = jobs.every(({ key }) => key === first.key)
    const keys = oneKey ? first.key : join(jobs, ED25519_KEY_BYTES, ({ key }) => key)
    const signatures = join(jobs, ED25519_SIGNATURE_BYTES, ({ signature }) => signature)
    return this.#backend.ed25519VerifyMany(keys, signatures, packBatch(jobs.map(({ payload }) => payload)))
  }
}

/** VAR 3.6 d: key_id is not signed, so a change is worth a warning even where the signature verifies. */
export class KeyIdWatch {
  #keyId: unknown

  /** The `key_id` that the next block is expected to have. */
  get keyId(): unknown {
    return this.#keyId
  }

  /** Looks at the next block `signature`. */
  check(block: unknown, layer: Layer, report: Report): void {
    const keyId = (block as JsonObject | null | undefined)?.key_id
    if (this.#keyId !== undefined && keyId !== undefined && keyId !== this.#keyId)
      report(layer, 'warn', 'KEY_ID_CHANGE', 'key_id is not that of the signature before')
    this.#keyId = keyId ?? this.#keyId
  }
}

function join(jobs: readonly Job[], size: number, part: (job: Job) => Uint8Array): Uint8Array {
  const bytes = new Uint8Array(size * jobs.length)
  jobs.forEach((job, i) => {
    bytes.set(part(job), size * i)
  })
  return bytes
}
