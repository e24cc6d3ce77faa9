// What a frame from the server is: a reply to one of the client's requests, or something that passes.
import { isJsonObject, type JsonValue } from '../codec/json-value.js'
import { type Member, scanMembers } from './members.js'
import { readRequestId } from './request-id.js'
import { lenientJson, lenientText } from './sniff.js'

/** A reply. */
export interface ReplyFrame {
  readonly kind: 'reply'
  /** Key of the id; null where the id is not spelled exactly, or readers could differ on it: matches nothing. */
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
  /** Not JSON: passes, and is noted as output outside the protocol. Blank lines are none. */
  | { readonly kind: 'noise' }

const REPLY_MEMBERS = ['id', 'result', 'error']

/** Reads a frame of the server, without its line ending. Never throws. */
export function readServerFrame(message: Uint8Array): ServerFrame {
  const text = lenientText(message)
  if (text.trim() === '') return { kind: 'message', method: null }
  const value = lenientJson(text)
  if (value === undefined) return { kind: 'noise' }
  if (Array.isArray(value)) {
    const keys = value.filter(isReply).map((item) => readRequestId(item.id)?.key ?? null)
    return keys.length === 0 ? { kind: 'message', method: null } : { kind: 'replies', keys }
  }
  if (!isReply(value)) {
    const method = isJsonObject(value) ? value.method : null
    return { kind: 'message', method: typeof method === 'string' ? method : null }
  }
  return readReply(message, value)
}

/** A reply to nobody (`id` null, for a frame that could not be read) is none. */
function isReply(value: JsonValue): value is { [name: string]: JsonValue } {
  return isJsonObject(value) && ('result' in value || 'error' in value) && (value.id ?? null) !== null
}

function readReply(message: Uint8Array, value: { [name: string]: JsonValue }): ReplyFrame {
  const members = scanMembers(message)
  const once = REPLY_MEMBERS.every((name) => members.filter((member) => member.name === name).length <= 1)
  const idMember = members.find(({ name }) => name === 'id')
  const id = readRequestId(value.id, idMember && spanText(message, idMember))
  const result = members.find(({ name }) => name === 'result')
  const failed = 'error' in value || (isJsonObject(value.result) && value.result.isError === true)
  return {
    kind: 'reply',
    key: once && id !== null && isSpelledExactly(id.json, value.id) ? id.key : null,
    outcome: failed ? 'ERROR' : 'SUCCESS',
    response: result && !('error' in value) ? message.subarray(result.start, result.end) : null,
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
