// Line JSON-RPC for the demo peers: one JSON object a line.
import type { Readable, Writable } from 'node:stream'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { mcpFrameBytesMax } from '../limits.js'

/** The JSON objects that arrive on `input`; lines that are none are skipped, as MCP peers do. */
export async function* readMessages(input: Readable): AsyncGenerator<JsonObject> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of input) {
    const lines = (text + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
    text = lines.pop() ?? ''
    if (text.length > mcpFrameBytesMax) throw new RangeError('a message is larger than the limit')
    for (const line of lines) {
      const message = parseLine(line)
      if (message) yield message
    }
  }
}

/** Writes one message. */
export function sendMessage(output: Writable, message: JsonObject): void {
  if (output.writable) output.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function parseLine(line: string): JsonObject | null {
  try {
    const value = JSON.parse(line) as JsonValue
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
