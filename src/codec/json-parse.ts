// Strict JSON reader (RFC 8259, I-JSON RFC 7493): positions in errors, no duplicate names, no lone surrogates,
// no integer that a double would change, nothing after the value. DESIGN decision 2.
import { type ErrorCode, ParseError, type TextPosition, TracevarError } from '../errors.js'
import { jsonBytesMax, jsonDepthMax, jsonValuesMax } from '../limits.js'
import type { JsonObject, JsonValue } from './json-value.js'
import { utf8Decode } from './utf8.js'

/** Options of {@link parseJson}. */
export interface JsonParseOptions {
  /** Largest text, bytes (characters for a string input). Left out: `jsonBytesMax`. */
  readonly bytesMax?: number
  /** Deepest nesting of arrays and objects. Left out: `jsonDepthMax`. */
  readonly depthMax?: number
  /**
   * What to do with integers beyond ±(2^53-1), in any spelling: `refuse` (signed objects, the default), `exact`
   * (take those that a double carries exactly, such as 1e+21; for VAR receipts, VAR 3.6 b), or `double` (round as
   * ECMAScript does; for policy numbers and foreign data that is never signed). `refuse` and `exact` also refuse other
   * numbers that a double changes, such as 1e-400 or 0.1000000000000000000001: two spellings that parse alike say one
   * number. Numbers that overflow to infinity are refused always.
   */
  readonly largeIntegers?: 'refuse' | 'exact' | 'double'
}

/**
 * Reads one JSON value. Bytes must be UTF-8. Objects get a null prototype, so `__proto__` is a name like any other.
 *
 * @throws ParseError with `ERR_CODEC_JSON_SYNTAX`, `_DUPLICATE_NAME`, `_UNSAFE_NUMBER`, `_UNICODE`, `_DEPTH` or
 * `_SIZE` (also for more than `jsonValuesMax` values) and the position (offset, line and column count UTF-16 units).
 */
export function parseJson(input: Uint8Array | string, options: JsonParseOptions = {}): JsonValue {
  const bytesMax = options.bytesMax ?? jsonBytesMax
  if (input.length > bytesMax)
    throw new ParseError('ERR_CODEC_JSON_SIZE', `JSON text is larger than ${bytesMax} bytes`, START)
  return new Reader(typeof input === 'string' ? input : decode(input), options).read()
}

const START: TextPosition = { offset: 0, line: 1, column: 1 }

function decode(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch (error) {
    if (!(error instanceof TracevarError)) throw error
    throw new ParseError('ERR_CODEC_JSON_UNICODE', 'text is not UTF-8', START)
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
/** A run of characters that stand for themselves in a string. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 section 7 excludes exactly these
const PLAIN = /[^"\\\u0000-\u001f]*/y
/** Integers of at most 15 digits, which a double always carries. */
const PLAIN_INTEGER = /^-?[0-9]{1,15}$/
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reader {
  readonly #text: string
  readonly #depthMax: number
  readonly #largeIntegers: JsonParseOptions['largeIntegers']
  #at = 0
  #values = 0

  constructor(text: string, options: JsonParseOptions) {
    this.#text = text
    this.#depthMax = options.depthMax ?? jsonDepthMax
    this.#largeIntegers = options.largeIntegers
  }

  read(): JsonValue {
    this.#skipBlanks()
    const value = this.#value(1)
    this.#skipBlanks()
    if (this.#at < this.#text.length) this.#fail('ERR_CODEC_JSON_SYNTAX', 'something follows the JSON value')
    return value
  }

  #value(depth: number): JsonValue {
    if (++this.#values > jsonValuesMax) this.#fail('ERR_CODEC_JSON_SIZE', `more than ${jsonValuesMax} values`)
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #object(depth: number): JsonObject {
    this.#enter(depth)
    const object: JsonObject = Object.create(null)
    if (this.#take('}')) return object
    do {
      this.#skipBlanks()
      const nameAt = this.#at
      if (this.#text[nameAt] !== '"') this.#fail('ERR_CODEC_JSON_SYNTAX', 'expected a member name')
      const name = this.#string()
      // No value is undefined and the prototype is null, so this is `name in object`, which takes V8 twice as long.
      if (object[name] !== undefined)
        this.#fail('ERR_CODEC_JSON_DUPLICATE_NAME', 'member name occurs twice', nameAt)
      if (!this.#take(':')) this.#fail('ERR_CODEC_JSON_SYNTAX', 'expected ":"')
      this.#skipBlanks()
      object[name] = this.#value(depth + 1)
    } while (this.#take(','))
    if (!this.#take('}')) this.#fail('ERR_CODEC_JSON_SYNTAX', 'expected "," or "}"')
    return object
  }

  #array(depth: number): JsonValue[] {
    this.#enter(depth)
    const array: JsonValue[] = []
    if (this.#take(']')) return array
    do {
      this.#skipBlanks()
      array.push(this.#value(depth + 1))
    } while (this.#take(','))
    if (!this.#take(']')) this.#fail('ERR_CODEC_JSON_SYNTAX', 'expected "," or "]"')
    return array
  }

  #enter(depth: number): void {
    if (depth > this.#depthMax) this.#fail('ERR_CODEC_JSON_DEPTH', `nesting is deeper than ${this.#depthMax}`)
    this.#at++
  }

  #string(): string {
    const start = this.#at++
    let text = this.#plain()
    for (;;) {
      const char = this.#text[this.#at]
      if (char === '"') break
      if (char !== '\\') {
        this.#fail(
          'ERR_CODEC_JSON_SYNTAX',
          char === undefined ? 'string has no end' : 'control character in a string',
        )
      }
      text += this.#escape()
      text += this.#plain()
    }
    this.#at++
    if (!text.isWellFormed()) this.#fail('ERR_CODEC_JSON_UNICODE', 'string holds a lone surrogate', start)
    return text
  }

  #plain(): string {
    PLAIN.lastIndex = this.#at
    PLAIN.test(this.#text)
    const start = this.#at
    this.#at = PLAIN.lastIndex
    return this.#text.slice(start, this.#at)
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? ''
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(digits))
        this.#fail('ERR_CODEC_JSON_SYNTAX', 'expected four hex digits after \\u')
      this.#at += 6
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const char = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
    if (char === undefined) this.#fail('ERR_CODEC_JSON_SYNTAX', 'unknown escape in a string')
    this.#at += 2
    return char
  }

  #number(): number {
    NUMBER.lastIndex = this.#at
    if (!NUMBER.test(this.#text)) {
      this.#fail(
        'ERR_CODEC_JSON_SYNTAX',
        this.#at < this.#text.length ? 'expected a JSON value' : 'text ends too early',
      )
    }
    const start = this.#at
    this.#at = NUMBER.lastIndex
    const text = this.#text.slice(start, this.#at)
    const value = Number(text)
    if (!Number.isFinite(value)) this.#fail('ERR_CODEC_JSON_UNSAFE_NUMBER', 'number is out of range', start)
    if (this.#largeIntegers !== 'double') this.#checkNumber(text, value, start)
    return value
  }

  /** Refuses a spelling that a double changes: two texts that parse alike must not say two numbers. */
  #checkNumber(text: string, value: number, start: number): void {
    if (this.#largeIntegers !== 'exact' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#fail('ERR_CODEC_JSON_UNSAFE_NUMBER', 'integer is beyond 2^53-1', start)
    }
    if (PLAIN_INTEGER.test(text)) return
    // The shortest text of a huge integer has other digits than its exact value; of a fraction it is the one spelling.
    const carried = Number.isInteger(value) ? String(BigInt(value)) : String(value)
    if (significantDigits(text) !== significantDigits(carried)) {
      this.#fail('ERR_CODEC_JSON_UNSAFE_NUMBER', 'number is not what a double carries', start)
    }
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('ERR_CODEC_JSON_SYNTAX', 'expected a JSON value')
    this.#at += word.length
    return value
  }

  /** Skips blanks, then takes `char` if it is next. */
  #take(char: string): boolean {
    this.#skipBlanks()
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  #fail(code: ErrorCode, message: string, offset = this.#at): never {
    const before = this.#text.slice(0, offset)
    const line = before.split('\n').length
    const column = offset - before.lastIndexOf('\n')
    throw new ParseError(code, message, { offset, line, column })
  }
}

/**
 * Digits of a number's text without sign, point, exponent, and zeros at both ends. Of two texts that round to the
 * same double, equal significant digits mean equal numbers, however long the texts are.
 */
function significantDigits(text: string): string {
  const digits = text.replace(/[eE].*/, '').replace(/[-.]/g, '')
  let start = 0
  let end = digits.length
  while (digits[start] === '0') start++
  while (digits[end - 1] === '0') end--
  return digits.slice(start, end)
}
