// Deterministic CBOR writer (RFC 8949 4.2.1): shortest heads, definite lengths, map keys in bytewise order.
import { cborBytesMax, cborDepthMax } from '../limits.js'
import { bigintToBytes, compareBytes } from './bytes.js'
import { cborFloatBytes } from './cbor-float.js'
import { type CborOptions, type CborTag, type CborValue, failCbor } from './cbor-value.js'

const encoder = new TextEncoder()
const UINT64_MAX = 2n ** 64n - 1n

/**
 * The one deterministic encoding of a value.
 *
 * @throws TracevarError `ERR_CODEC_CBOR` for numbers that are no safe integers, floats unless allowed, lone
 * surrogates, keys with the same encoding, values outside {@link CborValue}, nesting deeper than `cborDepthMax` (so
 * cycles too), and more than `cborBytesMax` bytes.
 */
export function encodeCbor(value: CborValue, options: CborOptions = {}): Uint8Array {
  const writer = new Writer(options.floats === 'allow')
  writer.item(value, 1)
  return writer.bytes()
}

class Writer {
  readonly #takesFloats: boolean
  #buffer = new Uint8Array(256)
  #length = 0

  constructor(takesFloats: boolean) {
    this.#takesFloats = takesFloats
  }

  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }

  item(value: CborValue, depth: number): void {
    if (typeof value === 'number' || typeof value === 'bigint') this.#integer(value)
    else if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'boolean') this.#head(7, value ? 21 : 20)
    else if (value === null) this.#head(7, 22)
    else if (value === undefined) this.#head(7, 23)
    else if (typeof value !== 'object') failCbor(`a ${typeof value} has no CBOR form`)
    else if (value instanceof Uint8Array) this.#string(2, value)
    else if ('float' in value) this.#float(value.float)
    else if ('simple' in value) this.#simple(value.simple)
    else this.#container(value, depth)
  }

  #container(value: CborValue[] | Map<CborValue, CborValue> | CborTag, depth: number): void {
    if (depth > cborDepthMax) failCbor(`nesting is deeper than ${cborDepthMax}`)
    if (Array.isArray(value)) this.#array(value, depth)
    else if (value instanceof Map) this.#map(value, depth)
    else if ('tag' in value) this.#tag(value, depth)
    else failCbor('an object of this kind has no CBOR form')
  }

  #array(array: CborValue[], depth: number): void {
    this.#head(4, array.length)
    for (const item of array) this.item(item, depth + 1)
  }

  #map(map: Map<CborValue, CborValue>, depth: number): void {
    const entries = Array.from(map, ([key, value]) => {
      const writer = new Writer(this.#takesFloats)
      writer.item(key, depth + 1)
      return { key: writer.bytes(), value }
    }).sort((a, b) => compareBytes(a.key, b.key))
    this.#head(5, entries.length)
    let previous: Uint8Array | undefined
    for (const { key, value } of entries) {
      if (previous !== undefined && compareBytes(previous, key) === 0)
        failCbor('two map keys have the same encoding')
      previous = key
      this.#append(key)
      this.item(value, depth + 1)
    }
  }

  #tag({ tag, value }: CborTag, depth: number): void {
    if (typeof tag === 'number' && !Number.isSafeInteger(tag)) failCbor('tag is no integer')
    if (tag < 0 || tag > UINT64_MAX) failCbor('tag is not within 0..2^64-1')
    if (Number(tag) === 2 || Number(tag) === 3) failCbor('a bignum is a bigint here, not a tag')
    this.#head(6, tag)
    this.item(value, depth + 1)
  }

  #integer(value: number | bigint): void {
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      failCbor('number is no safe integer; floats are wrapped')
    const major = value < 0 ? 1 : 0
    const argument = value >= 0 ? value : typeof value === 'number' ? -1 - value : -1n - value
    if (argument <= UINT64_MAX) {
      this.#head(major, argument)
    } else {
      this.#head(6, 2 + major) // RFC 8949 3.4.3: a bignum only where the integer does not fit
      this.#string(2, bigintToBytes(BigInt(argument)))
    }
  }

  #text(text: string): void {
    if (!text.isWellFormed()) failCbor('string holds a lone surrogate')
    this.#string(3, encoder.encode(text))
  }

  #string(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.length)
    this.#append(bytes)
  }

  #simple(value: number): void {
    const known = Number.isInteger(value) && ((value >= 0 && value < 20) || (value >= 32 && value < 256))
    if (!known) failCbor('simple value is not within 0..19 or 32..255')
    this.#head(7, value)
  }

  #float(value: number): void {
    if (!this.#takesFloats) failCbor('floats are not allowed here')
    this.#append(cborFloatBytes(value))
  }

  #head(major: number, argument: number | bigint): void {
    this.#append(headBytes(major, argument))
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > cborBytesMax) failCbor(`item is larger than ${cborBytesMax} bytes`)
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#buffer.length))
      grown.set(this.#buffer)
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
  }
}

/** Initial byte and argument in the shortest form (RFC 8949 3 and 4.2.1). */
function headBytes(major: number, argument: number | bigint): Uint8Array {
  const top = major << 5
  const number = Number(argument)
  if (number < 24) return Uint8Array.of(top | number)
  if (number < 2 ** 8) return Uint8Array.of(top | 24, number)
  const width = number < 2 ** 16 ? 2 : number < 2 ** 32 ? 4 : 8
  const bytes = new Uint8Array(1 + width)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, top | (width === 2 ? 25 : width === 4 ? 26 : 27))
  if (width === 2) view.setUint16(1, number)
  else if (width === 4) view.setUint32(1, number)
  else view.setBigUint64(1, BigInt(argument))
  return bytes
}
