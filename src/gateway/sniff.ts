// Lenient reading, as peers do it: to see what a frame may be taken for, never to decide on its content.
import type { JsonValue } from '../codec/json-value.js'

/** Text of bytes; what is not UTF-8 becomes U+FFFD, as in lenient peers. */
export function lenientText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

/** Value of a JSON text: of members of one name the last counts, numbers are rounded. Undefined when it is no JSON. */
export function lenientJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}
