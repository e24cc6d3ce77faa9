// Unsigned integers of any size as big-endian bytes.
import { hexDecode, hexEncode } from './hex.js'

/** The unsigned integer that big-endian bytes stand for; 0 for no bytes. */
export function bigintFromBytes(bytes: Uint8Array): bigint {
  return BigInt(`0x0${hexEncode(bytes)}`)
}

/** Shortest big-endian bytes of an unsigned integer; no bytes for 0. */
export function bigintToBytes(value: bigint): Uint8Array {
  const digits = value === 0n ? '' : value.toString(16)
  return hexDecode(digits.length % 2 === 0 ? digits : `0${digits}`)
}
