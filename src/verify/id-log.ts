// Which receipts have the same id, and which outcome belongs to an untagged call: found among any number of receipts
// in bounded memory. Hashes of ids are logged, 8 bytes each, and sorted at the end; whatever two hashes suggest is
// confirmed by reading the receipts again, so that no accident of hashing is ever reported.

import type { JsonObject } from '../codec/json-value.js'
import { utf8Encode } from '../codec/utf8.js'
import type { Backend } from '../crypto/backend.js'
import { packBatch } from '../crypto/packed-batch.js'
import { findingsMax, receiptIdCharsMax } from '../limits.js'
import { receiptId } from '../receipt/kinds.js'
import type { SpillFactory } from './random-access.js'
import { type WordPairs, WordSorter } from './word-sorter.js'

/** What a receipt contributes: its own id, or the id of the call whose outcome it is. */
export interface IdUse {
  readonly id: string
  readonly use: 'own' | 'own, untagged' | 'outcome of'
}

/** Two low bits of a word say what the hash stands for; in sorting, ids come before references to them. */
const USES: Readonly<Record<IdUse['use'], number>> = { own: 0, 'own, untagged': 1, 'outcome of': 2 }

/** The receipt's own id, unless it is too long to be compared or shown. */
export function comparableId(receipt: JsonObject): string | undefined {
  const id = receiptId(receipt)
  return id !== undefined && id.length <= receiptIdCharsMax ? id : undefined
}

/** The ids of one receipt: at most two, so at most `pairingBytesPerReceiptMax` bytes. */
export function idUses(receipt: JsonObject, isUntagged: boolean): IdUse[] {
  const uses: IdUse[] = []
  const own = comparableId(receipt)
  if (own !== undefined) uses.push({ id: own, use: isUntagged ? 'own, untagged' : 'own' })
  const { record_type, pre_receipt_id } = receipt
  if (
    record_type === 'post_receipt' &&
    typeof pre_receipt_id === 'string' &&
    pre_receipt_id.length <= receiptIdCharsMax
  )
    uses.push({ id: pre_receipt_id, use: 'outcome of' })
  return uses
}

/** Hashes that look as if an id occurs twice, or an untagged call has an outcome. */
export interface Suspicion {
  /** Hash keys, as {@link idHashes} gives them; at most `findingsMax`. */
  readonly keys: ReadonlySet<string>
  /** How many more there are. */
  readonly more: number
}

/** First 62 bits of SHA-256 of each id, as high and low halves of 32 and 30 bits. */
export async function idHashes(
  ids: readonly string[],
  backend: Backend,
): Promise<readonly (readonly [number, number])[]> {
  const digests = await backend.sha256Many(packBatch(ids.map(utf8Encode)))
  const view = new DataView(digests.buffer, digests.byteOffset, digests.length)
  return ids.map((_, i) => [view.getUint32(32 * i), view.getUint32(32 * i + 4) >>> 2] as const)
}

/** Name of a hash in a {@link Suspicion}. */
export function hashKey([high, low]: readonly [number, number]): string {
  return `${high}:${low}`
}

/** Log of the ids of a chain. */
export class IdLog {
  readonly #sorter: WordSorter
  readonly #backend: Backend

  constructor(backend: Backend, openSpill?: SpillFactory) {
    this.#backend = backend
    this.#sorter = new WordSorter(openSpill)
  }

  async add(uses: readonly IdUse[]): Promise<void> {
    if (uses.length === 0) return
    const hashes = await idHashes(
      uses.map(({ id }) => id),
      this.#backend,
    )
    await this.#sorter.add(
      uses.flatMap(({ use }, i) => {
        const [high, low] = hashes[i] as readonly [number, number]
        return [high, ((low << 2) | USES[use]) >>> 0]
      }),
    )
  }

  /** Adds words as {@link add} would make them. */
  async addWords(words: WordPairs): Promise<void> {
    await this.#sorter.add(words)
  }

  /** What the hashes suggest. */
  async suspicion(): Promise<Suspicion> {
    const keys = new Set<string>()
    let more = 0
    // The group of words with the same hash; plain variables, since there is a group for nearly every word.
    let [high, low, owns] = [-1, -1, 0]
    let [hasUntagged, isDone] = [false, false]
    for await (const pairs of this.#sorter.sorted()) {
      for (let i = 0; i + 1 < pairs.length; i += 2) {
        const word = pairs[i + 1] as number
        const use = word & 3
        if (high !== pairs[i] || low !== word >>> 2) {
          high = pairs[i] as number
          low = word >>> 2
          owns = 0
          hasUntagged = false
          isDone = false
        }
        if (use !== 2) owns++
        hasUntagged ||= use === 1
        if (isDone || !(owns > 1 || (use === 2 && hasUntagged))) continue
        isDone = true
        if (keys.size < findingsMax) keys.add(hashKey([high, low]))
        else more++
      }
    }
    return { keys, more }
  }
}
