// The amount of a money action, checked before budget and decision (VAR R-73). Minor units, exact integers.
import { isJsonObject, type JsonValue } from '../codec/json-value.js'
import { fieldPathSegmentsMax } from '../limits.js'

/** What the arguments say about the amount. */
export type AmountCheck =
  | { readonly kind: 'ok'; readonly minorUnits: number }
  /** Absent, not a number, or not a whole number of minor units: a human decides (STEP_UP). */
  | { readonly kind: 'unresolved' }
  /** Below zero: never allowed (BLOCK). */
  | { readonly kind: 'invalid' }

/**
 * Reads the amount at a dot path of at most `fieldPathSegmentsMax` segments. Only JSON numbers count; `-0` is 0.
 * Fractions of a minor unit are unresolved, not rounded.
 */
export function checkAmount(args: JsonValue, amountField: string): AmountCheck {
  const segments = amountField.split('.')
  let value: JsonValue | undefined = args
  for (const segment of segments.length <= fieldPathSegmentsMax ? segments : ['']) {
    value = isJsonObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined
  }
  if (typeof value !== 'number') return { kind: 'unresolved' }
  if (value < 0) return { kind: 'invalid' }
  return Number.isSafeInteger(value)
    ? { kind: 'ok', minorUnits: value === 0 ? 0 : value }
    : { kind: 'unresolved' }
}
