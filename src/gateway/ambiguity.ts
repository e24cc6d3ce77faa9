// Names and words that some reader takes for others. See frame-text.ts for the rule that they serve.
import { isJsonObject, type JsonValue } from '../codec/json-value.js'
import { lenientText } from './sniff.js'

/** Name with case folded away, at least as coarse as simple Unicode folding (the Kelvin sign folds to `k`). */
function foldName(name: string): string {
  return name.toUpperCase().toLowerCase()
}

/** Control, format, unassigned and surrogate characters, blanks, and what is never shown. */
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu

function foldSeen(text: string): string {
  return foldName(text.replace(UNSEEN, ''))
}

/** True when a reader that folds case, ends text at U+0000, trims, or drops what is not shown may take `text` for `real`. */
export function looksLike(text: string, real: string): boolean {
  const [beforeNul = ''] = text.split('\0', 1)
  return [text, beforeNul].some((seen) => foldSeen(seen) === foldName(real))
}

/** True when some reader may see another member than we do: a name of `known` is there twice, or one only looks like it. */
export function areNamesUnclear(names: readonly string[], known: readonly string[]): boolean {
  const seen = new Set<string>()
  return names.some((name) => {
    if (!known.includes(name)) return known.some((real) => looksLike(name, real))
    const isRepeated = seen.has(name)
    seen.add(name)
    return isRepeated
  })
}

/** True when some object at any depth has two names that differ only in case (DESIGN decision 12), or one with U+0000. */
export function hasCollidingNames(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasCollidingNames)
  if (!isJsonObject(value)) return false
  const names = Object.keys(value)
  if (new Set(names.map(foldName)).size < names.length || names.some((name) => name.includes('\0')))
    return true
  return names.some((name) => hasCollidingNames(value[name] ?? null))
}

const ESCAPE = /\\u([0-9a-f]{4})|\\/gi

/** True when JSON text spells `tools/call` anywhere, escapes undone, in any spelling that {@link looksLike} it. */
export function spellsCall(message: Uint8Array): boolean {
  const text = lenientText(message).replace(ESCAPE, (_, digits: string | undefined) =>
    digits === undefined ? '' : String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return foldSeen(text).includes('tools/call')
}
