// Writes groups of lines to the last segment of a journal and begins new segments.
import { TracevarError } from '../errors.js'
import { concatBytes, type StoreFile, type StoreFs } from './fs.js'
import type { Lock } from './lock.js'
import type { RecoveredJournal } from './recover.js'
import { createSegment, FORMAT_LINE, segmentName, syncedMark } from './segments.js'

/**
 * The growing end of a journal. Calls must not overlap. After a failure only {@link abandon} may be called.
 */
export class SegmentWriter {
  readonly #fs: StoreFs
  readonly #dir: string
  readonly #lock: Pick<Lock, 'checkHeld'>
  readonly #segmentBytesMax: number
  readonly #segments: number[]
  #rows: number
  #file: StoreFile
  #bytes: number
  #syncedBytes: number
  #hasWritten = false

  constructor(
    fs: StoreFs,
    dir: string,
    lock: Pick<Lock, 'checkHeld'>,
    recovered: RecoveredJournal,
    segmentBytesMax: number,
  ) {
    this.#fs = fs
    this.#dir = dir
    this.#lock = lock
    this.#segmentBytesMax = segmentBytesMax
    this.#segments = recovered.segments
    this.#rows = recovered.rows
    this.#file = recovered.file
    this.#bytes = recovered.bytes
    this.#syncedBytes = recovered.bytes
  }

  get rows(): number {
    return this.#rows
  }

  /** Index of the first row of each segment, and the durable bytes of the last: a snapshot to read by. */
  get extent(): { readonly segments: readonly number[]; readonly lastBytes: number } {
    return { segments: [...this.#segments], lastBytes: this.#syncedBytes }
  }

  /** Writes lines, one a row. They are not durable yet. */
  async write(lines: readonly Uint8Array[]): Promise<void> {
    if (this.#bytes >= this.#segmentBytesMax) await this.#rotate()
    const isAllSynced = this.#syncedBytes === this.#bytes
    const bytes = concatBytes(isAllSynced ? [syncedMark(this.#bytes), ...lines] : lines)
    this.#checkOurs() // a second writer's journal would be damaged
    await this.#file.append(bytes)
    this.#bytes += bytes.length
    this.#rows += lines.length
    this.#hasWritten = true
  }

  /** Makes everything written durable. */
  async sync(): Promise<void> {
    if (this.#syncedBytes < this.#bytes) await this.#file.fdatasync()
    this.#checkOurs() // what nobody can find, or a second writer could cut off meanwhile, is not durable
    this.#syncedBytes = this.#bytes
  }

  /**
   * After a failure: cuts off, as far as the disk still lets us, what was refused, and closes. A system may show
   * bytes after a failed sync that are not on the disk; the next opening must not build on them. Nothing is cut off
   * where a second writer may write, or where less is left than was synced.
   */
  async abandon(): Promise<void> {
    try {
      this.#lock.checkHeld()
      if ((this.#file.length() ?? 0) > this.#syncedBytes) await this.#file.truncate(this.#syncedBytes)
    } catch {
      // the failure was reported; recovery deals with what is left
    }
    await this.#file.close().catch(() => {})
  }

  /** After {@link sync}: an orderly end, behind which nothing can be torn. */
  async close(): Promise<void> {
    try {
      if (this.#hasWritten) await this.#file.append(syncedMark(this.#bytes))
    } finally {
      await this.#file.close()
    }
  }

  #checkOurs(): void {
    this.#lock.checkHeld()
    if (this.#file.length() === this.#bytes) return
    const name = segmentName(this.#segments.at(-1) ?? 0)
    throw new TracevarError('ERR_STORE_FAILED', `journal segment ${name} was removed, replaced or changed`)
  }

  async #rotate(): Promise<void> {
    await this.sync() // only the last segment may have an end that is not durable
    const next = await createSegment(this.#fs, this.#dir, this.#rows)
    await this.#file.close()
    this.#segments.push(this.#rows)
    this.#file = next
    this.#bytes = FORMAT_LINE.length
    this.#syncedBytes = FORMAT_LINE.length
  }
}
