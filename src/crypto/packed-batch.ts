// Messages for a back end: one buffer and offsets, so that a batch crosses any boundary as two views.
import { batchBytesMax, batchItemsMax } from '../limits.js'

/** `n` byte strings in one buffer. Item i is `bytes[offsets[i] .. offsets[i+1]]`; `offsets` has n+1 entries. */
export interface PackedBatch {
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
}

/** Packs byte strings. @throws TypeError for another kind, RangeError beyond `batchItemsMax` or `batchBytesMax`. */
export function packBatch(items: readonly Uint8Array[]): PackedBatch {
  if (items.length > batchItemsMax)
    throw new RangeError(`batch: at most ${batchItemsMax} items, got ${items.length}`)
  const offsets = new Uint32Array(items.length + 1)
  let total = 0
  items.forEach((item, i) => {
    // Text would be packed as zeros, and zeros would be signed.
    if (!(item instanceof Uint8Array)) throw new TypeError(`batch: item ${i} is no Uint8Array`)
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
  checkBytes('batch.bytes', bytes)
  if (!(offsets instanceof Uint32Array)) throw new TypeError('batch.offsets: expected Uint32Array')
  refuseShared('batch.offsets', offsets)
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

/** Refuses what is no byte array, and shared memory. @throws TypeError naming the argument. */
export function checkBytes(name: string, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${name}: expected Uint8Array`)
  refuseShared(name, bytes)
}

/** Another thread could change shared memory between check and use. @throws TypeError naming the argument. */
export function refuseShared(name: string, view: ArrayBufferView): void {
  if (typeof SharedArrayBuffer !== 'undefined' && view.buffer instanceof SharedArrayBuffer) {
    throw new TypeError(`${name}: shared memory is refused`)
  }
}
