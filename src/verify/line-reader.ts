// Strict NDJSON: lines out of a stream of bytes, one JSON value each. CRLF and blank lines are not significant.
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import { type ErrorCode, TracevarError } from '../errors.js'
import { findingsMax, jsonValueBytes, lineBytesMax, lineValuesMax } from '../limits.js'
import type { VerificationCode } from './codes.js'

/** A line that is not blank. */
export interface RawLine {
  /** Number of the line, from 0, blank ones counted. */
  readonly fileIndex: number
  /** Offset of its first byte in the input. */
  readonly offset: number
  /** Content without line feed; undefined when it is longer than `lineBytesMax`. */
  readonly bytes: Uint8Array | undefined
}

const LF = 0x0a
const BLANKS = new Set([0x20, 0x09, 0x0d])

/**
 * The lines of `input`, as many at a time as a chunk brings. A last line without line feed is a line. Of a line that
 * is too long nothing is kept.
 */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly RawLine[]> {
  const splitter = new LineSplitter()
  for await (const chunk of input) {
    const lines = splitter.push(chunk)
    if (lines.length > 0) yield lines
  }
  const last = splitter.end()
  if (last.length > 0) yield last
}

/** Cuts consecutive bytes into lines, and counts them. */
export class LineSplitter {
  readonly #open = new OpenLine()

  /** The lines that end in `chunk`, whose memory may be used again. */
  push(chunk: Uint8Array): RawLine[] {
    const lines: RawLine[] = []
    let start = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      if (end > start) this.#open.append(chunk.subarray(start, end)) // a blank line costs nothing
      this.#open.close(1, lines)
      start = end + 1
    }
    this.#open.append(chunk.subarray(start))
    this.#open.keep()
    return lines
  }

  /** Passes over whole lines. The byte before them must be a line feed, or they are the first. */
  skip(lineCount: number, bytes: number): void {
    this.#open.skip(lineCount, bytes)
  }

  /** The last line, when it has no line feed. */
  end(): RawLine[] {
    const last: RawLine[] = []
    this.#open.close(0, last)
    return last
  }
}

/** The line that is being read; its pieces are joined once, at its end. */
class OpenLine {
  #fileIndex = 0
  #offset = 0
  #length = 0
  #pieces: Uint8Array[] = []

  append(piece: Uint8Array): void {
    this.#length += piece.length
    if (this.#length > lineBytesMax) this.#pieces = []
    else if (piece.length > 0) this.#pieces.push(piece)
  }

  /** The last piece outlives its chunk, whose memory may be used again. */
  keep(): void {
    const last = this.#pieces.pop()
    if (last !== undefined) this.#pieces.push(last.slice())
  }

  skip(lineCount: number, bytes: number): void {
    this.#fileIndex += lineCount
    this.#offset += bytes
  }

  /** Ends the line; adds it to `lines` unless it is blank. */
  close(lineFeedBytes: number, lines: RawLine[]): void {
    const tooLong = this.#length > lineBytesMax
    const bytes = tooLong || this.#length === 0 ? undefined : join(this.#pieces, this.#length)
    if (tooLong || bytes?.some((byte) => !BLANKS.has(byte)))
      lines.push({ fileIndex: this.#fileIndex, offset: this.#offset, bytes })
    this.#fileIndex++
    this.#offset += this.#length + lineFeedBytes
    if (this.#length === 0) return
    this.#length = 0
    this.#pieces = []
  }
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return only
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** What a line holds: an object, or the reason why not. */
export type ParsedLine =
  /** `memoryBytes`: what the object takes, roughly. */
  | { readonly ok: true; readonly object: JsonObject; readonly memoryBytes: number }
  | { readonly ok: false; readonly code: VerificationCode; readonly message: string }

const CODES: Partial<Record<ErrorCode, VerificationCode>> = {
  ERR_CODEC_JSON_DUPLICATE_NAME: 'DUPLICATE_JSON_KEY',
  ERR_CODEC_JSON_UNSAFE_NUMBER: 'UNSAFE_NUMBER',
  ERR_CODEC_JSON_UNICODE: 'INVALID_UNICODE',
  ERR_CODEC_JSON_DEPTH: 'NESTING_TOO_DEEP',
}

/** The object on a line (VAR W-6: duplicate names, unsafe numbers and lone surrogates are refused). */
export function parseLine({ bytes }: Pick<RawLine, 'bytes'>): ParsedLine {
  if (bytes === undefined)
    return { ok: false, code: 'MALFORMED_LINE', message: `line is longer than ${lineBytesMax} bytes` }
  const values = countValues(bytes)
  if (values > lineValuesMax)
    return { ok: false, code: 'MALFORMED_LINE', message: `line holds more than ${lineValuesMax} values` }
  try {
    // VAR 3.6 b: 1e+21 is what it says; 9007199254740993 is not what a double makes of it.
    const value = parseJson(bytes, { largeIntegers: 'exact' })
    return isJsonObject(value)
      ? { ok: true, object: value, memoryBytes: bytes.length + values * jsonValueBytes }
      : { ok: false, code: 'MALFORMED_RECEIPT', message: 'line is not a JSON object' }
  } catch (error) {
    if (!(error instanceof TracevarError)) throw error
    return { ok: false, code: CODES[error.code] ?? 'MALFORMED_LINE', message: error.message }
  }
}

/**
 * Parses one line after the other of an input that fails when a line is malformed. After `findingsMax` such lines the
 * rest is only counted: an error costs far more than a line of two bytes.
 */
export class LineParser {
  #malformed = 0
  #skipped = 0

  /** What a line holds; undefined when it was skipped. */
  parse(line: RawLine): ParsedLine | undefined {
    if (this.#malformed >= findingsMax) {
      this.#skipped++
      return undefined
    }
    const parsed = parseLine(line)
    if (!parsed.ok) this.#malformed++
    return parsed
  }

  /** What a report says about the lines that were skipped. */
  notChecked(axis: string): { readonly axis: string; readonly why: string }[] {
    const why = `${this.#skipped} lines: too many lines before them are malformed`
    return this.#skipped > 0 ? [{ axis, why }] : []
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const BRACKET = 0x5b
const BRACE = 0x7b

/** Values in a JSON text, without reading it: each but the first follows a comma, bracket or brace; empty ones count twice. */
function countValues(bytes: Uint8Array): number {
  let values = 1
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (byte === QUOTE) inString = !inString
    else if (inString && byte === BACKSLASH) i++
    else if (!inString && (byte === COMMA || byte === BRACKET || byte === BRACE)) values++
  }
  return values
}
