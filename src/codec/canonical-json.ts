// The walk that both canonical JSON forms share; a style says how they differ.
import { TracevarError } from '../errors.js'
import { jsonDepthMax } from '../limits.js'

/** What distinguishes one canonical JSON form from another. */
export interface CanonicalStyle {
  /** JSON text of a finite number. */
  readonly writeNumber: (value: number) => string
  /** JSON text of a string; refuses lone surrogates. */
  readonly writeString: (text: string) => string
  /** Order of member names. Left out: by UTF-16 code units. */
  readonly compareNames?: (a: string, b: string) => number
}

/**
 * Canonical text of a value. Members and array items that JSON cannot carry behave as in `JSON.stringify`: an
 * undefined or symbol member is dropped, such an array item becomes null (VAR R-25). `toJSON` is not called.
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE` for NaN, infinities, bigint, functions, objects with hidden
 * contents (Date, Map, Uint8Array, …), nesting deeper than `jsonDepthMax` (so cycles too), a top-level undefined or
 * symbol, and what the style refuses.
 */
export function writeCanonical(value: unknown, style: CanonicalStyle): string {
  return write(value, style, 1) ?? refuseCanonical('undefined has no JSON form')
}

/** Refuses a value that has no canonical form. */
export function refuseCanonical(message: string): never {
  throw new TracevarError('ERR_CODEC_NOT_CANONICALIZABLE', message)
}

/** Refuses a string that is not Unicode text. */
export function checkWellFormed(text: string): void {
  if (!text.isWellFormed()) refuseCanonical('string holds a lone surrogate')
}

/** Text of one value; undefined where JSON has no form for it. */
function write(value: unknown, style: CanonicalStyle, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return style.writeString(value)
    case 'number':
      if (!Number.isFinite(value)) refuseCanonical('NaN and infinities have no JSON form')
      return style.writeNumber(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth > jsonDepthMax) refuseCanonical(`nesting is deeper than ${jsonDepthMax}`)
      return Array.isArray(value) ? writeArray(value, style, depth) : writeObject(value, style, depth)
    case 'undefined':
    case 'symbol':
      return undefined
    default:
      return refuseCanonical(`a ${typeof value} has no JSON form`)
  }
}

function writeArray(array: readonly unknown[], style: CanonicalStyle, depth: number): string {
  let text = '['
  for (let i = 0; i < array.length; i++) {
    if (i > 0) text += ','
    text += write(array[i], style, depth + 1) ?? 'null'
  }
  return `${text}]`
}

function writeObject(object: object, style: CanonicalStyle, depth: number): string {
  checkPlain(object)
  let text = ''
  for (const name of Object.keys(object).sort(style.compareNames)) {
    const member = write((object as Record<string, unknown>)[name], style, depth + 1)
    if (member !== undefined) text += `${text === '' ? '' : ','}${style.writeString(name)}:${member}`
  }
  return `{${text}}`
}

/** Refuses objects whose contents are not their members: a Date or a Map would silently become `{}`. */
function checkPlain(object: object): void {
  const prototype = Object.getPrototypeOf(object)
  if (prototype === null || prototype === Object.prototype) return
  const kind = Object.prototype.toString.call(object)
  if (kind !== '[object Object]') refuseCanonical(`${kind.slice(8, -1)} has no JSON form`)
}
