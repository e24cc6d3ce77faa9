// base64url without padding (RFC 4648 section 5) and plain base64 (section 4): one spelling only.
import { TracevarError } from '../errors.js'
import { utf8Decode } from './utf8.js'

const URL_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const STD_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Unpadded base64url of bytes. */
export function base64urlEncode(bytes: Uint8Array): string {
  return encode(bytes, URL_ALPHABET)
}

/**
 * Bytes of unpadded base64url. Refuses padding, the other alphabet, blanks, and unused bits that are not zero.
 *
 * @throws TracevarError `ERR_CODEC_BASE64`.
 */
export function base64urlDecode(text: string): Uint8Array {
  return decode(text, URL_VALUES)
}

/** Padded base64 of bytes. */
export function base64Encode(bytes: Uint8Array): string {
  const text = encode(bytes, STD_ALPHABET)
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/**
 * Bytes of padded base64. Refuses missing padding, the other alphabet, blanks, and unused bits that are not zero.
 *
 * @throws TracevarError `ERR_CODEC_BASE64`.
 */
export function base64Decode(text: string): Uint8Array {
  if (text.length % 4 !== 0) refuse()
  const pads = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return decode(text.slice(0, text.length - pads), STD_VALUES)
}

function refuse(): never {
  throw new TracevarError('ERR_CODEC_BASE64', 'not canonical base64')
}

function encode(bytes: Uint8Array, alphabet: string): string {
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3)) // a string grown by single characters is slow to read
  let bits = 0
  let count = 0
  let at = 0
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    count += 8
    while (count >= 6) {
      count -= 6
      codes[at++] = alphabet.charCodeAt((bits >> count) & 63)
    }
    bits &= (1 << count) - 1
  }
  if (count > 0) codes[at] = alphabet.charCodeAt((bits << (6 - count)) & 63)
  return utf8Decode(codes)
}

/** Value of each character of an alphabet by its code; -1 for all others. */
function digitValues(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1)
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i
  return values
}

const URL_VALUES = digitValues(URL_ALPHABET)
const STD_VALUES = digitValues(STD_ALPHABET)

function decode(text: string, values: Int8Array): Uint8Array {
  if (text.length % 4 === 1) refuse()
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let count = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const digit = values[text.charCodeAt(i)] ?? -1
    if (digit < 0) refuse()
    bits = (bits << 6) | digit
    count += 6
    if (count >= 8) {
      count -= 8
      bytes[at++] = bits >> count
      bits &= (1 << count) - 1
    }
  }
  if (bits !== 0) refuse() // unused bits must be zero
  return bytes
}
