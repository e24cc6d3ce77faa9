// Lower-case hexadecimal.
import { TracevarError } from '../errors.js'

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex of bytes. */
export function hexEncode(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += DIGITS[byte]
  return text
}

/**
 * Bytes of lower-case hex. Refuses upper case, odd length, other characters, and, if given, another length.
 *
 * @throws TracevarError `ERR_CODEC_HEX`.
 */
export function hexDecode(text: string, bytesLength?: number): Uint8Array {
  if (text.length % 2 !== 0 || (bytesLength !== undefined && text.length !== 2 * bytesLength))
    refuse(bytesLength)
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = digitValue(text.charCodeAt(2 * i))
    const low = digitValue(text.charCodeAt(2 * i + 1))
    if (high < 0 || low < 0) refuse(bytesLength)
    bytes[i] = (high << 4) | low
  }
  return bytes
}

function digitValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x61 && code <= 0x66 ? code - 0x61 + 10 : -1
}

function refuse(bytesLength: number | undefined): never {
  const expected = bytesLength === undefined ? 'lower-case hex' : `${2 * bytesLength} lower-case hex digits`
  throw new TracevarError('ERR_CODEC_HEX', `not ${expected}`)
}
