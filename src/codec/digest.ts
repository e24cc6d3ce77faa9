// Digest strings: `sha256:` + 64, `sha384:` + 96 lower-case hex digits (VAR R-6, TRACE A7).
import { TracevarError } from '../errors.js'
import { hexDecode, hexEncode } from './hex.js'

/** Digest algorithms that occur in digest strings, with their length in bytes. */
export const DIGEST_BYTES = { sha256: 32, sha384: 48 } as const
export type DigestAlgorithm = keyof typeof DIGEST_BYTES

const SHA256 = /^sha256:[0-9a-f]{64}$/
const ANY = /^sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96})$/

/** True for `sha256:` + 64 lower-case hex digits, nothing before or after. */
export function isSha256String(value: unknown): value is string {
  return typeof value === 'string' && SHA256.test(value)
}

/** True for a sha256 or sha384 digest string (TRACE A7). */
export function isDigestString(value: unknown): value is string {
  return typeof value === 'string' && ANY.test(value)
}

/** Digest string of digest bytes. @throws RangeError when the length does not belong to the algorithm. */
export function formatDigest(algorithm: DigestAlgorithm, digest: Uint8Array): string {
  if (digest.length !== DIGEST_BYTES[algorithm]) {
    throw new RangeError(
      `digest: expected ${DIGEST_BYTES[algorithm]} bytes for ${algorithm}, got ${digest.length}`,
    )
  }
  return `${algorithm}:${hexEncode(digest)}`
}

/** Algorithm and bytes of a digest string. @throws TracevarError `ERR_CODEC_DIGEST`. */
export function parseDigest(text: string): {
  readonly algorithm: DigestAlgorithm
  readonly digest: Uint8Array
} {
  if (!isDigestString(text))
    throw new TracevarError('ERR_CODEC_DIGEST', 'not a sha256 or sha384 digest string')
  return { algorithm: text.startsWith('sha256:') ? 'sha256' : 'sha384', digest: hexDecode(text.slice(7)) }
}
