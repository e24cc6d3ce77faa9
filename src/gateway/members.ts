// Top-level members of a JSON object with the place of their values: shows duplicates, and gives raw bytes and texts
// that a parsed value no longer has.
import { lenientJson, lenientText } from './sniff.js'

/** One member; `start` and `end` delimit the bytes of its value. Duplicates are listed as often as they occur. */
export interface Member {
  readonly name: string
  readonly start: number
  readonly end: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Members of the object in `json`, in text order; none where the text is no object.
 * `json` must be a text that `lenientJson` accepts (invalid UTF-8 aside): the scan relies on it.
 */
export function scanMembers(json: Uint8Array): Member[] {
  const members: Member[] = []
  let at = skipBlanks(json, 0)
  if (json[at] !== 0x7b) return members
  at = skipBlanks(json, at + 1)
  while (at < json.length && json[at] !== 0x7d) {
    const nameEnd = skipString(json, at)
    const name = String(lenientJson(lenientText(json, at, nameEnd)))
    const start = skipBlanks(json, skipBlanks(json, nameEnd) + 1) // over the colon
    const end = skipValue(json, start)
    members.push({ name, start, end })
    at = skipBlanks(json, end)
    if (json[at] === 0x2c) at = skipBlanks(json, at + 1)
  }
  return members
}

function skipBlanks(json: Uint8Array, from: number): number {
  let at = from
  while (json[at] === 0x20 || json[at] === 0x09 || json[at] === 0x0d || json[at] === 0x0a) at++
  return at
}

/** Index after the string that starts at `from`. */
function skipString(json: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    at = json.indexOf(QUOTE, at + 1)
    if (at < 0) return json.length
    let before = at - 1
    while (json[before] === BACKSLASH) before--
    if ((at - before) % 2 === 1) return at + 1 // an even number of backslashes: the quote is not escaped
  }
}

/** Index after the value that starts at `from`. */
function skipValue(json: Uint8Array, from: number): number {
  let at = from
  let depth = 0
  while (at < json.length) {
    const byte = json[at]
    if (byte === QUOTE) {
      at = skipString(json, at)
      if (depth === 0) return at
      continue
    }
    if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at
      depth--
      if (depth === 0) return at + 1
    } else if (
      depth === 0 &&
      (byte === 0x2c || byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a)
    )
      return at
    at++
  }
  return at
}
