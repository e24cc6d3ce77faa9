// Receipts for a back end to seal: complete canonical texts in one buffer, with room where each signature goes, so that
// signing, filling in and hashing take one call (VAR ).
import { batchCount, checkBatch, type PackedBatch, refuseShared } from './packed-batch.js'

/** Characters of a signature in unpadded base64url. */
export const SIGNATURE_CHARS = 86
/** Ranges that an item's signature leaves out: `rfc3161_token`, `signature` and `tsa_id`, with their commas. */
const CUTS = 3
/** Entries of `places` for each item. */
export const PLACES_PER_ITEM = 1 + 2 * CUTS

/** A {@link PackedBatch} of texts to be signed in part. The back end writes the signatures into `bytes`. */
export interface SealBatch extends PackedBatch {
  /**
   * {@link PLACES_PER_ITEM} for each item, counted from the start of `bytes`: where the 86 characters of the signature
   * go, then begin and end of each range that is not signed, rising, maybe empty. The signature lies in one of them.
   */
  readonly places: Uint32Array
}

/** What sealing gives for each item. */
export interface SealedTexts {
  /** 86 characters of base64url each, as they now stand in `bytes`. */
  readonly signatures: readonly string[]
  /** Digest string of each complete item. */
  readonly digests: readonly string[]
}

/**
 * Refuses a batch whose parts do not fit together.
 *
 * @returns the number of items.
 * @throws TypeError or RangeError naming the argument.
 */
export function checkSealBatch(batch: SealBatch): number {
  checkBatch(batch)
  const { offsets, places } = batch
  const count = batchCount(batch)
  if (!(places instanceof Uint32Array)) throw new TypeError('batch.places: expected Uint32Array')
  refuseShared('batch.places', places)
  if (places.length !== PLACES_PER_ITEM * count) {
    throw new RangeError(`batch.places: expected ${PLACES_PER_ITEM * count} entries, got ${places.length}`)
  }
  for (let i = 0; i < count; i++) {
    if (isMisplaced(places, PLACES_PER_ITEM * i, offsets[i] as number, offsets[i + 1] as number)) {
      throw new RangeError(`batch.places: those of item ${i} are not in it, or out of order`)
    }
  }
  return count
}

/** The rule of `is_misplaced` in native/core/seal.cc. */
function isMisplaced(places: Uint32Array, first: number, begin: number, end: number): boolean {
  const signature = places[first] as number
  let isInside = false
  let at = begin
  for (let cut = first + 1; cut < first + PLACES_PER_ITEM; cut += 2) {
    const from = places[cut] as number
    const to = places[cut + 1] as number
    if (from < at || to < from || to > end) return true
    at = to
    if (signature >= from && signature + SIGNATURE_CHARS <= to) isInside = true
  }
  return !isInside
}

/** The bytes that the signature of item `i` covers. */
export function signedPart({ bytes, offsets, places }: SealBatch, i: number): Uint8Array {
  const part = new Uint8Array((offsets[i + 1] as number) - (offsets[i] as number))
  let length = 0
  let at = offsets[i] as number
  for (let cut = PLACES_PER_ITEM * i + 1; cut < PLACES_PER_ITEM * (i + 1); cut += 2) {
    const kept = bytes.subarray(at, places[cut])
    part.set(kept, length)
    length += kept.length
    at = places[cut + 1] as number
  }
  const rest = bytes.subarray(at, offsets[i + 1])
  part.set(rest, length)
  return part.subarray(0, length + rest.length)
}

/** Writes the text of a signature to the place of item `i`. */
export function fillIn({ bytes, places }: SealBatch, i: number, signature: string): void {
  const at = places[PLACES_PER_ITEM * i] as number
  for (let k = 0; k < SIGNATURE_CHARS; k++) bytes[at + k] = signature.charCodeAt(k)
}
