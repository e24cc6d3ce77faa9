// The journal: the one place where a receipt becomes durable (DESIGN decision 4, CONVENTIONS principle 11).
import { sha256String as nobleSha256String } from '../crypto/hash.js'
import { TracevarError } from '../errors.js'
import { journalQueueBytesMax, segmentBytesMax } from '../limits.js'
import { type StoreFs, storeError } from './fs.js'
import { encodeRow, type JournalRow, type Sha256String } from './journal-rows.js'
import type { Lock } from './lock.js'
import { recoverJournal } from './recover.js'
import { SegmentWriter } from './segment-writer.js'
import { listSegments, readSegments } from './segments.js'

export type { JournalRow } from './journal-rows.js'

/** What a journal knows of itself. */
export interface JournalFacts {
  readonly segments: number
  /** Bytes of a torn tail that were cut off at opening; kept beside the segment. */
  readonly truncatedTailBytes: number
  /** Rows that were written, durable or not yet. */
  readonly rows: number
  /** Marks given to `note()` that were not written, because there was no room or the journal had failed. */
  readonly notesDropped: number
}

/** An open journal. One process has it open at a time: see `openDataDir`. */
export interface Journal {
  /**
   * Appends rows; resolves only after a sync covers them. Rows stand on disk in the order of the calls.
   *
   * @throws (rejects) TracevarError `ERR_STORE_PUSHBACK`: too much is waiting, nothing was written;
   * `ERR_STORE_FAILED`: a write or sync failed, now or before, or the segment or the lock is not as we left it, and
   * nothing more is accepted; `ERR_STORE_CLOSED`.
   * TypeError or RangeError for a row that could not be read back.
   */
  append(rows: readonly JournalRow[]): Promise<void>
  /**
   * Writes a row with the next group or soon, in the order of the calls, without a promise that it gets durable.
   * Never fails but for TypeError or RangeError; a row that cannot be taken is counted in `facts.notesDropped`.
   */
  note(row: JournalRow): void
  /** All rows accepted until now, made durable first; oldest first. After a failure: those that can still be read. */
  read(): AsyncIterable<JournalRow>
  /**
   * False when half of the room is taken. Start no new call then: the other half is for the rows that calls already
   * begun still need. `append` itself pushes back when all of it is taken.
   */
  readonly hasRoom: boolean
  readonly facts: JournalFacts
  /** Makes everything accepted durable and closes. Rejects with `ERR_STORE_FAILED` when that fails. */
  close(): Promise<void>
}

/** Options of {@link openJournal}. */
export interface JournalOptions {
  /** The `DataDir` that the journal is in. Nothing is written once its lock is lost. Left out: nobody else writes. */
  readonly lock?: Pick<Lock, 'checkHeld'>
  /** Bytes after which the next group starts a new segment. Left out: `segmentBytesMax`. */
  readonly segmentBytesMax?: number
  /** Digest of the bytes of receipts and annex rows. Left out: the one that needs no back end. */
  readonly sha256String?: Sha256String
}

/**
 * Opens the journal in the directory `dir`, which must exist (`DataPaths.journal`), and recovers it: every row is
 * checked, a torn tail is cut off and kept beside its segment, and what is left is made durable.
 *
 * @throws TracevarError `ERR_STORE_DAMAGED` (nothing was altered), `ERR_STORE_FORMAT`, `ERR_STORE_FAILED`.
 */
export async function openJournal(fs: StoreFs, dir: string, options: JournalOptions = {}): Promise<Journal> {
  try {
    const sha256String = options.sha256String ?? nobleSha256String
    const lock = options.lock ?? { checkHeld: () => {} }
    const recovered = await recoverJournal(fs, dir, lock, sha256String)
    const writer = new SegmentWriter(fs, dir, lock, recovered, options.segmentBytesMax ?? segmentBytesMax)
    return new GroupCommitJournal(fs, dir, writer, recovered.truncatedTailBytes, sha256String)
  } catch (error) {
    throw storeError('the journal cannot be opened', error)
  }
}

/**
 * The rows of a journal that may be open elsewhere, or damaged. Needs no lock and alters nothing. Yields what is
 * whole and then throws `ERR_STORE_DAMAGED` where {@link openJournal} would.
 */
export async function* readJournal(
  fs: StoreFs,
  dir: string,
  sha256String: Sha256String = nobleSha256String,
): AsyncGenerator<JournalRow, void> {
  try {
    yield* readSegments(fs, dir, await listSegments(fs, dir), { sha256String })
  } catch (error) {
    throw storeError('the journal cannot be read', error)
  }
}

/** Lines that are written by one write and made durable by one sync. */
class Group {
  readonly lines: Uint8Array[] = []
  bytes = 0
  /** Somebody waits for the sync. */
  isAwaited = false
  readonly done: Promise<void>
  resolve: () => void = () => {}
  reject: (error: TracevarError) => void = () => {}

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.done.catch(() => {}) // nobody waits for a group of marks
  }

  add(lines: readonly Uint8Array[], bytes: number): void {
    for (const line of lines) this.lines.push(line)
    this.bytes += bytes
  }
}

class GroupCommitJournal implements Journal {
  readonly #fs: StoreFs
  readonly #dir: string
  readonly #writer: SegmentWriter
  readonly #truncatedTailBytes: number
  readonly #sha256String: Sha256String
  /** Gathers while the group before it is written. */
  #group = new Group()
  #isRunning = false
  #notesDropped = 0
  #failure: TracevarError | undefined
  #abandoned: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(
    fs: StoreFs,
    dir: string,
    writer: SegmentWriter,
    truncatedTailBytes: number,
    sha256String: Sha256String,
  ) {
    this.#fs = fs
    this.#dir = dir
    this.#writer = writer
    this.#truncatedTailBytes = truncatedTailBytes
    this.#sha256String = sha256String
  }

  get hasRoom(): boolean {
    return this.#group.bytes <= journalQueueBytesMax / 2
  }

  get facts(): JournalFacts {
    return {
      segments: this.#writer.extent.segments.length,
      truncatedTailBytes: this.#truncatedTailBytes,
      rows: this.#writer.rows,
      notesDropped: this.#notesDropped,
    }
  }

  async append(rows: readonly JournalRow[]): Promise<void> {
    this.#checkOpen()
    const lines = rows.map((row) => encodeRow(row, this.#sha256String))
    const bytes = lines.reduce((sum, line) => sum + line.length, 0)
    if (this.#group.bytes + bytes > journalQueueBytesMax) {
      throw new TracevarError('ERR_STORE_PUSHBACK', `more than ${journalQueueBytesMax} bytes would wait`)
    }
    this.#group.add(lines, bytes)
    await this.#committed()
  }

  note(row: JournalRow): void {
    const line = encodeRow(row, this.#sha256String)
    const isTaken =
      !this.#failure && !this.#closing && this.#group.bytes + line.length <= journalQueueBytesMax
    if (!isTaken) {
      this.#notesDropped++
      return
    }
    this.#group.add([line], line.length)
    this.#start()
  }

  async *read(): AsyncGenerator<JournalRow, void> {
    if (!this.#failure) {
      this.#checkOpen()
      await this.#committed()
    }
    const { segments, lastBytes } = this.#writer.extent
    try {
      yield* readSegments(this.#fs, this.#dir, segments, { lastBytes, sha256String: this.#sha256String })
    } catch (error) {
      throw storeError('the journal cannot be read', error)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      if (!this.#failure) await this.#committed()
    } finally {
      await (this.#abandoned ?? this.#writer.close())
    }
  }

  #checkOpen(): void {
    if (this.#closing) throw new TracevarError('ERR_STORE_CLOSED', 'the journal was closed')
    if (this.#failure) throw this.#failure
  }

  /** Resolves when everything accepted until now is durable. */
  #committed(): Promise<void> {
    const group = this.#group
    group.isAwaited = true
    this.#start()
    return group.done
  }

  #start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    void this.#run()
  }

  /** Commits groups, one at a time, until none gathered while the last was written. */
  async #run(): Promise<void> {
    for (;;) {
      await allReady()
      const group = this.#group
      if (group.lines.length === 0 && !group.isAwaited) break
      this.#group = new Group()
      try {
        if (group.lines.length > 0) await this.#writer.write(group.lines)
        if (group.isAwaited) await this.#writer.sync()
      } catch (cause) {
        this.#fail(cause, group)
        break
      }
      group.resolve()
    }
    this.#isRunning = false
  }

  /** A failed write or sync is not tried again: what is on the disk is not known any more. */
  #fail(cause: unknown, group: Group): void {
    this.#failure = storeError('the journal failed', cause)
    this.#abandoned = this.#writer.abandon()
    group.reject(this.#failure)
    this.#group.reject(this.#failure)
  }
}

/**
 * Lets everything that is ready now join the group: the microtasks of all workflows that the last group set free.
 * What other events of this turn of the loop bring joins the next group, which gathers during this one's sync; to
 * wait for them (`setImmediate`) would delay the one call that comes alone.
 */
function allReady(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
