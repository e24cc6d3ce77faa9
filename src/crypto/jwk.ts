// Ed25519 public keys as JWK (RFC 8037).
import { base64urlDecode, base64urlEncode } from '../codec/base64.js'
import { TracevarError } from '../errors.js'
import { ED25519_KEY_BYTES } from './ed25519-strict.js'

/** A JWK as others hand it in; everything in it is looked at before use. */
export interface Jwk {
  readonly kty: string
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly kid?: string | undefined
}

/** An Ed25519 public key as we write it (VAR R-175, RFC 8037). */
export interface Ed25519PublicJwk extends Jwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  /** base64url of the 32 bytes. */
  readonly x: string
  readonly kid?: string
  readonly use?: 'sig'
  readonly alg?: 'EdDSA'
}

/** Members that only a private or secret key has (TRACE section 8, `private_key_material`). */
export const PRIVATE_JWK_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']

/** The bare public JWK of 32 bytes: `kty`, `crv`, `x`. @throws RangeError for another length. */
export function jwkOfPublicKey(publicKey: Uint8Array): Ed25519PublicJwk {
  if (publicKey.length !== ED25519_KEY_BYTES) {
    throw new RangeError(`publicKey: expected ${ED25519_KEY_BYTES} bytes, got ${publicKey.length}`)
  }
  return { kty: 'OKP', crv: 'Ed25519', x: base64urlEncode(publicKey) }
}

/** True when the JWK has a member that only a private or secret key has. */
export function hasPrivateMembers(jwk: object): boolean {
  return PRIVATE_JWK_MEMBERS.some((name) => Object.hasOwn(jwk, name))
}

/** True for a JWK that says it is an Ed25519 key. */
export function isEd25519Jwk(jwk: unknown): jwk is Jwk {
  return (
    typeof jwk === 'object' &&
    jwk !== null &&
    member(jwk, 'kty') === 'OKP' &&
    member(jwk, 'crv') === 'Ed25519'
  )
}

/**
 * The 32 bytes of an Ed25519 public JWK. `use` must be absent or `sig`, `alg` absent, `EdDSA` or `Ed25519`; other
 * members are free. A weak key is returned too: `isWeakPublicKey` tells.
 *
 * @throws TracevarError `ERR_CRYPTO_KEY_PRIVATE` for private members, `ERR_CRYPTO_KEY_FORMAT` for all else.
 */
export function publicKeyOfJwk(jwk: unknown): Uint8Array {
  if (typeof jwk === 'object' && jwk !== null && hasPrivateMembers(jwk)) {
    throw new TracevarError('ERR_CRYPTO_KEY_PRIVATE', 'JWK holds private members where a public key belongs')
  }
  if (!isEd25519Jwk(jwk)) refuse('JWK is no Ed25519 key (kty OKP, crv Ed25519)')
  const use = member(jwk, 'use')
  if (use !== undefined && use !== 'sig') refuse('JWK is not for signatures (use)')
  const alg = member(jwk, 'alg')
  if (alg !== undefined && alg !== 'EdDSA' && alg !== 'Ed25519') refuse('JWK is for another algorithm (alg)')
  const x = member(jwk, 'x')
  // 32 bytes are 43 characters; the length is looked at before the rest.
  if (typeof x !== 'string' || x.length !== 43) refuse('JWK member x is not base64url of 32 bytes')
  try {
    return base64urlDecode(x)
  } catch (cause) {
    throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', 'JWK member x is not base64url of 32 bytes', { cause })
  }
}

/** Own members only: nothing comes from a prototype. */
function member(jwk: object, name: string): unknown {
  return Object.hasOwn(jwk, name) ? (jwk as Record<string, unknown>)[name] : undefined
}

function refuse(message: string): never {
  throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', message)
}
