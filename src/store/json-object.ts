import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'

/** The object that a strict JSON text holds; undefined for any other value and for a text that is refused. */
export function readJsonObject(text: Uint8Array | string): JsonObject | undefined {
  try {
    const value = parseJson(text)
    return isJsonObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof TracevarError) return undefined
    throw error
  }
}
