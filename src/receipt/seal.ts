// Sealing: check, link, sign, hash. The bytes made here are the ones that are stored and hashed (VAR, RI-3).
import type { CreateSources, ReceiptInput } from './create.js'
import type { SignedReceipt, UnsignedReceipt } from './fields.js'
import { SealBatchBuilder } from './seal-builder.js'
import { checkKeyId, type ReceiptSigner } from './signature-block.js'
import { type ChainLink, ReceiptTemplates } from './template.js'

export type { ChainLink, ReceiptSigner }

/** A receipt to seal and the receipt before it; null for the first of a chain. */
export interface SealItem {
  readonly unsigned: UnsignedReceipt
  readonly previous: ChainLink | null
  /** Templates of the receipt's workflow, which make this fast. Left out: none are kept. */
  readonly templates?: ReceiptTemplates
}

/** A receipt to create (`createReceipt`) and seal in one go. */
export interface NewItem {
  readonly input: ReceiptInput
  readonly sources: CreateSources
  readonly previous: ChainLink | null
  /** As in {@link SealItem}. */
  readonly templates?: ReceiptTemplates
}

/** A sealed receipt with its canonical bytes and their hash, which is the next receipt's `prev_receipt_hash`. */
export interface SealedReceipt {
  /** The receipt as an object; made when it is first asked for. */
  readonly receipt: SignedReceipt
  /** JCS of the complete receipt. Its buffer holds other receipts, too: copy the bytes before you transfer that. */
  readonly bytes: Uint8Array
  /** Digest string of `bytes`. */
  readonly hash: string
  /** The receipt's own id (VAR R-5), and its number: without making the object. */
  readonly id: string
  readonly sequenceNumber: number
}

/**
 * Seals one receipt: sets its link and number, checks every field against the table, signs and hashes it.
 *
 * @throws TracevarError `ERR_RECEIPT_INVALID` naming the field, `ERR_RECEIPT_KEY_ID`,
 * `ERR_CODEC_NOT_CANONICALIZABLE`, or as `ed25519SignMany`. Nothing is signed then.
 */
export function sealReceipt(
  unsigned: UnsignedReceipt,
  previous: ChainLink | null,
  signer: ReceiptSigner,
): SealedReceipt {
  const [sealed] = sealMany([{ unsigned, previous }], signer)
  return sealed as SealedReceipt
}

/**
 * Seals receipts of different chains in one batch: given ones, or such that are created on the way. Errors as
 * {@link sealReceipt}, and RangeError beyond `batchItemsMax` or `batchBytesMax`: then none of them is signed.
 */
export function sealMany(items: readonly (SealItem | NewItem)[], signer: ReceiptSigner): SealedReceipt[] {
  const builder = new SealBatchBuilder(signer.keyId, items.length)
  for (const item of items) {
    const { previous, templates = new ReceiptTemplates() } = item
    if ('input' in item) builder.add(item.input, previous, templates, item.sources)
    else builder.add(item.unsigned, previous, templates)
  }
  checkKeyId(signer.keyId)
  const batch = builder.batch()
  return builder.finish(batch, signer.backend.sealMany([signer.key], 'receipt', batch))
}
