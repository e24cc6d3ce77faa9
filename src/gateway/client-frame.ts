// What a frame from the client is. Only `tools/call` is of interest; the reading is such that no frame in which any
// reader could find a `tools/call` passes as something else.
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'
import { mcpToolNameCharsMax } from '../limits.js'
import { foldName, hasFoldedDuplicates, hasNearMiss, mentionsCall } from './ambiguity.js'
import { type Member, scanMembers } from './members.js'
import { type RequestId, readRequestId } from './request-id.js'
import { lenientJson, lenientText } from './sniff.js'
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

export type ClientFrame =
  | CallFrame
  | RefusedFrame
  | MessageFrame
  | { readonly kind: 'blank' }
  | BatchFrame
  /** Not a JSON-RPC message. */
  | { readonly kind: 'noise' }

const CALL = 'tools/call'
const CR = 0x0d
const NO_TOOL = '(unreadable)'

/** Reads a frame of the client, without its line ending. Never throws. */
export function readClientFrame(message: Uint8Array): ClientFrame {
  const text = lenientText(message)
  if (text.trim() === '') return { kind: 'blank' }
  const strict = strictJson(message)
  const value = strict ?? lenientJson(text)
  // A CR within the text is a line ending to some readers, which then see other frames than this one.
  if ((!isJsonObject(value) && strict === undefined) || message.includes(CR)) {
    if (mentionsCall(message)) return refused('params_not_canonical', value)
  }
  if (Array.isArray(value)) return readBatch(value)
  if (isJsonObject(value)) return readObject(message, value, strict !== undefined)
  // Not even a piece of a call may pass: a reader that goes on over line ends would put it together.
  return mentionsCall(message) ? refused('params_not_canonical', value) : { kind: 'noise' }
}

function strictJson(message: Uint8Array): JsonValue | undefined {
  try {
    return parseJson(message)
  } catch (error) {
    if (error instanceof TracevarError) return undefined
    throw error
  }
}

function readBatch(batch: readonly JsonValue[]): ClientFrame {
  if (batch.some(holdsCall)) return refused('batch_not_allowed', [...batch])
  return { kind: 'batch', ids: requestIds([...batch]) }
}

function holdsCall(item: JsonValue): boolean {
  if (Array.isArray(item)) return item.some(holdsCall)
  return isJsonObject(item) && Object.keys(item).some((name) => isMethod(name) && item[name] === CALL)
}

function isMethod(name: string): boolean {
  return foldName(name) === 'method'
}

function readObject(message: Uint8Array, value: JsonObject, strict: boolean): ClientFrame {
  const members = scanMembers(message)
  const id = readRequestId(value.id, rawId(message, members))
  const isCall = members.some((member) => isMethod(member.name) && memberText(message, member) === CALL)
  if (isCall) return readCall(value, id, strict)
  const method = typeof value.method === 'string' ? value.method : null
  return { kind: 'message', method, id: method === null ? null : id, params: objectOr(value.params) }
}

function readCall(value: JsonObject, id: RequestId | null, strict: boolean): CallFrame | RefusedFrame {
  const refuse = (reason: RefuseReason): RefusedFrame => ({
    kind: 'refused',
    reason,
    ids: id === null ? [] : [id],
    ...callFacts(value),
  })
  if (!strict || hasFoldedDuplicates(value)) return refuse('params_not_canonical')
  if (hasNearMiss(Object.keys(value), ['jsonrpc', 'id', 'method', 'params']))
    return refuse('params_not_canonical')
  const { params } = value
  if (id === null || !id.exact || !isJsonObject(params)) return refuse('request_not_valid')
  if (hasNearMiss(Object.keys(params), ['name', 'arguments'])) return refuse('params_not_canonical')
  const { name: tool, arguments: args = Object.create(null) as JsonObject } = params
  if (typeof tool !== 'string' || tool.length > mcpToolNameCharsMax || !isJsonObject(args))
    return refuse('request_not_valid')
  return { kind: 'call', id, tool, args, params }
}

function refused(reason: RefuseReason, value: JsonValue | undefined): RefusedFrame {
  const call = Array.isArray(value) ? value.find(holdsCall) : value
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

function rawId(message: Uint8Array, members: readonly Member[]): string | undefined {
  const member = members.findLast(({ name }) => name === 'id')
  return member && lenientText(message, member.start, member.end)
}

/** The string that a member holds; null for other kinds. */
function memberText(message: Uint8Array, { start, end }: Member): string | null {
  return message[start] === 0x22 ? String(lenientJson(lenientText(message, start, end))) : null
}
