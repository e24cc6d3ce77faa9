// Closed objects: every member named in a table, no other, each holding what the table says.
import { base64Decode, base64urlDecode } from '../codec/base64.js'
import { isSha256String } from '../codec/digest.js'
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'

/** Member name to test. All are required. */
export type MemberTests = Readonly<Record<string, (value: unknown) => boolean>>

/** @throws TracevarError `ERR_ATTEST_EVIDENCE`: `what` is a short name of the object. */
export function refuseEvidence(what: string, why: string): never {
  throw new TracevarError('ERR_ATTEST_EVIDENCE', `${what}: ${why}`)
}

/** Refuses a value that is not exactly the object the table describes. @throws as {@link refuseEvidence}. */
export function requireMembers(
  value: unknown,
  tests: MemberTests,
  what: string,
): asserts value is JsonObject {
  if (!isJsonObject(value)) refuseEvidence(what, 'expected an object')
  for (const name of Object.keys(value))
    if (!Object.hasOwn(tests, name)) refuseEvidence(what, `no member ${JSON.stringify(name.slice(0, 40))}`)
  for (const [name, test] of Object.entries(tests)) {
    if (!Object.hasOwn(value, name)) refuseEvidence(what, `${name} is missing`)
    if (!test(value[name])) refuseEvidence(what, `${name} has a wrong value`)
  }
}

export const is = (expected: string) => (value: unknown) => value === expected
export const orNull = (test: (value: unknown) => boolean) => (value: unknown) => value === null || test(value)
export const isText = (value: unknown) => typeof value === 'string' && value !== ''
export const isSha256 = isSha256String
export const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
export const isObject = isJsonObject

/** Lower-case hex of `min` to `max` bytes. */
export const isHex =
  (min: number, max = min) =>
  (value: unknown) =>
    typeof value === 'string' &&
    /^(?:[0-9a-f]{2})*$/.test(value) &&
    value.length >= 2 * min &&
    value.length <= 2 * max

/** Array of at most `max` items that all pass. */
export const isListOf = (test: (value: unknown) => boolean, max: number) => (value: unknown) =>
  Array.isArray(value) && value.length <= max && value.every(test)

/** Canonical base64, any length. */
export const isBase64 = (value: unknown) => typeof value === 'string' && decodes(() => base64Decode(value))

/** RFC 7638 thumbprint: base64url of 32 bytes. */
export const isThumbprint = (value: unknown) =>
  typeof value === 'string' && value.length === 43 && decodes(() => base64urlDecode(value))

/** UTC time as receipts carry it, e.g. `2026-11-25T02:00:00.000Z`. A day that the month does not have is no time. */
export const isTime = (value: unknown) => {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/.test(value))
    return false
  const ms = Date.parse(value)
  // Date.parse makes 2 March of 30 February: only a time that is written back the same way is one.
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === value.slice(0, 19)
}

function decodes(decode: () => Uint8Array): boolean {
  try {
    decode()
    return true
  } catch (error) {
    if (error instanceof TracevarError) return false
    throw error
  }
}
