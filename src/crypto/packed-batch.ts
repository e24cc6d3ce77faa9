// Messages for a back end: one buffer and offsets, so that a batch crosses any boundary as two views.
import { batchBytesMax, batchItemsMax } from '../limits.js'

/** `n` byte strings in one buffer. Item i is `bytes[offsets[i] .. offsets[i+1]]`; `offsets` has n+1 entries. */
export interface PackedBatch {
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
}

/** Packs byte strings. @throws RangeError beyond `batchItemsMax` items or `batchBytesMax` bytes. */
export function packBatch(items: readonly Uint8Array[]): PackedBatch {
  if (items.length > batchItemsMax)
    throw new RangeError(`batch: at most ${batchItemsMax} items, got ${items.length}`)
  const offsets = new Uint32Array(items.length + 1)
  let total = 0
  items.forEach((item, i) => {
    total += item.length
    if (total > batchBytesMax) throw new RangeError(`batch: at most ${batchBytesMax} bytes`)
    offsets[i + 1] = total
  })
  const bytes = new Uint8Array(total)
  items.forEach((item, i) => {
    bytes.set(item, offsets[i])
  })
  return { bytes, offsets }
}

/** Number of items. */
export function batchCount(batch: PackedBatch): number {
  return batch.offsets.length - 1
}

/** View of item `i`. */
export function batchItem(batch: PackedBatch, i: number): Uint8Array {
  return batch.bytes.subarray(batch.offsets[i], batch.offsets[i + 1])
}

/**
 * Refuses a batch whose parts do not fit together: kinds, shared memory, first offset not 0, offsets that fall,
 * or a last offset that is not the buffer's length.
 *
 * @throws TypeError or RangeError naming the argument.
 */
export function checkBatch(batch: PackedBatch): void {
  const { bytes, offsets } = batch
  if (!(bytes instanceof Uint8Array)) throw new TypeError('batch.bytes: expected Uint8Array')
  if (!(offsets instanceof Uint32Array)) throw new TypeError('batch.offsets: expected Uint32Array')
  if (typeof SharedArrayBuffer !== 'undefined' && bytes.buffer instanceof SharedArrayBuffer) {
    throw new TypeError('batch.bytes: shared memory is refused')
  }
  if (offsets.length < 1 || offsets.length - 1 > batchItemsMax) {
    throw new RangeError(`batch.offsets: expected 1 to ${batchItemsMax + 1} entries, got ${offsets.length}`)
  }
  let last = 0
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i] ?? 0
    if (i === 0 ? offset !== 0 : offset < last)
      throw new RangeError(`batch.offsets: entry ${i} is out of order`)
    last = offset
  }
  if (last !== bytes.length)
    throw new RangeError(`batch.offsets: last entry is ${last}, buffer has ${bytes.length} bytes`)
}
