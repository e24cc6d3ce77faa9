// UTF-8, strict in both directions.
import { TracevarError } from '../errors.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of a string. A lone surrogate is refused with `ERR_CODEC_JSON_UNICODE`, never replaced. */
export function utf8Encode(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new TracevarError('ERR_CODEC_JSON_UNICODE', 'string holds a lone surrogate')
  return encoder.encode(text)
}

/** String of UTF-8 bytes. Invalid UTF-8 is refused with `ERR_CODEC_JSON_UNICODE`; a BOM is kept as U+FEFF. */
export function utf8Decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new TracevarError('ERR_CODEC_JSON_UNICODE', 'bytes are not UTF-8', { cause })
  }
}
