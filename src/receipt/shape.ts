// Looks at one receipt field by field, against the table of its kind.
import { isSha256String } from '../codec/digest.js'
import { isJsonObject } from '../codec/json-value.js'
import type { FieldRule, FieldTable, ReceiptLike } from './kinds.js'
import { isTime } from './time.js'

/**
 * What is wrong with a field. `missing`: absent although there is no default for it; `unfilled`: absent, and
 * `createReceipt` would have written a default or an id; `unsigned`: a member that no signature covers (VAR R-12).
 */
export type FieldProblemKind = 'missing' | 'unfilled' | 'type' | 'enum' | 'hash' | 'time' | 'unsigned'

export interface FieldProblem {
  readonly field: string
  readonly problem: FieldProblemKind
}

/**
 * All problems of the members of `object` against `table`, in the order of the table; then foreign members, other
 * than the names in `besides`.
 */
export function fieldProblems(
  object: ReceiptLike,
  table: FieldTable,
  besides: readonly string[],
): FieldProblem[] {
  const problems: FieldProblem[] = []
  for (const field in table) {
    const problem = fieldProblem(object[field], table[field] as FieldRule)
    if (problem !== undefined) problems.push({ field, problem })
  }
  for (const field of Object.keys(object)) {
    if (!Object.hasOwn(table, field) && !besides.includes(field)) {
      problems.push({ field, problem: 'unsigned' })
    }
  }
  return problems
}

/** What is wrong with one value; undefined when nothing is. */
export function fieldProblem(value: unknown, rule: FieldRule): FieldProblemKind | undefined {
  const { holds } = rule
  if (value === undefined) return rule.optional ? undefined : rule.fill === undefined ? 'missing' : 'unfilled'
  if (value === null) return rule.nullable ? undefined : 'type'
  switch (holds) {
    case 'string':
    case 'boolean':
      return typeof value === holds ? undefined : 'type'
    case 'int':
      return Number.isSafeInteger(value) ? undefined : 'type'
    case 'number':
      return Number.isFinite(value) ? undefined : 'type'
    case 'hash':
      return typeof value !== 'string' ? 'type' : isSha256String(value) ? undefined : 'hash'
    case 'time':
      return typeof value !== 'string' ? 'type' : isTime(value) ? undefined : 'time'
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? undefined : 'type'
    case 'numbers':
      return isJsonObject(value) && Object.values(value).every(Number.isFinite) ? undefined : 'type'
    case 'null':
      return 'type'
    default:
      if (typeof value !== typeof holds[0]) return 'type'
      return holds.includes(value as string | number) ? undefined : 'enum'
  }
}
