// The receipts of one batch: checked, linked and written out, waiting for their signatures.
import { isValidKeyId } from '../crypto/key-set.js'
import { PLACES_PER_ITEM, type SealBatch, type SealedTexts } from '../crypto/seal-batch.js'
import { TracevarError } from '../errors.js'
import { VAR_SPEC_VERSION } from '../formats.js'
import { batchBytesMax, batchItemsMax, lineBytesMax, sealPieceBytes } from '../limits.js'
import { type CreateSources, createReceipt, type ReceiptInput } from './create.js'
import type { SignedReceipt, UnsignedReceipt } from './fields.js'
import { type ReceiptLike, receiptKind, signedFields, UNSIGNED_FIELDS } from './kinds.js'
import type { SealedReceipt } from './seal.js'
import { fieldProblems } from './shape.js'
import type { ChainLink, ReceiptTemplate, ReceiptTemplates, ReceiptValues } from './template.js'

const NO_BYTES = new Uint8Array()

/** Gathers receipts, gives the batch that a back end seals, and puts its answer together with them. */
export class SealBatchBuilder {
  readonly #keyId: string
  readonly #offsets: Uint32Array<ArrayBuffer>
  readonly #places: Uint32Array<ArrayBuffer>
  readonly #receipts: ReceiptValues[] = []
  #bytes: Uint8Array<ArrayBuffer> = NO_BYTES

  /**
   * @param keyId written into every receipt. One that is no valid key_id must not be sealed with.
   * @param count how many receipts there will be at most. @throws RangeError beyond `batchItemsMax`.
   */
  constructor(keyId: string, count: number) {
    if (count > batchItemsMax) throw new RangeError(`batch: at most ${batchItemsMax} items, got ${count}`)
    this.#keyId = isValidKeyId(keyId) ? keyId : ''
    const numbers = count === 1 ? sharedMemory(4 * (count + 1 + PLACES_PER_ITEM)) : undefined
    const { buffer, byteOffset } = numbers ?? new Uint32Array(count + 1 + PLACES_PER_ITEM * count)
    this.#offsets = new Uint32Array(buffer, byteOffset, count + 1)
    this.#places = new Uint32Array(buffer, byteOffset + 4 * (count + 1), PLACES_PER_ITEM * count)
  }

  /**
   * Adds a receipt, and links it to `previous` (null: it is the first).
   *
   * @param templates those of the receipt's workflow.
   * @param create `source` leaves out what `createReceipt` fills. Left out: it is complete.
   * @throws TracevarError `ERR_RECEIPT_INVALID` naming the field, `ERR_CODEC_NOT_CANONICALIZABLE`; RangeError beyond
   * `batchBytesMax`. The receipt is not added then.
   */
  add(
    source: UnsignedReceipt | ReceiptInput,
    previous: ChainLink | null,
    templates: ReceiptTemplates,
    create?: CreateSources,
  ): void {
    const template = this.#write(source as unknown as ReceiptLike, previous, templates, create)
    const { length } = template
    if (length > lineBytesMax) throw invalid('receipt', `over ${lineBytesMax} bytes`)
    const i = this.#receipts.length
    const at = this.#offsets[i] as number
    if (at + length > batchBytesMax) throw new RangeError(`batch: at most ${batchBytesMax} bytes`)
    this.#reserve(at + length)
    template.copyTo(this.#bytes, at, this.#places, PLACES_PER_ITEM * i)
    this.#offsets[i + 1] = at + length
    this.#receipts.push(template.snapshot())
  }

  /** The batch, once all are added. */
  batch(): SealBatch {
    const count = this.#receipts.length
    const end = this.#offsets[count] as number
    const bytes = end === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, end)
    if (this.#offsets.length === count + 1) return { bytes, offsets: this.#offsets, places: this.#places }
    const places = this.#places.subarray(0, PLACES_PER_ITEM * count)
    return { bytes, offsets: this.#offsets.subarray(0, count + 1), places }
  }

  /** The sealed receipts. `bytes`: those of {@link batch} with the signatures in them; the receipts keep views of it. */
  finish({ bytes }: { readonly bytes: Uint8Array }, { signatures, digests }: SealedTexts): SealedReceipt[] {
    const isOne = this.#offsets.length === 2
    return this.#receipts.map((values, i) => {
      const item = isOne ? bytes : bytes.subarray(this.#offsets[i], this.#offsets[i + 1])
      return new Sealed(values, signatures[i] as string, item, digests[i] as string)
    })
  }

  /** The text of a receipt; the usual way first. */
  #write(
    source: ReceiptLike,
    previous: ChainLink | null,
    templates: ReceiptTemplates,
    create: CreateSources | undefined,
  ): ReceiptTemplate {
    const usual = templates.write(source, previous, this.#keyId, create)
    if (usual !== undefined) return usual
    const unsigned = create === undefined ? source : createReceipt(source as unknown as ReceiptInput, create)
    const linked = link(unsigned as unknown as ReceiptLike, previous)
    checkReceipt(linked)
    // Nothing is wrong with it: it has members that are undefined, or a prototype. Neither is part of its text.
    const plain = Object.entries(linked).filter(([, value]) => value !== undefined)
    const template = templates.write(Object.fromEntries(plain), previous, this.#keyId)
    if (template === undefined) throw invalid('receipt', 'no plain object')
    return template
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return
    const count = this.#offsets.length - 1
    if (count === 1) {
      this.#bytes = sharedMemory(length)
      return
    }
    // Receipts of one batch are about as long as its first one.
    const guess = this.#receipts.length === 0 ? (length + 64) * count : 2 * length
    const bytes = new Uint8Array(Math.min(Math.max(length, guess), Math.max(length, batchBytesMax)))
    bytes.set(this.#bytes.subarray(0, this.#offsets[this.#receipts.length]))
    this.#bytes = bytes
  }
}

let piece = NO_BYTES
let pieceUsed = 0

/**
 * Zeros, cut from a larger piece and never given twice, at a multiple of 8. A buffer of its own costs 3 us, and small
 * arrays another one each when they are handed to native code.
 */
function sharedMemory(length: number): Uint8Array<ArrayBuffer> {
  if (length > sealPieceBytes / 4) return new Uint8Array(length)
  if (pieceUsed + length > piece.length) {
    piece = new Uint8Array(sealPieceBytes)
    pieceUsed = 0
  }
  const start = pieceUsed
  pieceUsed = (start + length + 7) & ~7
  return piece.subarray(start, start + length)
}

/** Keeps the members as they were sealed, and makes the object when somebody asks for it. */
class Sealed implements SealedReceipt {
  readonly bytes: Uint8Array
  readonly hash: string
  readonly id: string
  readonly sequenceNumber: number
  readonly #members: ReceiptValues
  readonly #sig: string
  #receipt: SignedReceipt | undefined

  constructor(members: ReceiptValues, sig: string, bytes: Uint8Array, hash: string) {
    const { layout, values } = members
    this.bytes = bytes
    this.hash = hash
    this.id = values[layout.id] as string
    this.sequenceNumber = values[layout.sequence] as number
    this.#members = members
    this.#sig = sig
  }

  get receipt(): SignedReceipt {
    this.#receipt ??= this.#make()
    return this.#receipt
  }

  #make(): SignedReceipt {
    const { layout, values } = this.#members
    const receipt: Record<string, unknown> = {}
    layout.fields.forEach(({ name }, i) => {
      if (i === layout.signature) receipt[name] = { alg: 'Ed25519', key_id: values[i], sig: this.#sig }
      else if (values[i] !== undefined) receipt[name] = values[i]
    })
    return receipt as unknown as SignedReceipt
  }
}

function link(unsigned: ReceiptLike, previous: ChainLink | null): ReceiptLike {
  return {
    ...unsigned,
    prev_receipt_hash: previous?.hash ?? null,
    sequence_number: previous === null ? 0 : previous.sequenceNumber + 1,
  }
}

/** VAR RI-3: what cannot be read back as it is meant is not signed. The norm of what templates let pass. */
function checkReceipt(receipt: ReceiptLike): void {
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
}

function invalid(field: string, problem: string): TracevarError {
  return new TracevarError('ERR_RECEIPT_INVALID', `${field}: ${problem}`)
}
