// Links a receipt to the one before it.
import type { SignedReceipt, UnsignedReceipt } from './fields.js'
import { receiptHash } from './hash.js'

/**
 * A copy of `receipt` that follows `previous`: `prev_receipt_hash` is the hash of the complete signed receipt, and
 * `sequence_number` is one more (VAR R-22). Synchronous.
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE` when `previous` has no canonical form.
 */
export function chainReceipt(receipt: UnsignedReceipt, previous: SignedReceipt): UnsignedReceipt {
  return {
    ...receipt,
    prev_receipt_hash: receiptHash(previous),
    sequence_number: previous.sequence_number + 1,
  }
}
