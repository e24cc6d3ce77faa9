// Rows of the journal and their lines on disk.
import { isSha256String } from '../codec/digest.js'
import { jcs } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { utf8Decode, utf8Encode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import { journalLineBytesMax } from '../limits.js'
import { readJsonObject } from './json-object.js'

/** One fact in the journal. `bytes` is one line of canonical JSON (RFC 8785), kept verbatim. */
export type JournalRow =
  /** A complete receipt, or a signed annex row; `hash` is the digest string of `bytes`. */
  | {
      readonly t: 'receipt' | 'annex'
      readonly workflow: string
      readonly hash: string
      readonly bytes: Uint8Array
      /** Only from who made `bytes` and `hash` by sealing in this turn: they are not checked again when written. */
      readonly isSealedNow?: true
    }
  /** `workflow.json`, written before the manifest that holds its digest. */
  | { readonly t: 'workflow'; readonly workflow: string; readonly bytes: Uint8Array }
  /** `{evidence, trust_record}`, written when the workflow closed. */
  | { readonly t: 'record'; readonly workflow: string; readonly bytes: Uint8Array }
  /** The call of receipt `about` was handed to the server. A mark: not promised to be durable. */
  | { readonly t: 'forwarded'; readonly workflow: string; readonly about: string; readonly at: string }
  /** The call of receipt `about` came to an end. A mark, too. */
  | {
      readonly t: 'concluded'
      readonly workflow: string
      readonly about: string
      readonly at: string
      readonly outcome: string
    }

/** Digest string (`sha256:` and 64 hex digits) of bytes. */
export type Sha256String = (bytes: Uint8Array) => string

/** String members in the order of the line, and the name under which `bytes` stands at its end. */
interface RowKind {
  readonly members: readonly string[]
  readonly body?: string
}

const ROW_KINDS: Readonly<Record<JournalRow['t'], RowKind>> = {
  receipt: { members: ['workflow', 'hash'], body: 'receipt' },
  annex: { members: ['workflow', 'hash'], body: 'annex' },
  workflow: { members: ['workflow'], body: 'document' },
  record: { members: ['workflow'], body: 'record' },
  forwarded: { members: ['workflow', 'about', 'at'] },
  concluded: { members: ['workflow', 'about', 'at', 'outcome'] },
}

/**
 * Line of a row with its newline: `{"t":"receipt","workflow":"…","hash":"sha256:…","receipt":{…}}`.
 *
 * @throws TypeError for a row that {@link decodeRow} would not read back (`isSealedNow` is believed); RangeError for one longer than
 * `journalLineBytesMax`.
 */
export function encodeRow(row: JournalRow, sha256String: Sha256String): Uint8Array {
  const problem = rowProblem(row, sha256String)
  if (problem !== undefined) throw new TypeError(`row: ${problem}`)
  const head = utf8Encode(headText(row))
  const body = 'bytes' in row ? row.bytes : NO_BYTES
  const length = head.length + body.length + END.length
  if (length > journalLineBytesMax) {
    throw new RangeError(`row: expected at most ${journalLineBytesMax} bytes, got ${length}`)
  }
  const line = new Uint8Array(length)
  line.set(head)
  line.set(body, head.length)
  line.set(END, head.length + body.length)
  return line
}

/**
 * Row of a line without its newline; undefined where the line is not exactly what {@link encodeRow} writes.
 * `bytes` is a copy of the bytes on disk, never written anew, and must hash to `hash`.
 */
export function decodeRow(line: Uint8Array, sha256String: Sha256String): JournalRow | undefined {
  let row: JournalRow | undefined
  try {
    row = parseLine(line)
  } catch (error) {
    if (error instanceof TracevarError) return undefined // not UTF-8, or no strings of JSON
    throw error
  }
  return row && rowProblem(row, sha256String) === undefined ? row : undefined
}

const NO_BYTES = new Uint8Array()
const END = utf8Encode('}\n')
const BRACE = 0x7b
const NEWLINE = 0x0a

/** All of the line that stands before `bytes`, or before the closing brace. */
function headText(row: JournalRow): string {
  const { members, body } = ROW_KINDS[row.t]
  const values = row as unknown as Readonly<Record<string, unknown>>
  const pairs = members.map((name) => `,"${name}":${jcs(values[name])}`).join('')
  return `{"t":"${row.t}"${pairs}${body === undefined ? '' : `,"${body}":`}`
}

/** What is wrong with a row; undefined when nothing is. One rule for writing and for reading. */
function rowProblem(row: JournalRow, sha256String: Sha256String): string | undefined {
  if (!Object.hasOwn(ROW_KINDS, row.t)) return 't: not a kind of row'
  const values = row as unknown as Readonly<Record<string, unknown>>
  for (const name of ROW_KINDS[row.t].members) {
    const value = values[name]
    if (typeof value !== 'string' || !value.isWellFormed()) return `${name}: expected a well-formed string`
  }
  if ('about' in row) return isSha256String(row.about) ? undefined : 'about: expected a sha256 digest string'
  if (row.bytes[0] !== BRACE || row.bytes.includes(NEWLINE))
    return 'bytes: expected one line of JSON, an object'
  if (!('hash' in row)) return readJsonObject(row.bytes) ? undefined : 'bytes: not a JSON object'
  if (row.isSealedNow) return undefined
  if (!isUtf8(row.bytes)) return 'bytes: not UTF-8'
  // The hash proves that these are the bytes that were sealed; what they say is for the auditor to judge.
  return sha256String(row.bytes) === row.hash ? undefined : 'hash: bytes hash to another value'
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8Decode(bytes)
    return true
  } catch (error) {
    if (error instanceof TracevarError) return false
    throw error
  }
}

const TEXT = '("[^"\\\\]*(?:\\\\.[^"\\\\]*)*")'
/** For each kind the head of its line, with one group for each member. */
const HEADS = new Map(
  Object.entries(ROW_KINDS).map(([t, { members, body }]) => {
    const pairs = members.map((name) => `,"${name}":${TEXT}`).join('')
    return [t, new RegExp(`^\\{"t":"${t}"${pairs}${body === undefined ? '' : `,"${body}":`}`)]
  }),
)

function parseLine(line: Uint8Array): JournalRow | undefined {
  const text = utf8Decode(line)
  const t = /^\{"t":"([a-z]+)"/.exec(text)?.[1] ?? ''
  const match = HEADS.get(t)?.exec(text)
  if (!match || !text.endsWith('}')) return undefined
  const { members, body } = ROW_KINDS[t as JournalRow['t']]
  const values: Record<string, unknown> = { t }
  members.forEach((name, i) => {
    values[name] = parseJson(match[i + 1] ?? '')
  })
  const headBytes = utf8Encode(match[0]).length
  if (body !== undefined) values.bytes = line.slice(headBytes, -1)
  else if (headBytes + 1 !== line.length) return undefined
  const row = values as unknown as JournalRow
  return headText(row) === match[0] ? row : undefined // one spelling: other escapes of the same text are refused
}
