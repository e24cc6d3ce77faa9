// Opening a journal after whatever ended the last one.
import { TracevarError } from '../errors.js'
import { tornCopiesMax } from '../limits.js'
import { equalBytes, readFile, type StoreFile, type StoreFs } from './fs.js'
import type { Sha256String } from './journal-rows.js'
import type { Lock } from './lock.js'
import {
  createSegment,
  FORMAT_LINE,
  type JournalEnd,
  listSegments,
  readSegments,
  segmentName,
} from './segments.js'

/** A journal that is whole and durable, ready to grow. */
export interface RecoveredJournal {
  /** Index of the first row of each segment. */
  readonly segments: number[]
  readonly rows: number
  /** The last segment, open at its end, and its length. */
  readonly file: StoreFile
  readonly bytes: number
  /** Bytes that were cut off, 0 after an orderly end. */
  readonly truncatedTailBytes: number
}

/**
 * Checks every row, cuts the torn tail off and makes what is left durable. The bytes cut off are kept in
 * `<segment>.torn-<offset>`. Alters nothing where the journal is damaged or of an unknown format.
 *
 * @throws TracevarError `ERR_STORE_DAMAGED`, `ERR_STORE_FORMAT`, and as `lock`; system errors as they are.
 */
export async function recoverJournal(
  fs: StoreFs,
  dir: string,
  lock: Pick<Lock, 'checkHeld'>,
  sha256String: Sha256String,
): Promise<RecoveredJournal> {
  const segments = await listSegments(fs, dir)
  const last = segments.at(-1)
  if (last === undefined) {
    const file = await createSegment(fs, dir, 0)
    return { segments: [0], rows: 0, file, bytes: FORMAT_LINE.length, truncatedTailBytes: 0 }
  }
  const { rows, wholeBytes, sizeBytes } = await endOf(fs, dir, segments, sha256String)
  lock.checkHeld() // reading may have taken long
  const path = `${dir}/${segmentName(last)}`
  if (wholeBytes < sizeBytes) await keepTail(fs, path, wholeBytes)
  const file = await fs.open(path, 'append')
  try {
    if (wholeBytes < sizeBytes) await file.truncate(wholeBytes)
    if (wholeBytes === 0) await file.append(FORMAT_LINE)
    // Also after an orderly end: rows that a killed process wrote but did not sync are about to be relied on.
    await file.fdatasync()
    await fs.fsyncDir(dir)
  } catch (error) {
    await file.close()
    throw error
  }
  const bytes = Math.max(wholeBytes, FORMAT_LINE.length)
  return { segments, rows, file, bytes, truncatedTailBytes: sizeBytes - wholeBytes }
}

async function endOf(
  fs: StoreFs,
  dir: string,
  segments: readonly number[],
  sha256String: Sha256String,
): Promise<JournalEnd> {
  const reader = readSegments(fs, dir, segments, { sha256String })
  for (;;) {
    const step = await reader.next()
    if (step.done) return step.value
  }
}

/** Keeps the bytes from `offset` on. A copy with the same bytes, left by a crash right here, is used again. */
async function keepTail(fs: StoreFs, segmentPath: string, offset: number): Promise<void> {
  const tail = (await readFile(fs, segmentPath))?.subarray(offset) ?? new Uint8Array()
  for (let copy = 0; copy < tornCopiesMax; copy++) {
    const path = `${segmentPath}.torn-${offset}${copy === 0 ? '' : `-${copy}`}`
    if (await fs.createWhole(path, tail)) return
    const kept = await readFile(fs, path)
    if (kept && equalBytes(kept, tail)) return
  }
  throw new TracevarError('ERR_STORE_FAILED', `more than ${tornCopiesMax} torn tails are kept at one place`)
}
