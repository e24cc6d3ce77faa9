// The one writer of one workflow: seals receipts and annex rows in order and hands them to the journal in the same
// turn, so that parallel calls can never fork the chain (DESIGN decision 5).
import { TracevarError } from '../errors.js'
import { type AnnexFacts, sealAnnexRow } from '../receipt/annex.js'
import type { ReceiptInput } from '../receipt/create.js'
import type { ReceiptSigner, SealedReceipt } from '../receipt/seal.js'
import type { Journal, JournalRow } from '../store/journal.js'
import { rfc3339, type Stamps } from './clock.js'
import { SealChain, type Sealer } from './sealer.js'

/** A receipt that was sealed, and when it is on disk. */
export interface Written {
  readonly sealed: Omit<SealedReceipt, 'bytes'>
  /** Resolves when the receipt is durable; rejects with `ERR_RUNTIME_FAIL_CLOSED` when it never will be. */
  readonly durable: Promise<void>
}

type WithoutChain<Input> = Input extends ReceiptInput ? Omit<Input, 'workflow_id'> : never

/** A receipt to write; the writer knows the workflow. */
export type ReceiptDraft = WithoutChain<ReceiptInput>

/** What is known when the receipt's turn has come. */
export interface DraftMoment {
  /** The time that the receipt will carry, epoch milliseconds. */
  readonly wallMs: number
  /** How many receipts the chain has before it. */
  readonly count: number
}

/** Length and last hash of a chain or annex: what the closing binding commits to. */
export interface ChainHead {
  readonly hash: string | null
  readonly count: number
}

/** Parts that a {@link ChainWriter} works with. */
export interface ChainWriterParts {
  readonly workflowId: string
  readonly journal: Journal
  readonly sealer: Sealer
  readonly annexSigner: ReceiptSigner
  readonly stamps: Stamps
  /** A new ULID for a time in epoch milliseconds. */
  readonly ulid: (wallMs: number) => string
}

export class ChainWriter {
  readonly #parts: ChainWriterParts
  readonly #chain = new SealChain()
  #annexHead: { readonly hash: string; readonly seq: number } | null = null
  #failure: TracevarError | undefined

  constructor(parts: ChainWriterParts) {
    this.#parts = parts
  }

  get receipts(): ChainHead {
    const { head } = this.#chain
    return { hash: head?.hash ?? null, count: (head?.sequenceNumber ?? -1) + 1 }
  }

  get annex(): ChainHead {
    return { hash: this.#annexHead?.hash ?? null, count: (this.#annexHead?.seq ?? -1) + 1 }
  }

  /**
   * Seals the next receipt, at once or with those of other workflows at the end of this turn of the event loop; in the
   * order of the calls. Resolves when it is handed to the journal. `before` rows reach the disk in front of it, in the
   * same write. Sequence, link and time are set here; the input holds everything else, or is made when its turn comes.
   *
   * @throws (rejects) as `Sealer.seal`; TracevarError `ERR_RUNTIME_FAIL_CLOSED` after a failure of the journal.
   */
  receipt(
    input: ReceiptDraft | ((moment: DraftMoment) => ReceiptDraft),
    before: readonly JournalRow[] = [],
  ): Promise<Written> {
    const { journal, sealer, stamps, workflowId, ulid } = this.#parts
    let jumpMs = 0
    const make = () => {
      if (this.#failure) throw this.#failure
      const { wallMs, jumpMs: jump } = stamps.next()
      jumpMs += jump
      const draft = typeof input === 'function' ? input({ wallMs, count: this.receipts.count }) : input
      const full = { ...draft, workflow_id: workflowId, issued_at: rfc3339(wallMs) }
      // A draft and what it leaves out.
      return { input: full as ReceiptInput, sources: { nowMs: wallMs, ulid } }
    }
    return sealer.seal(this.#chain, make, (sealed) => {
      const { hash, bytes } = sealed
      const row: JournalRow = { t: 'receipt', workflow: workflowId, hash, bytes, isSealedNow: true }
      const durable = this.#failClosed(journal.append([...before, row]))
      durable.catch(() => {}) // between here and whoever awaits it lies a promise
      if (jumpMs !== 0) void this.note({ kind: 'clock_jump', about: sealed.hash, jump_ms: jumpMs })
      return { sealed, durable }
    })
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
