// The bytes that a receipt's signature covers.
import { jcsBytes } from '../codec/jcs.js'
import { type ReceiptKind, type ReceiptLike, signedFields } from './kinds.js'

/**
 * Signed payload of a receipt: canonical JSON of the fields that its kind signs, as far as they are present, null
 * included (VAR ).
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE`.
 */
export function signedPayload(receipt: ReceiptLike, kind: ReceiptKind): Uint8Array {
  const payload: Record<string, unknown> = {}
  for (const field in signedFields(kind, receipt)) {
    if (field in receipt) payload[field] = receipt[field]
  }
  return jcsBytes(payload)
}
