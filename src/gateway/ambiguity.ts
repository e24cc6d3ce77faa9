// Where two readers of the same text could see two different things. Servers are written in many languages: some match
// member names without regard to case (Go), some end a line at CR (Python, Java), some read on after a broken line.
import { isJsonObject, type JsonValue } from '../codec/json-value.js'
import { lenientText } from './sniff.js'

/** Name with case folded away, at least as coarse as simple Unicode folding (the Kelvin sign folds to `k`). */
export function foldName(name: string): string {
  return name.toUpperCase().toLowerCase()
}

/** True when some object at any depth has two names that differ only in case (DESIGN decision 12). */
export function hasFoldedDuplicates(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasFoldedDuplicates)
  if (!isJsonObject(value)) return false
  const names = Object.keys(value)
  if (new Set(names.map(foldName)).size < names.length) return true
  return names.some((name) => hasFoldedDuplicates(value[name] ?? null))
}

/** True when a name of `object` differs only in case from one of `known`: some readers would take it for that one. */
export function hasNearMiss(names: readonly string[], known: readonly string[]): boolean {
  return names.some((name) => !known.includes(name) && known.includes(foldName(name)))
}

const ESCAPE = /\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\/gi

/**
 * True when the text spells `tools/call` anywhere, escapes undone. For text that is not one JSON object on one line:
 * a reader that does not go by lines, or not by ours, may find a call in it.
 */
export function mentionsCall(message: Uint8Array): boolean {
  const text = lenientText(message).replace(ESCAPE, (_, u: string | undefined, x: string | undefined) => {
    const digits = u ?? x
    return digits === undefined ? '' : String.fromCharCode(Number.parseInt(digits, 16))
  })
  return text.includes('tools/call')
}
