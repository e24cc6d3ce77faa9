// What a frame from the server is: a reply to one of the client's requests, something that passes, or something in which
// the client could find a reply that we do not see (the rule: frame-text.ts).
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { areNamesUnclear } from './ambiguity.js'
import { type FrameText, readFrameText } from './frame-text.js'
import { type Member, scanMembers } from './members.js'
import { readRequestId } from './request-id.js'
import { lenientText } from './sniff.js'

/** A reply. */
export interface ReplyFrame {
  readonly kind: 'reply'
  /** Key of the id; null where there is none, or it is not spelled exactly: matches nothing. */
  readonly key: string | null
  /** `ERROR` for JSON-RPC errors and for results with `isError: true` (MCP, tools). */
  readonly outcome: 'SUCCESS' | 'ERROR'
  /** Raw bytes of `result`; null for JSON-RPC errors. */
  readonly response: Uint8Array | null
  readonly value: JsonValue
}

export type ServerFrame =
  | ReplyFrame
  /** Replies in a legacy batch. */
  | { readonly kind: 'replies'; readonly keys: readonly (string | null)[] }
  /** Request or notification. */
  | { readonly kind: 'message'; readonly method: string | null }
  /** Readers could differ on what it is. */
  | { readonly kind: 'unclear' }

/** Reads a frame of the server, without its line ending. Never throws. */
export function readServerFrame(message: Uint8Array): ServerFrame {
  const text = readFrameText(message)
  if (text.kind === 'unclear') return text
  if (text.kind === 'blank') return { kind: 'message', method: null }
  if (text.kind === 'array') {
    const keys = text.items.filter(isReply).map(({ id }) => readRequestId(id)?.key ?? null)
    return keys.length === 0 ? { kind: 'message', method: null } : { kind: 'replies', keys }
  }
  const { method } = text.value
  if (!isReply(text.value)) return { kind: 'message', method: typeof method === 'string' ? method : null }
  return readReply(message, text)
}

/** An error for nobody (`id` null: the request could not be read) is none. A result for nobody could be taken for 0's. */
function isReply(value: JsonObject): boolean {
  return 'result' in value || ('error' in value && (value.id ?? null) !== null)
}

function readReply(message: Uint8Array, { value, members }: FrameText & { kind: 'object' }): ServerFrame {
  const result = members.find(({ name }) => name === 'result')
  // Some readers look for a method first, some for an error, some for a result.
  if ((value.method ?? null) !== null || (result && 'error' in value)) return { kind: 'unclear' }
  const response = result ? message.subarray(result.start, result.end) : null
  const resultNames = response ? scanMembers(response).map(({ name }) => name) : []
  if (areNamesUnclear(resultNames, ['isError'])) return { kind: 'unclear' }
  const idMember = members.find(({ name }) => name === 'id')
  const id = readRequestId(value.id, idMember && spanText(message, idMember))
  const failed = response === null || (isJsonObject(value.result) && value.result.isError === true)
  return {
    kind: 'reply',
    key: id !== null && isSpelledExactly(id.json, value.id) ? id.key : null,
    outcome: failed ? 'ERROR' : 'SUCCESS',
    response,
    value,
  }
}

/** `1.0` for request `1` is no exact reply, although lenient clients take it. */
function isSpelledExactly(json: string, id: JsonValue | undefined): boolean {
  return typeof id === 'string' || json === String(id)
}

function spanText(message: Uint8Array, { start, end }: Member): string {
  return lenientText(message, start, end)
}
