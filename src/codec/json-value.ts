// The JSON data model as our readers produce it.

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject

/** An object as read by {@link parseJson}: null prototype, members in text order. */
export interface JsonObject {
  [name: string]: JsonValue
}

/** True for a JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
