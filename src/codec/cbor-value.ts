// The CBOR data model of our codec (RFC 8949), and what its two halves share.
import { TracevarError } from '../errors.js'

/**
 * A CBOR value. Integers are numbers within ±(2^53-1) and bigints beyond; floats are wrapped, so that the two never
 * mix. Bignums (tags 2 and 3) are bigints, never a {@link CborTag}.
 */
export type CborValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | CborValue[]
  | Map<CborValue, CborValue>
  | CborTag
  | CborSimple
  | CborFloat

/** A tagged value (major type 6). The tag is 0..2^64-1 except 2 and 3. */
export interface CborTag {
  readonly tag: number | bigint
  readonly value: CborValue
}

/** A simple value without a meaning of its own: 0..19 or 32..255. */
export interface CborSimple {
  readonly simple: number
}

/** A floating-point number, also when it is whole. */
export interface CborFloat {
  readonly float: number
}

/** Options of both directions. */
export interface CborOptions {
  /** What to do with floats. Left out: `refuse`, because signed bodies have none (DESIGN decision 3). */
  readonly floats?: 'refuse' | 'allow'
}

/** Refuses bytes or a value. */
export function failCbor(message: string): never {
  throw new TracevarError('ERR_CODEC_CBOR', message)
}
