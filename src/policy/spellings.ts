// Other spellings of an argument that the called system may take for the same thing (VAR W-19).
import { collapseDots, hasDotSegment } from './paths.js'

/**
 * The value and what it may also be read as: without blanks around, in compatibility form (NFKC), as a Git branch
 * without its ref prefix, as a path without dot segments; the items of an array. For rules that must not be missed.
 */
export function looseSpellings(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => spellText(item))
  return spellText(value)
}

function spellText(value: unknown): unknown[] {
  if (typeof value !== 'string') return [value]
  const plain = value.normalize('NFKC').trim()
  return [value, plain, gitBranch(plain), ...(hasDotSegment(plain) ? [collapseDots(plain)] : [])]
}

/** The value and, if it holds dot segments, the path they lead to. For rules that must not be met by accident. */
export function strictSpellings(value: unknown): readonly unknown[] {
  return typeof value === 'string' && hasDotSegment(value) ? [value, collapseDots(value)] : [value]
}

/** The branch that a Git ref or refspec names: `+HEAD:refs/heads/main` is `main`. */
function gitBranch(text: string): string {
  return text
    .slice(text.lastIndexOf(':') + 1)
    .replace(/^\+/, '')
    .replace(/^(?:refs\/)?heads\//, '')
}

const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', '1', 'y', 't'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0', 'n', 'f', ''].map((word) => [word, false] as const),
])

/** The truth value that a boolean, number or usual word stands for; undefined for everything else. */
export function readBoolean(value: unknown): boolean | undefined {
  return BOOLEAN_WORDS.get(fold(value))
}

/** Equality over kinds and case: `"TRUE"` is true, `"5"` is 5, `"Admin"` is `"admin"`. */
export function looselyEqual(value: unknown, limit: unknown): boolean {
  if (typeof limit === 'boolean') return readBoolean(value) === limit
  if (typeof limit === 'number') return fold(value) !== '' && Number(value) === limit
  return fold(value) === fold(limit)
}

function fold(value: unknown): string {
  return String(value).normalize('NFKC').trim().toLowerCase()
}
