// RFC 7638 JWK thumbprints.
import { base64urlEncode } from '../codec/base64.js'
import { utf8Encode } from '../codec/utf8.js'
import { sha256 } from './hash.js'

/** Required members by key type, in the order of RFC 7638 3.3 (RFC 8037 2 for OKP). */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  OKP: ['crv', 'kty', 'x'],
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
}

/**
 * Thumbprint of a JWK: base64url of the SHA-256 over its required members (RFC 7638), 43 characters. Other members
 * change nothing. Member values are taken as they are written; whether they form a key is not looked at.
 *
 * @returns undefined when `jwk` is no object, its `kty` is none of OKP, EC and RSA, or a required member is missing
 * or no well-formed string.
 */
export function jwkThumbprint(jwk: unknown): string | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  const values = new Map(Object.entries(jwk))
  const kty: unknown = values.get('kty')
  if (typeof kty !== 'string' || !Object.hasOwn(REQUIRED, kty)) return undefined
  const members: string[] = []
  for (const name of REQUIRED[kty] ?? []) {
    const value: unknown = values.get(name)
    if (typeof value !== 'string' || !value.isWellFormed()) return undefined
    members.push(`"${name}":${JSON.stringify(value)}`)
  }
  return base64urlEncode(sha256(utf8Encode(`{${members.join(',')}}`)))
}
