// RFC 8785 (JSON Canonicalization Scheme): the bytes that are signed and hashed.
import { TracevarError } from '../errors.js'
import { jsonDepthMax } from '../limits.js'
import { utf8Encode } from './utf8.js'

/**
 * Canonical text of a value (RFC 8785): members sorted by UTF-16 code units, ECMAScript numbers, `-0` as `0`.
 * Members and array items that JSON cannot carry behave as in `JSON.stringify`: an undefined or symbol member is
 * dropped, such an array item becomes null (VAR R-25). `toJSON` is not called.
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE` for NaN, infinities, bigint, functions, lone surrogates,
 * nesting deeper than `jsonDepthMax`, and a top-level undefined or symbol.
 */
export function jcs(value: unknown): string {
  const text = write(value, 1)
  if (text === undefined) refuse('undefined has no JSON form')
  return text
}

/** UTF-8 bytes of {@link jcs}. */
export function jcsBytes(value: unknown): Uint8Array {
  return utf8Encode(jcs(value))
}

function refuse(message: string): never {
  throw new TracevarError('ERR_CODEC_NOT_CANONICALIZABLE', message)
}

/** Text of one value; undefined where JSON has no form for it. */
function write(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return writeString(value)
    case 'number':
      if (!Number.isFinite(value)) refuse('NaN and infinities have no JSON form')
      return String(value === 0 ? 0 : value) // RFC 8785 3.2.2.3: -0 is 0; ECMAScript Number::toString
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth > jsonDepthMax) refuse(`nesting is deeper than ${jsonDepthMax}`)
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth)
    case 'undefined':
    case 'symbol':
      return undefined
    default:
      return refuse(`a ${typeof value} has no JSON form`)
  }
}

function writeString(text: string): string {
  if (!text.isWellFormed()) refuse('string holds a lone surrogate')
  return JSON.stringify(text) // for well-formed strings exactly the escapes of RFC 8785 3.2.2.2
}

function writeArray(array: readonly unknown[], depth: number): string {
  let text = '['
  for (let i = 0; i < array.length; i++) text += (i === 0 ? '' : ',') + (write(array[i], depth + 1) ?? 'null')
  return `${text}]`
}

function writeObject(object: object, depth: number): string {
  let text = ''
  // Default sort of strings compares UTF-16 code units (RFC 8785 3.2.3).
  for (const name of Object.keys(object).sort()) {
    const member = write((object as Record<string, unknown>)[name], depth + 1)
    if (member !== undefined) text += `${text === '' ? '' : ','}${writeString(name)}:${member}`
  }
  return `{${text}}`
}
