// SHA-256 for code that is synchronous and must also run in a browser. Bulk hashing goes through a back end.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { formatDigest } from '../codec/digest.js'

/** SHA-256 of bytes: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

/** SHA-256 of bytes as a digest string, `sha256:` and 64 lower-case hex digits (VAR R-6). */
export function sha256String(bytes: Uint8Array): string {
  return formatDigest('sha256', nobleSha256(bytes))
}
