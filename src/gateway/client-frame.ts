// What a frame from the client is. Only `tools/call` is of interest; the reading is such that no frame in which any
// reader could find a `tools/call` passes as something else (the rule: frame-text.ts).
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { mcpToolNameCharsMax } from '../limits.js'
import { areNamesUnclear, hasCollidingNames, looksLike, spellsCall } from './ambiguity.js'
import { type FrameText, isStrictJson, readFrameText } from './frame-text.js'
import { type RequestId, readRequestId } from './request-id.js'
import { lenientText } from './sniff.js'
import type { RefuseReason } from './workflow-port.js'

/** `tools/call` without a defect of form: may be decided. */
export interface CallFrame {
  readonly kind: 'call'
  readonly id: RequestId
  readonly tool: string
  /** `params.arguments`, `{}` where absent. */
  readonly args: JsonObject
  readonly params: JsonObject
}

/** A frame that is, holds, or may be taken for a `tools/call`, and must not be forwarded. */
export interface RefusedFrame {
  readonly kind: 'refused'
  readonly reason: RefuseReason
  /** Requests to answer. */
  readonly ids: readonly RequestId[]
  readonly tool: string
  /** `params` as far as they can be read, else empty. */
  readonly params: JsonObject
}

/** Any other JSON-RPC message. */
export interface MessageFrame {
  readonly kind: 'message'
  readonly method: string | null
  /** Id of a request; null for notifications and for replies to the server. */
  readonly id: RequestId | null
  readonly params: JsonObject
}

/** A batch without `tools/call`. */
export interface BatchFrame {
  readonly kind: 'batch'
  /** Ids of its requests. */
  readonly ids: readonly RequestId[]
}

export type ClientFrame = CallFrame | RefusedFrame | MessageFrame | { readonly kind: 'blank' } | BatchFrame

const CALL = 'tools/call'
const NO_TOOL = '(unreadable)'

/** Reads a frame of the client, without its line ending. Never throws. */
export function readClientFrame(message: Uint8Array): ClientFrame {
  const text = readFrameText(message)
  if (text.kind === 'blank') return text
  if (text.kind === 'unclear') return refused('params_not_canonical', text.value)
  return text.kind === 'array' ? readBatch(text.items) : readObject(message, text)
}

function readBatch(batch: readonly JsonObject[]): ClientFrame {
  const isHeld = batch.some(({ method }) => mayBeCall(method))
  if (isHeld) return refused('batch_not_allowed', [...batch])
  return { kind: 'batch', ids: requestIds([...batch]) }
}

/** A method that is no text may become one: in JavaScript `handlers[['tools/call']]` finds the handler. */
function mayBeCall(method: JsonValue | undefined): boolean {
  return typeof method === 'string' ? looksLike(method, CALL) : (method ?? null) !== null
}

function readObject(message: Uint8Array, text: FrameText & { kind: 'object' }): ClientFrame {
  const { value, members } = text
  if (!isStrictJson(message) && spellsCall(message)) return refused('params_not_canonical', value)
  const idMember = members.find(({ name }) => name === 'id')
  const id = readRequestId(value.id, idMember && lenientText(message, idMember.start, idMember.end))
  if (mayBeCall(value.method)) return readCall(value, id)
  const method = typeof value.method === 'string' ? value.method : null
  return { kind: 'message', method, id: method === null ? null : id, params: objectOr(value.params) }
}

/** `value`: strict JSON. */
function readCall(value: JsonObject, id: RequestId | null): CallFrame | RefusedFrame {
  const refuse = (reason: RefuseReason): RefusedFrame => ({
    kind: 'refused',
    reason,
    ids: id === null ? [] : [id],
    ...callFacts(value),
  })
  if (value.method !== CALL || hasCollidingNames(value)) return refuse('params_not_canonical')
  const { params } = value
  if (id === null || !id.exact || !isJsonObject(params)) return refuse('request_not_valid')
  if (areNamesUnclear(Object.keys(params), ['name', 'arguments'])) return refuse('params_not_canonical')
  const { name: tool, arguments: args = Object.create(null) as JsonObject } = params
  if (typeof tool !== 'string' || !isToolName(tool) || !isJsonObject(args)) return refuse('request_not_valid')
  return { kind: 'call', id, tool, args, params }
}

/** With a character that is not seen, a name that no rule knows could be another tool's to the server. */
function isToolName(name: string): boolean {
  return name.length <= mcpToolNameCharsMax && !/\p{C}/u.test(name)
}

function refused(reason: RefuseReason, value: JsonValue | undefined): RefusedFrame {
  const call = Array.isArray(value)
    ? value.find((item) => isJsonObject(item) && mayBeCall(item.method))
    : value
  return { kind: 'refused', reason, ids: requestIds(value), ...callFacts(call) }
}

/** Ids of the requests in a value that was read without its text. */
function requestIds(value: JsonValue | undefined): RequestId[] {
  const items = Array.isArray(value) ? value : [value]
  return items
    .map((item) => (isJsonObject(item) && item.method !== undefined ? readRequestId(item.id) : null))
    .filter((id) => id !== null)
}

/** Name of the tool for the receipt, and the params, as far as they can be told. */
function callFacts(value: JsonValue | undefined): { tool: string; params: JsonObject } {
  const params = objectOr(isJsonObject(value) ? value.params : undefined)
  const { name } = params
  const readable = typeof name === 'string' && name.length <= mcpToolNameCharsMax
  return { tool: readable ? name.toWellFormed() : NO_TOOL, params }
}

function objectOr(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : (Object.create(null) as JsonObject)
}
