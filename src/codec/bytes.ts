// Byte strings: their order, and unsigned integers of any size as big-endian bytes.
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

/** Negative, 0 or positive as `a` sorts before, with or after `b`, byte by byte; a prefix sorts first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
