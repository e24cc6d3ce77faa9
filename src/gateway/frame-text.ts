// The one rule for what may pass between client and server, both ways. MCP over stdio is one JSON-RPC message in UTF-8
// a line, but peers read more than that: Python's json.loads takes UTF-16 and UTF-32, C strings end at U+0000, some
// readers drop what they cannot show, trim, or fold case (Go), end lines at CR (Python, Java), or go on over line ends
// (Go). What such a reader could take for a call, or for a reply, that we do not see, must not pass. So a frame is clear
// only when it is blank, or
//
// 1. valid UTF-8 without CR inside. This leaves out UTF-16, UTF-32 and overlong forms. UTF-7 is ASCII: its readers know
//    it by a mark (`+/v`), with which no JSON begins.
// 2. one JSON object, or an array of objects in strict JSON. Raw U+0000, NaN and comments are no JSON, and no piece of an
//    object is JSON by itself, so that pieces on several lines never come together. Single values are no messages.
// 3. an object that has each name of JSON-RPC at most once, and none that is only like one (see `areNamesUnclear`).
//
// What is not clear is refused (client) or dropped (server). A clear object may still not be strict JSON: numbers that
// doubles round, lone surrogates, repeated names further in, depth. Such a frame of the client passes when it spells
// `tools/call` nowhere (`spellsCall`): whatever a reader makes of it, it finds no call.
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { utf8Decode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import { areNamesUnclear } from './ambiguity.js'
import { type Member, scanMembers } from './members.js'
import { lenientJson, lenientText } from './sniff.js'

/** What the text of a frame is. */
export type FrameText =
  | { readonly kind: 'blank' }
  | { readonly kind: 'object'; readonly value: JsonObject; readonly members: readonly Member[] }
  | { readonly kind: 'array'; readonly items: readonly JsonObject[] }
  /** `value`: what a lenient reader finds, if anything. */
  | { readonly kind: 'unclear'; readonly value: JsonValue | undefined }

const NAMES = ['jsonrpc', 'id', 'method', 'params', 'result', 'error']

/** Applies the rule to a frame without its line ending. Never throws. */
export function readFrameText(message: Uint8Array): FrameText {
  const text = orUndefined(() => utf8Decode(message))
  const unclear = { kind: 'unclear', value: lenientJson(text ?? lenientText(message)) } as const
  if (text === undefined) return unclear
  const trimmed = text.trim()
  if (trimmed === '') return { kind: 'blank' }
  if (trimmed.includes('\r')) return unclear
  const { value } = unclear
  if (isJsonObject(value)) {
    const members = scanMembers(message)
    const names = members.map(({ name }) => name)
    return areNamesUnclear(names, NAMES) ? unclear : { kind: 'object', value, members }
  }
  if (!Array.isArray(value) || !isStrictJson(message)) return unclear
  const items = value.filter(isJsonObject)
  const isClear =
    items.length === value.length && !items.some((item) => areNamesUnclear(Object.keys(item), NAMES))
  return isClear ? { kind: 'array', items } : unclear
}

/** True when the text is strict JSON (DESIGN decision 2): every reader finds the same in it. */
export function isStrictJson(message: Uint8Array): boolean {
  return orUndefined(() => parseJson(message)) !== undefined
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof TracevarError) return undefined
    throw error
  }
}
