// RFC 8785 (JSON Canonicalization Scheme): the bytes that are signed and hashed.
import { type CanonicalStyle, checkWellFormed, writeCanonical } from './canonical-json.js'

/**
 * Canonical text of a value (RFC 8785): members sorted by UTF-16 code units, ECMAScript numbers, `-0` as `0`.
 * What is accepted and refused: {@link writeCanonical}; besides, lone surrogates are refused.
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE`.
 */
export function jcs(value: unknown): string {
  return writeCanonical(value, JCS)
}

const encoder = new TextEncoder()

/** UTF-8 bytes of {@link jcs}. */
export function jcsBytes(value: unknown): Uint8Array {
  return encoder.encode(jcs(value)) // not utf8Encode: every string in it was found well-formed
}

/** Characters that `JSON.stringify` may escape, and surrogates, which must be checked for their partners. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8785 section 3.2.2.2 escapes exactly these
const UNUSUAL = /["\\\u0000-\u001f\ud800-\udfff]/

function writeString(text: string): string {
  if (!UNUSUAL.test(text)) return `"${text}"`
  checkWellFormed(text)
  return JSON.stringify(text) // for well-formed strings exactly the escapes of RFC 8785 3.2.2.2
}

/** RFC 8785 3.2.2.3: numbers as ECMAScript's Number::toString, which writes -0 as 0; 3.2.3: order of UTF-16 units. */
const JCS: CanonicalStyle = { writeNumber: String, writeString }
