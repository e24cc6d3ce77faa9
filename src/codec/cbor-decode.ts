// Strict CBOR reader: takes exactly what cbor-encode.ts writes (RFC 8949 4.2.1).
import { cborBytesMax, cborDepthMax, cborItemsMax } from '../limits.js'
import { bigintFromBytes, compareBytes } from './bytes.js'
import { cborFloatBytes, halfValue } from './cbor-float.js'
import { type CborOptions, type CborValue, failCbor } from './cbor-value.js'
import { utf8Decode } from './utf8.js'

/**
 * Reads exactly one deterministic item; `encodeCbor` of the result gives the same bytes. Refused: indefinite lengths,
 * heads and floats and bignums not in their shortest form, map keys unsorted or twice, invalid UTF-8, reserved heads,
 * floats unless allowed, trailing bytes, and more than `cborBytesMax`, `cborDepthMax` or `cborItemsMax`. Byte strings
 * are copies.
 *
 * @throws TracevarError `ERR_CODEC_CBOR` with the offset.
 */
export function decodeCbor(bytes: Uint8Array, options: CborOptions = {}): CborValue {
  if (bytes.length > cborBytesMax) failCbor(`item is larger than ${cborBytesMax} bytes`)
  return new Reader(bytes, options.floats === 'allow').read()
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #takesFloats: boolean
  #at = 0
  #items = 0

  constructor(bytes: Uint8Array, takesFloats: boolean) {
    // Plain views: slice() of a Buffer would alias the input.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#takesFloats = takesFloats
  }

  read(): CborValue {
    const value = this.#item(1)
    if (this.#at < this.#bytes.length) this.#fail('bytes follow the item')
    return value
  }

  #item(depth: number): CborValue {
    if (++this.#items > cborItemsMax) this.#fail(`more than ${cborItemsMax} data items`)
    const start = this.#at
    const initial = this.#bytes[this.#take(1)] ?? 0
    const major = initial >> 5
    const info = initial & 0x1f
    if (major === 7) return this.#simpleOrFloat(info, start)
    const argument = this.#argument(info, start)
    if (major === 0) return argument
    if (major === 1) return negative(argument)
    if (major === 2) return this.#string(argument)
    if (major === 3) return this.#text(argument)
    if (depth > cborDepthMax) this.#fail(`nesting is deeper than ${cborDepthMax}`, start)
    if (major === 4) return this.#array(argument, depth)
    if (major === 5) return this.#map(argument, depth)
    return this.#tag(argument, depth)
  }

  /** Argument of a head; a number where it is a safe integer. */
  #argument(info: number, start: number): number | bigint {
    if (info < 24) return info
    if (info > 27) this.#fail(info === 31 ? 'indefinite length' : 'reserved head', start)
    const width = 1 << (info - 24)
    const at = this.#take(width)
    let argument: number | bigint
    if (width === 1) argument = this.#view.getUint8(at)
    else if (width === 2) argument = this.#view.getUint16(at)
    else if (width === 4) argument = this.#view.getUint32(at)
    else argument = this.#view.getBigUint64(at)
    const least = width === 1 ? 24 : 2 ** (4 * width)
    if (argument < least) this.#fail('head is not in its shortest form', start)
    return argument <= Number.MAX_SAFE_INTEGER ? Number(argument) : argument
  }

  #string(length: number | bigint): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.slice(at, this.#at)
  }

  #text(length: number | bigint): string {
    const at = this.#take(length)
    try {
      return utf8Decode(this.#bytes.subarray(at, this.#at))
    } catch {
      return this.#fail('text is not UTF-8', at)
    }
  }

  #array(length: number | bigint, depth: number): CborValue[] {
    this.#need(length)
    const array: CborValue[] = []
    for (let i = 0; i < length; i++) array.push(this.#item(depth + 1))
    return array
  }

  #map(length: number | bigint, depth: number): Map<CborValue, CborValue> {
    this.#need(length)
    const map = new Map<CborValue, CborValue>()
    let previous: Uint8Array | undefined
    for (let i = 0; i < length; i++) {
      const start = this.#at
      const key = this.#item(depth + 1)
      const bytes = this.#bytes.subarray(start, this.#at)
      if (previous !== undefined && compareBytes(previous, bytes) >= 0)
        this.#fail('map keys are not in order, or one occurs twice', start)
      previous = bytes
      map.set(key, this.#item(depth + 1))
    }
    return map
  }

  #tag(tag: number | bigint, depth: number): CborValue {
    const start = this.#at
    const value = this.#item(depth + 1)
    if (tag !== 2 && tag !== 3) return { tag, value }
    // RFC 8949 3.4.3: a bignum has no leading zero and does not fit into 64 bits.
    if (!(value instanceof Uint8Array) || value.length <= 8 || value[0] === 0)
      return this.#fail('bignum is not in its shortest form', start)
    return tag === 2 ? bigintFromBytes(value) : negative(bigintFromBytes(value))
  }

  #simpleOrFloat(info: number, start: number): CborValue {
    if (info === 20 || info === 21) return info === 21
    if (info === 22) return null
    if (info === 23) return undefined
    if (info < 20) return { simple: info }
    if (info === 24) {
      const simple = this.#view.getUint8(this.#take(1))
      if (simple < 32) this.#fail('simple value is not in its shortest form', start)
      return { simple }
    }
    if (info > 27) this.#fail(info === 31 ? 'break without a beginning' : 'reserved head', start)
    return this.#float(info, start)
  }

  #float(info: number, start: number): CborValue {
    if (!this.#takesFloats) this.#fail('floats are not allowed here', start)
    const at = this.#take(1 << (info - 24))
    let float: number
    if (info === 25) float = halfValue(this.#view.getUint16(at))
    else if (info === 26) float = this.#view.getFloat32(at)
    else float = this.#view.getFloat64(at)
    if (compareBytes(cborFloatBytes(float), this.#bytes.subarray(start, this.#at)) !== 0)
      this.#fail('float is not in its shortest form', start)
    return { float }
  }

  /** Steps over so many bytes and returns where they begin. */
  #take(length: number | bigint): number {
    this.#need(length)
    const at = this.#at
    this.#at += Number(length)
    return at
  }

  /** Every byte, and every item of an array or map, takes at least one byte: no length is believed before. */
  #need(length: number | bigint): void {
    if (length > this.#bytes.length - this.#at) this.#fail('item is cut off')
  }

  #fail(message: string, offset = this.#at): never {
    return failCbor(`${message} (offset ${offset})`)
  }
}

/** -1 - argument (RFC 8949 3.1); a number where it is a safe integer. */
function negative(argument: number | bigint): number | bigint {
  return argument < Number.MAX_SAFE_INTEGER ? -1 - Number(argument) : -1n - BigInt(argument)
}
