// JSON-RPC ids: string or integer; the two sides of a connection have separate spaces (MCP, base protocol).
import { mcpRequestIdCharsMax } from '../limits.js'

/** An id as it was sent. */
export interface RequestId {
  /** Equal keys are equal ids; `"1"` and `1` differ. */
  readonly key: string
  /** The id as JSON text, for replies. */
  readonly json: string
  /** True for strings, and for safe integers in their shortest spelling: what every peer gives back unchanged. */
  readonly exact: boolean
}

/** Reads an id. `raw`: its text in the frame, where known. Null where it is no string or number, or is too long. */
export function readRequestId(value: unknown, raw?: string): RequestId | null {
  if (typeof value === 'string') {
    return value.length > mcpRequestIdCharsMax
      ? null
      : { key: `s:${value}`, json: JSON.stringify(value), exact: true }
  }
  if (typeof value !== 'number') return null
  const json = raw ?? String(value)
  return { key: `n:${value}`, json, exact: Number.isSafeInteger(value) && json === String(value) }
}
