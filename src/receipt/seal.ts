// Sealing: check, link, sign, hash. The bytes made here are the ones that are stored and hashed (VAR, RI-3).
import { jcsBytes } from '../codec/jcs.js'
import { TracevarError } from '../errors.js'
import { VAR_SPEC_VERSION } from '../formats.js'
import { lineBytesMax } from '../limits.js'
import type { SignedReceipt, UnsignedReceipt } from './fields.js'
import { type ReceiptKind, type ReceiptLike, receiptKind, signedFields, UNSIGNED_FIELDS } from './kinds.js'
import { signedPayload } from './payload.js'
import { fieldProblems } from './shape.js'
import { hashStrings, type ReceiptSigner, signPayloads } from './signature-block.js'

export type { ReceiptSigner }

/** The end of a chain: hash and number of its last receipt. */
export interface ChainLink {
  readonly hash: string
  readonly sequenceNumber: number
}

/** A receipt to seal and the receipt before it; null for the first of a chain. */
export interface SealItem {
  readonly unsigned: UnsignedReceipt
  readonly previous: ChainLink | null
}

/** A sealed receipt with its canonical bytes and their hash, which is the next receipt's `prev_receipt_hash`. */
export interface SealedReceipt {
  readonly receipt: SignedReceipt
  /** JCS of the complete receipt. */
  readonly bytes: Uint8Array
  /** Digest string of `bytes`. */
  readonly hash: string
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

/** Seals receipts of different chains in one batch. Errors as {@link sealReceipt}: then none of them is signed. */
export function sealMany(items: readonly SealItem[], signer: ReceiptSigner): SealedReceipt[] {
  const linked = items.map(link)
  const payloads = linked.map((receipt) => signedPayload(receipt, checkReceipt(receipt)))
  const blocks = signPayloads(payloads, 'receipt', signer)
  const receipts = linked.map((receipt, i) => ({ ...receipt, signature: blocks[i] }))
  const complete = receipts.map((receipt) => jcsBytes(receipt))
  if (complete.some((bytes) => bytes.length > lineBytesMax))
    throw invalid('receipt', `over ${lineBytesMax} bytes`)
  const hashes = hashStrings(complete, signer.backend)
  return receipts.map((receipt, i) => ({
    receipt: receipt as unknown as SignedReceipt,
    bytes: complete[i] as Uint8Array,
    hash: hashes[i] as string,
  }))
}

function link({ unsigned, previous }: SealItem): ReceiptLike {
  return {
    ...unsigned,
    prev_receipt_hash: previous?.hash ?? null,
    sequence_number: previous === null ? 0 : previous.sequenceNumber + 1,
  }
}

/** VAR RI-3: what cannot be read back as it is meant is not signed. */
function checkReceipt(receipt: ReceiptLike): ReceiptKind {
  const kind = receiptKind(receipt.record_type)
  if (kind === undefined) throw invalid('record_type', 'unknown')
  const [problem] = fieldProblems(receipt, signedFields(kind, receipt), UNSIGNED_FIELDS)
  if (problem !== undefined) throw invalid(problem.field, problem.problem)
  if (receipt.spec_version !== VAR_SPEC_VERSION) throw invalid('spec_version', `not ${VAR_SPEC_VERSION}`)
  if ('signature' in receipt) throw invalid('signature', 'the receipt is signed already')
  // VAR D-16: a token lives in the sidecar; inside it would break the next link.
  for (const field of ['rfc3161_token', 'tsa_id'] as const) {
    if (receipt[field] !== null) throw invalid(field, 'not null')
  }
  return kind
}

function invalid(field: string, problem: string): TracevarError {
  return new TracevarError('ERR_RECEIPT_INVALID', `${field}: ${problem}`)
}
