// The one writer of one workflow: seals receipts and annex rows in order and hands them to the journal in the same
// turn, so that parallel calls can never fork the chain (DESIGN decision 5).
import { TracevarError } from '../errors.js'
import { type AnnexFacts, sealAnnexRow } from '../receipt/annex.js'
import { createReceipt, type ReceiptInput } from '../receipt/create.js'
import { type ReceiptSigner, type SealedReceipt, sealReceipt } from '../receipt/seal.js'
import type { Journal, JournalRow } from '../store/journal.js'
import { rfc3339, type Stamps } from './clock.js'

/** A receipt that was sealed, and when it is on disk. */
export interface Written {
  readonly sealed: SealedReceipt
  /** Resolves when the receipt is durable; rejects with `ERR_RUNTIME_FAIL_CLOSED` when it never will be. */
  readonly durable: Promise<void>
}

type WithoutChain<Input> = Input extends ReceiptInput ? Omit<Input, 'workflow_id'> : never

/** A receipt to write; the writer knows the workflow. */
export type ReceiptDraft = WithoutChain<ReceiptInput>

/** Length and last hash of a chain or annex: what the closing binding commits to. */
export interface ChainHead {
  readonly hash: string | null
  readonly count: number
}

/** Parts that a {@link ChainWriter} works with. */
export interface ChainWriterParts {
  readonly workflowId: string
  readonly journal: Journal
  readonly receiptSigner: ReceiptSigner
  readonly annexSigner: ReceiptSigner
  readonly stamps: Stamps
  /** A new ULID for a time in epoch milliseconds. */
  readonly ulid: (wallMs: number) => string
}

export class ChainWriter {
  readonly #parts: ChainWriterParts
  #head: { readonly hash: string; readonly sequenceNumber: number } | null = null
  #annexHead: { readonly hash: string; readonly seq: number } | null = null
  #failure: TracevarError | undefined

  constructor(parts: ChainWriterParts) {
    this.#parts = parts
  }

  get receipts(): ChainHead {
    return { hash: this.#head?.hash ?? null, count: (this.#head?.sequenceNumber ?? -1) + 1 }
  }

  get annex(): ChainHead {
    return { hash: this.#annexHead?.hash ?? null, count: (this.#annexHead?.seq ?? -1) + 1 }
  }

  /**
   * Seals the next receipt. `before` rows reach the disk in front of it, in the same write.
   * Sequence, link and time are set here; the input holds everything else, or is made from the time.
   */
  receipt(
    input: ReceiptDraft | ((wallMs: number) => ReceiptDraft),
    before: readonly JournalRow[] = [],
  ): Written {
    if (this.#failure) throw this.#failure
    const { journal, receiptSigner, stamps, workflowId, ulid } = this.#parts
    const stamp = stamps.next()
    const unsigned = createReceipt(
      {
        ...(typeof input === 'function' ? input(stamp.wallMs) : input),
        workflow_id: workflowId,
        issued_at: rfc3339(stamp.wallMs),
      } as ReceiptInput, // a draft and what it leaves out
      { nowMs: stamp.wallMs, ulid },
    )
    const sealed = sealReceipt(unsigned, this.#head, receiptSigner)
    this.#head = { hash: sealed.hash, sequenceNumber: sealed.receipt.sequence_number }
    const rows: JournalRow[] = [
      ...before,
      { t: 'receipt', workflow: workflowId, hash: sealed.hash, bytes: sealed.bytes, isSealedNow: true },
    ]
    const durable = this.#failClosed(journal.append(rows))
    if (stamp.jumpMs !== 0) void this.note({ kind: 'clock_jump', about: sealed.hash, jump_ms: stamp.jumpMs })
    return { sealed, durable }
  }

  /** Seals an annex row about a receipt; resolves when it is durable. */
  note(facts: AnnexFacts): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    const { journal, annexSigner, workflowId } = this.#parts
    const row = sealAnnexRow(facts, this.#annexHead, annexSigner)
    this.#annexHead = { hash: row.hash, seq: row.row.seq }
    const durable = this.#failClosed(
      journal.append([
        { t: 'annex', workflow: workflowId, hash: row.hash, bytes: row.bytes, isSealedNow: true },
      ]),
    )
    durable.catch(() => {}) // whoever awaits it sees the failure; nobody has to
    return durable
  }

  /** DESIGN decision 4: what cannot be made durable ends this chain, since a later receipt would leave a gap. */
  #failClosed(append: Promise<void>): Promise<void> {
    return append.catch((cause: unknown) => {
      this.#failure ??= new TracevarError(
        'ERR_RUNTIME_FAIL_CLOSED',
        'the receipt could not be made durable',
        { cause },
      )
      throw this.#failure
    })
  }
}
