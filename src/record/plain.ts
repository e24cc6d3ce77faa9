// A record as plain data, whatever it came in as: one snapshot that nobody else holds or can change meanwhile.
import { jcs } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { recordBytesMax } from '../limits.js'

/** Canonical text of an object's data, then the strict reader: so objects obey the same rules as text. */
export function plainCopy(value: unknown): JsonValue {
  return parseJson(jcs(value), { bytesMax: recordBytesMax })
}

/** Own member of a value that may be no object at all; undefined when it has none. */
export function member(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The record without its signature: the members that are signed (B1). */
export function signedMembers(record: JsonObject): JsonObject {
  const { signature: _, ...members } = record
  return members
}
