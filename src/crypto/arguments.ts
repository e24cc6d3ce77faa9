// Checks of arguments that every back end makes in the same words.
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES } from './ed25519-strict.js'
import { batchCount, checkBatch, checkBytes, type PackedBatch } from './packed-batch.js'

/**
 * Refuses arguments of `ed25519VerifyMany` that do not fit together.
 *
 * @returns the number of items.
 * @throws TypeError or RangeError naming the argument.
 */
export function checkVerifyArguments(
  publicKeys: Uint8Array,
  signatures: Uint8Array,
  batch: PackedBatch,
): number {
  checkBatch(batch)
  const count = batchCount(batch)
  checkBytes('publicKeys', publicKeys)
  checkBytes('signatures', signatures)
  if (publicKeys.length !== ED25519_KEY_BYTES && publicKeys.length !== ED25519_KEY_BYTES * count) {
    throw new RangeError(
      `publicKeys: expected ${ED25519_KEY_BYTES} or ${ED25519_KEY_BYTES * count} bytes, got ${publicKeys.length}`,
    )
  }
  if (signatures.length !== ED25519_SIGNATURE_BYTES * count) {
    throw new RangeError(
      `signatures: expected ${ED25519_SIGNATURE_BYTES * count} bytes, got ${signatures.length}`,
    )
  }
  return count
}

/** Refuses a seed that is not 32 bytes. @throws TypeError or RangeError. */
export function checkSeed(seed: Uint8Array): void {
  checkBytes('seed', seed)
  if (seed.length !== ED25519_KEY_BYTES) {
    throw new RangeError(`seed: expected ${ED25519_KEY_BYTES} bytes, got ${seed.length}`)
  }
}

/** View of item `i` of `bytes` cut into pieces of `size`; the only piece when there is one for all. */
export function pieceAt<B extends ArrayBufferLike>(
  bytes: Uint8Array<B>,
  size: number,
  i: number,
): Uint8Array<B> {
  const at = bytes.length === size ? 0 : i * size
  return bytes.subarray(at, at + size)
}
