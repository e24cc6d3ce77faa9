// Conditions on arguments, as the reference answers them (VAR ). The hardened reading is params-hardened.ts.
import { isJsonObject } from '../codec/json-value.js'
import { fieldPathSegmentsMax } from '../limits.js'
import { isPatternInput, patternOf } from './pattern.js'
import type { ParamCondition, ParamsBlock } from './types.js'

/** `type_error`: the value is of a kind that the operator cannot take; it blocks the call. */
export type ConditionResult = 'match' | 'no_match' | 'type_error'

/**
 * Evaluates conditions in order; the first that does not match decides. No conditions: `match`.
 *
 * Missing and null fields match only `not_exists`. Only own members are seen (VAR W-17). An unknown operator, a
 * pattern that RE2 cannot compile and a value too long for a pattern: `no_match`.
 */
export function evaluateParams(block: ParamsBlock, args: Readonly<Record<string, unknown>>): ConditionResult {
  for (const condition of block.conditions) {
    const result = evaluateCondition(condition, args)
    if (result !== 'match') return result
  }
  return 'match'
}

function evaluateCondition(
  condition: ParamCondition,
  args: Readonly<Record<string, unknown>>,
): ConditionResult {
  const field = lookUpField(args, condition.field)
  if (field === 'array_in_path') return 'type_error'
  const value = field.value
  const present = value !== undefined && value !== null
  if (condition.op === 'exists') return resultOf(present)
  if (condition.op === 'not_exists') return resultOf(!present)
  return present ? compare(condition, value) : 'no_match'
}

function resultOf(holds: boolean): ConditionResult {
  return holds ? 'match' : 'no_match'
}

function compare(condition: ParamCondition, value: unknown): ConditionResult {
  const limit = condition.value
  switch (condition.op) {
    case 'eq':
      return resultOf(value === limit)
    case 'neq':
      return resultOf(value !== limit)
    case 'in':
      return resultOf(Array.isArray(limit) && limit.includes(value as never))
    case 'not_in':
      return resultOf(Array.isArray(limit) && !limit.includes(value as never))
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      if (typeof value !== 'number' || typeof limit !== 'number') return 'type_error'
      return resultOf(compareNumbers(condition.op, value, limit))
    case 'gt_bigint':
      return compareBigints(value, limit)
    case 'match':
    case 'not_match': {
      if (typeof value !== 'string') return 'type_error'
      const pattern = patternOf(condition)
      if (pattern === undefined || !isPatternInput(value)) return 'no_match'
      return resultOf(pattern.exact.test(value) === (condition.op === 'match'))
    }
    default:
      return 'no_match'
  }
}

/** One of the four order operators on two numbers. */
export function compareNumbers(op: 'gt' | 'gte' | 'lt' | 'lte', value: number, limit: number): boolean {
  switch (op) {
    case 'gt':
      return value > limit
    case 'gte':
      return value >= limit
    case 'lt':
      return value < limit
    case 'lte':
      return value <= limit
  }
}

/** As BigInt() reads strings: blanks around, hexadecimal and the empty string (zero) are accepted. */
function compareBigints(value: unknown, limit: unknown): ConditionResult {
  if (typeof value !== 'string' || typeof limit !== 'string') return 'type_error'
  try {
    return resultOf(BigInt(value) > BigInt(limit))
  } catch (error) {
    if (error instanceof SyntaxError) return 'type_error'
    throw error
  }
}

/**
 * The value at a dot path of at most `fieldPathSegmentsMax` segments (VAR R-134); own members only. A longer path,
 * a missing member and a step into a scalar give undefined; a step into an array gives `array_in_path`.
 */
export function lookUpField(
  args: Readonly<Record<string, unknown>>,
  path: string,
): { readonly value: unknown } | 'array_in_path' {
  const segments = path.split('.')
  if (segments.length > fieldPathSegmentsMax) return { value: undefined }
  let value: unknown = args
  for (const segment of segments) {
    if (Array.isArray(value)) return 'array_in_path'
    if (!isJsonObject(value) || !Object.hasOwn(value, segment)) return { value: undefined }
    value = value[segment]
  }
  return { value }
}
