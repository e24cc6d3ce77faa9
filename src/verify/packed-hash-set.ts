// A set of SHA-256 digests in 16 bytes each at most: the first 64 bits, open addressing, at most half full.
// A false "has" needs a second pre-image on 64 bits, and all it would hide is that a row that a trusted key signed
// speaks of a receipt which is not in the file.
import { packedHashesMax } from '../limits.js'

/** Digests that were added. Holds up to a maximum; more are not kept, and `isFull` says so. */
export class PackedHashSet {
  #slots = new Uint32Array(2 * 64)
  readonly #countMax: number
  #count = 0
  #full = false

  /** @param countMax digests that are kept. */
  constructor(countMax = packedHashesMax) {
    this.#countMax = countMax
  }

  /** More digests were added than are kept: a missing one proves nothing. */
  get isFull(): boolean {
    return this.#full
  }

  /** @param digest a digest string, `sha256:` and 64 hex digits. */
  add(digest: string): void {
    this.#addWords(...words(digest))
  }

  /** Adds a digest of which only the first 64 bits are known. */
  addBits(high: number, low: number): void {
    this.#addWords(...slotWords(high, low))
  }

  #addWords(high: number, low: number): void {
    if (this.#count === this.#countMax) {
      this.#full = true
      return
    }
    if (4 * (this.#count + 1) > this.#slots.length) this.#grow()
    if (this.#put(this.#slots, high, low)) this.#count++
  }

  has(digest: string): boolean {
    const [high, low] = words(digest)
    const at = this.#find(this.#slots, high, low)
    return this.#slots[at] === high && this.#slots[at + 1] === low
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(2 * old.length)
    for (let i = 0; i < old.length; i += 2) {
      const [high = 0, low = 0] = [old[i], old[i + 1]]
      if (high !== 0 || low !== 0) this.#put(this.#slots, high, low)
    }
  }

  #put(slots: Uint32Array, high: number, low: number): boolean {
    const at = this.#find(slots, high, low)
    if (slots[at] === high && slots[at + 1] === low) return false
    slots[at] = high
    slots[at + 1] = low
    return true
  }

  /** Slot of the words, or the free one where they belong. */
  #find(slots: Uint32Array, high: number, low: number): number {
    const mask = slots.length - 2
    let at = (2 * low) & mask
    while ((slots[at] !== 0 || slots[at + 1] !== 0) && (slots[at] !== high || slots[at + 1] !== low))
      at = (at + 2) & mask
    return at
  }
}

/** The first 64 bits. */
function words(digest: string): [high: number, low: number] {
  const high = Number.parseInt(digest.slice(7, 15), 16) >>> 0
  const low = Number.parseInt(digest.slice(15, 23), 16) >>> 0
  return slotWords(high, low)
}

/** All zero stands for a free slot, so that one value becomes another. */
function slotWords(high: number, low: number): [high: number, low: number] {
  return high === 0 && low === 0 ? [0, 1] : [high, low]
}
