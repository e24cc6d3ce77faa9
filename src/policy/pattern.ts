// Patterns of `match` and `not_match`: RE2 syntax and linear time (re2js). Agent data never meets a backtracking engine.
import { RE2JS } from 're2js'
import { patternCharsMax, patternInputCharsMax, patternInstructionsMax } from '../limits.js'
import type { ParamCondition } from './types.js'

/** A compiled pattern; `fold` ignores case. */
export interface Pattern {
  readonly exact: RE2JS
  readonly fold: RE2JS
}

/**
 * Compiles a pattern written for JavaScript (escapes and named groups are translated). Undefined for what RE2 cannot
 * do (look-around, back references), for more than `patternCharsMax` characters, and for a program of more than
 * `patternInstructionsMax` instructions.
 */
export function compilePattern(source: string): Pattern | undefined {
  if (source.length > patternCharsMax) return undefined
  try {
    const text = RE2JS.translateRegExp(source)
    const exact = RE2JS.compile(text)
    if (exact.programSize() > patternInstructionsMax) return undefined
    return { exact, fold: RE2JS.compile(text, RE2JS.CASE_INSENSITIVE) }
  } catch {
    return undefined // re2js has several classes of errors, all of which mean: not compilable
  }
}

const compiled = new WeakMap<
  ParamCondition,
  { readonly source: string; readonly pattern: Pattern | undefined }
>()

/** The pattern of a condition, compiled once for each condition object. Undefined when it is none. */
export function patternOf(condition: ParamCondition): Pattern | undefined {
  const source = condition.value
  if (typeof source !== 'string') return undefined
  let entry = compiled.get(condition)
  if (entry?.source !== source) {
    entry = { source, pattern: compilePattern(source) }
    compiled.set(condition, entry)
  }
  return entry.pattern
}

/** True when the value is short enough to run a pattern on. */
export function isPatternInput(value: string): boolean {
  return value.length <= patternInputCharsMax
}
