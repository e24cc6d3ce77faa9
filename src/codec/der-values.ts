// Values of primitive DER elements, each in its one spelling (X.690 8 and 11).
import { derOidBytesMax } from '../limits.js'
import { bigintFromBytes } from './bytes.js'
import { type DerNode, expectDer, failDer, isDer } from './der.js'

/**
 * Object identifier in dotted form. Refuses arcs that are padded or cut off and more than `derOidBytesMax` bytes.
 *
 * @throws TracevarError `ERR_CODEC_DER`, as all functions here.
 */
export function derOid(node: DerNode): string {
  const { contents, offset } = expectDer(node, 'OBJECT IDENTIFIER')
  if (contents.length > derOidBytesMax)
    failDer(`object identifier is longer than ${derOidBytesMax} bytes`, offset)
  const arcs: bigint[] = []
  let arc = 0n
  let begun = false
  for (const octet of contents) {
    if (!begun && octet === 0x80) failDer('arc of an object identifier is padded', offset)
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    begun = octet >= 0x80
    if (begun) continue
    arcs.push(arc)
    arc = 0n
  }
  const [first, ...rest] = arcs
  if (first === undefined || begun) failDer('object identifier is cut off', offset)
  const root = first < 80n ? first / 40n : 2n // X.690 8.19.4: the first two arcs share a number
  return [root, first - root * 40n, ...rest].join('.')
}

/** INTEGER of any size. Refuses padding. */
export function derInteger(node: DerNode): bigint {
  const { contents, offset } = expectDer(node, 'INTEGER')
  const [first, second] = contents
  if (first === undefined) failDer('integer has no contents', offset)
  // X.690 8.3.2: the first nine bits are neither all zero nor all one.
  if (second !== undefined && (first === 0 || first === 0xff) && first >> 7 === second >> 7)
    failDer('integer is padded', offset)
  const unsigned = bigintFromBytes(contents)
  return first < 0x80 ? unsigned : unsigned - (1n << BigInt(8 * contents.length))
}

/** INTEGER within ±(2^53-1). */
export function derSmallInteger(node: DerNode): number {
  const value = Number(derInteger(node))
  if (!Number.isSafeInteger(value)) failDer('integer is beyond 2^53-1', node.offset)
  return value
}

/** BOOLEAN: 00 or FF (X.690 11.1). */
export function derBoolean(node: DerNode): boolean {
  const { contents, offset } = expectDer(node, 'BOOLEAN')
  if (contents.length !== 1 || (contents[0] !== 0 && contents[0] !== 0xff)) failDer('bad boolean', offset)
  return contents[0] === 0xff
}

/** Contents of an OCTET STRING, a view into the input. */
export function derOctetString(node: DerNode): Uint8Array {
  return expectDer(node, 'OCTET STRING').contents
}

/** Bytes of a BIT STRING of whole bytes (keys, signatures), a view into the input. Refuses unused bits. */
export function derBitString(node: DerNode): Uint8Array {
  const { contents, offset } = expectDer(node, 'BIT STRING')
  if (contents[0] !== 0) failDer('bit string has unused bits or no contents', offset)
  return contents.subarray(1)
}

const UTC_TIME = /^\d{12}Z$/
const GENERALIZED_TIME = /^\d{14}(?:\.\d*[1-9])?Z$/

/**
 * Epoch milliseconds of a UTCTime (`YYMMDDhhmmssZ`, years 1950..2049) or a GeneralizedTime (`YYYYMMDDhhmmss[.f]Z`;
 * what lies below a millisecond is cut off). Refuses other zones, missing seconds, fractions that end in 0
 * (X.690 11.7, 11.8), and dates and times that do not exist, leap seconds included.
 */
export function derTime(node: DerNode): number {
  const isUtc = isDer(node, 'UTCTime')
  const { contents, offset } = isUtc ? node : expectDer(node, 'GeneralizedTime')
  let text = ''
  for (const octet of contents) text += String.fromCharCode(octet)
  if (!(isUtc ? UTC_TIME : GENERALIZED_TIME).test(text)) failDer('time is not in the form of DER', offset)
  if (isUtc) text = (text < '50' ? '20' : '19') + text // RFC 5280 4.1.2.5.1
  const iso = text.slice(0, 14).replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6')
  const ms = Date.parse(`${iso}Z`)
  // Date.parse takes 30 February and 24:00 for the day after.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== iso)
    failDer('date or time does not exist', offset)
  return ms + Number(text.slice(15, -1).slice(0, 3).padEnd(3, '0'))
}
