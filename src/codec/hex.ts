// Lower-case hexadecimal.
import { TracevarError } from '../errors.js'

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex of bytes. */
export function hexEncode(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += DIGITS[byte]
  return text
}

/** Bytes of lower-case hex. Refuses upper case, odd length, other characters, and, if given, another length. */
export function hexDecode(text: string, bytesLength?: number): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text) || (bytesLength !== undefined && text.length !== 2 * bytesLength)) {
    throw new TracevarError(
      'ERR_CODEC_HEX',
      bytesLength === undefined ? 'not lower-case hex' : `not ${2 * bytesLength} lower-case hex digits`,
    )
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}
