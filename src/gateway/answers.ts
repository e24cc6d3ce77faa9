// JSON-RPC errors that the gateway itself sends to the client.
import type { JsonValue } from '../codec/json-value.js'
import type { RequestId } from './request-id.js'

/** Codes used. -32000 has no agreed meaning in MCP and is ours by DESIGN decision 12; -32022 is MCP 2026-07-28. */
export const ANSWER_CODES = { notAllowed: -32000, invalidRequest: -32600, protocolVersion: -32022 } as const

/** One error frame with line ending. `id` null: the request cannot be answered under its id. */
export function errorFrame(
  id: RequestId | null,
  code: number,
  message: string,
  data?: Readonly<Record<string, JsonValue>>,
): Uint8Array {
  const error = JSON.stringify({ code, message, data })
  return Buffer.from(`{"jsonrpc":"2.0","id":${id?.json ?? 'null'},"error":${error}}\n`)
}
