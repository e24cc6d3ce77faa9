// Journal segments on disk: names, first line, marks, and the one reader that tells a torn tail from damage.
//
// A segment is written in groups. A group is written only after everything before it was synced, and says so in its
// first line: `{"t":"synced","at":<offset of this line>}`. A crash can therefore spoil any part of the last group,
// also in its middle, but nothing before it: damage that is followed by such a mark is real damage, damage that is
// not is the torn tail of a group that nobody was promised. An orderly end writes a last mark. The format line is
// synced before the first row.
import { utf8Encode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import { JOURNAL_FORMAT } from '../formats.js'
import { journalLineBytesMax } from '../limits.js'
import { concatBytes, equalBytes, type StoreFile, type StoreFs } from './fs.js'
import { decodeRow, type JournalRow, type Sha256String } from './journal-rows.js'
import { readJsonObject } from './json-object.js'

/** First line of every segment, with its newline. */
export const FORMAT_LINE = utf8Encode(`{"format":"${JOURNAL_FORMAT}"}\n`)

/** File name of the segment whose first row has this index. */
export function segmentName(firstRow: number): string {
  return `${String(firstRow).padStart(16, '0')}.ndjson`
}

/** Mark with its newline: the bytes before `at`, its own offset, were durable before it was written. */
export function syncedMark(at: number): Uint8Array {
  return utf8Encode(`{"t":"synced","at":${at}}\n`)
}

/** Index of the first row of each segment in a journal directory, ascending. Other files are not looked at. */
export async function listSegments(fs: StoreFs, dir: string): Promise<number[]> {
  const names = (await fs.readdir(dir)).filter((name) => /^\d{16}\.ndjson$/.test(name))
  return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b)
}

/** A new segment that is durable, entry and format line, before it is returned. */
export async function createSegment(fs: StoreFs, dir: string, firstRow: number): Promise<StoreFile> {
  const file = await fs.open(`${dir}/${segmentName(firstRow)}`, 'create')
  try {
    await file.append(FORMAT_LINE)
    await file.fdatasync()
    await fs.fsyncDir(dir)
  } catch (error) {
    await file.close()
    throw error
  }
  return file
}

/** Where the rows of a journal end. */
export interface JournalEnd {
  readonly rows: number
  /** Of the last segment: the bytes that are whole, and all there are. The difference is the torn tail. */
  readonly wholeBytes: number
  readonly sizeBytes: number
}

/** Options of {@link readSegments}. */
export interface ReadSegmentsOptions {
  /** Bytes of the last segment to read; what follows is not looked at. Left out: all. */
  readonly lastBytes?: number
  readonly sha256String: Sha256String
}

/**
 * All rows of these segments, oldest first, and where they end. The torn tail of the last one is left out.
 *
 * @throws TracevarError `ERR_STORE_DAMAGED` with segment and line, after the rows before the damage;
 * `ERR_STORE_FORMAT` for a segment of another format.
 */
export async function* readSegments(
  fs: StoreFs,
  dir: string,
  segments: readonly number[],
  options: ReadSegmentsOptions,
): AsyncGenerator<JournalRow, JournalEnd> {
  let end: JournalEnd = { rows: 0, wholeBytes: 0, sizeBytes: 0 }
  for (const [i, firstRow] of segments.entries()) {
    if (firstRow !== end.rows) throw damaged(segmentName(end.rows), 'is missing')
    const isLast = i === segments.length - 1
    const segment = yield* readSegment(fs, dir, firstRow, isLast, options)
    end = { ...segment, rows: end.rows + segment.rows }
  }
  return end
}

async function* readSegment(
  fs: StoreFs,
  dir: string,
  firstRow: number,
  isLast: boolean,
  { lastBytes, sha256String }: ReadSegmentsOptions,
): AsyncGenerator<JournalRow, JournalEnd> {
  const name = segmentName(firstRow)
  let rows = 0
  let wholeBytes = 0
  let sizeBytes = 0
  let lines = 0
  let badLine: number | undefined
  const bytesMax = isLast ? lastBytes : undefined
  for await (const line of readLines(fs.read(`${dir}/${name}`), bytesMax)) {
    lines++
    sizeBytes = line.end
    const content = lines === 1 ? readFormatLine(line, name) : readRowLine(line, sha256String)
    if (content === 'stray mark' || (content === 'mark' && badLine !== undefined)) {
      throw damaged(name, `line ${badLine ?? lines}`)
    }
    if (badLine !== undefined) continue
    if (content === undefined) {
      badLine = lines
    } else {
      wholeBytes = line.end
      if (content === 'mark') continue
      rows++
      yield content
    }
  }
  if (!isLast && (badLine !== undefined || lines === 0)) throw damaged(name, `line ${badLine ?? 1}`)
  // The format line was durable before anything was written behind it.
  if (badLine === 1 && sizeBytes > FORMAT_LINE.length) throw damaged(name, 'line 1')
  return { rows, wholeBytes, sizeBytes }
}

function damaged(name: string, where: string): TracevarError {
  return new TracevarError('ERR_STORE_DAMAGED', `journal segment ${name}: ${where}`)
}

/** What a line holds; undefined for a damaged one. A mark that is not where it was written is a `stray mark`. */
function readRowLine(line: Line, sha256String: Sha256String): JournalRow | 'mark' | 'stray mark' | undefined {
  if (!line.isWhole) return undefined
  const row = decodeRow(line.bytes, sha256String)
  if (row) return row
  if (isLine(line, syncedMark(line.at))) return 'mark'
  return readJsonObject(line.bytes)?.t === 'synced' ? 'stray mark' : undefined
}

/** `mark` for our format line, undefined for a damaged one. */
function readFormatLine(line: Line, name: string): 'mark' | undefined {
  if (!line.isWhole) return undefined
  if (isLine(line, FORMAT_LINE)) return 'mark'
  if (typeof readJsonObject(line.bytes)?.format === 'string') {
    throw new TracevarError('ERR_STORE_FORMAT', `journal segment ${name}: unknown format`)
  }
  return undefined
}

/** True when the line and its newline are exactly these bytes. */
function isLine(line: Line, expected: Uint8Array): boolean {
  return equalBytes(line.bytes, expected.subarray(0, -1))
}

interface Line {
  /** Offset in the file. */
  readonly at: number
  /** Offset behind the line and its newline. */
  readonly end: number
  /** Without the newline. Empty for a line longer than `journalLineBytesMax`. */
  readonly bytes: Uint8Array
  /** It has a newline and is not too long. */
  readonly isWhole: boolean
}

const NEWLINE = 0x0a

async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax = Number.POSITIVE_INFINITY,
): AsyncGenerator<Line> {
  let parts: Uint8Array[] = []
  let partsBytes = 0
  let at = 0
  const take = (part: Uint8Array) => {
    partsBytes += part.length
    parts = partsBytes > journalLineBytesMax ? [] : [...parts, part]
  }
  const line = (newlineBytes: number): Line => {
    const isTooLong = partsBytes + newlineBytes > journalLineBytesMax
    const bytes = isTooLong ? new Uint8Array() : concatBytes(parts)
    const whole = {
      at,
      end: at + partsBytes + newlineBytes,
      bytes,
      isWhole: newlineBytes === 1 && !isTooLong,
    }
    at = whole.end
    parts = []
    partsBytes = 0
    return whole
  }
  for await (const chunk of chunks) {
    const room = bytesMax - at - partsBytes
    const bytes = chunk.length > room ? chunk.subarray(0, room) : chunk
    let start = 0
    for (let newline = bytes.indexOf(NEWLINE); newline !== -1; newline = bytes.indexOf(NEWLINE, start)) {
      take(bytes.subarray(start, newline))
      yield line(1)
      start = newline + 1
    }
    if (start < bytes.length) take(bytes.subarray(start))
    if (bytes !== chunk) break
  }
  if (partsBytes > 0) yield line(0)
}
