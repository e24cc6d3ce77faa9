// Sorted-key ASCII JSON, where TRACE and cMCP ask for it instead of RFC 8785 (TRACE F1, I2, I4).
import { type CanonicalStyle, checkWellFormed, refuseCanonical, writeCanonical } from './canonical-json.js'

/**
 * The text of Python's `json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=True)`: members sorted
 * by code points (RFC 8785 sorts by UTF-16 units), everything outside U+0020..U+007E as lower-case `\uXXXX`,
 * characters beyond the BMP as two escapes, safe integers only. What else is accepted: {@link writeCanonical}.
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE`, also for numbers that are no safe integers and for lone
 * surrogates (TRACE F1).
 */
export function sortedAsciiJson(value: unknown): string {
  return writeCanonical(value, SORTED_ASCII)
}

const SORTED_ASCII: CanonicalStyle = { writeNumber, writeString, compareNames: compareCodePoints }

function writeNumber(value: number): string {
  if (!Number.isSafeInteger(value)) refuseCanonical('only integers up to 2^53-1 have a sorted-ASCII form')
  return String(value)
}

function writeString(text: string): string {
  checkWellFormed(text)
  // JSON.stringify escapes what lies below U+0020 as Python does, but leaves U+007F and all above it.
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Puts surrogates, which stand for code points beyond the BMP, above all other UTF-16 units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
