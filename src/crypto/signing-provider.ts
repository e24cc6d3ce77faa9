// Signing keys that live elsewhere (an HSM, a key service) behind the interface that VAR users know (VAR R-21).
import { TracevarError } from '../errors.js'
import type { Backend, KeyUsage, PrivateKey } from './backend.js'
import { ED25519_SIGNATURE_BYTES } from './ed25519-strict.js'
import { type Jwk, jwkOfPublicKey, publicKeyOfJwk } from './jwk.js'
import { packBatch } from './packed-batch.js'

/** Something that signs with one Ed25519 key. */
export interface SigningProvider {
  /** Ed25519 (RFC 8032) over exactly these bytes: 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
  /** The public key, kty OKP, crv Ed25519. */
  getPublicKeyJwk(): Promise<Jwk>
  readonly keyId: string
}

/** True for a value that has the members of a {@link SigningProvider}. */
export function isSigningProvider(value: unknown): value is SigningProvider {
  if (typeof value !== 'object' || value === null) return false
  const { sign, getPublicKeyJwk, keyId } = value as Partial<Record<keyof SigningProvider, unknown>>
  return typeof sign === 'function' && typeof getPublicKeyJwk === 'function' && typeof keyId === 'string'
}

/** What {@link signingProvider} makes a provider of. */
export interface KeySigner {
  readonly backend: Backend
  readonly key: PrivateKey
  readonly keyId: string
  /** What every signature of the provider counts as. */
  readonly usage: KeyUsage
}

/** A key handle as a {@link SigningProvider}. It signs until the handle is closed; it does not close it. */
export function signingProvider({ backend, key, keyId, usage }: KeySigner): SigningProvider {
  return {
    keyId,
    sign: async (bytes) => backend.ed25519SignMany([key], usage, packBatch([bytes])),
    getPublicKeyJwk: async () => ({ ...jwkOfPublicKey(key.publicKey), kid: keyId, use: 'sig', alg: 'EdDSA' }),
  }
}

/**
 * Has a provider sign, and checks the signature under the key that the provider names, before anyone relies on it.
 *
 * @returns the signature, 64 bytes, and the public key, 32 bytes.
 * @throws TracevarError `ERR_CRYPTO_SELF_CHECK` when it is no signature of these bytes under that key,
 * `ERR_CRYPTO_KEY_FORMAT` or `ERR_CRYPTO_KEY_PRIVATE` for its JWK; what the provider throws.
 */
export async function signWithProvider(
  provider: SigningProvider,
  bytes: Uint8Array,
  backend: Backend,
): Promise<{ readonly signature: Uint8Array; readonly publicKey: Uint8Array }> {
  const publicKey = publicKeyOfJwk(await provider.getPublicKeyJwk())
  // The provider gets a copy: it may keep or change what it is given.
  const answer: unknown = await provider.sign(bytes.slice())
  if (!(answer instanceof Uint8Array) || answer.length !== ED25519_SIGNATURE_BYTES) {
    throw new TracevarError('ERR_CRYPTO_SELF_CHECK', 'the signing provider gave no 64-byte signature')
  }
  const signature = new Uint8Array(answer)
  const [verdict] = await backend.ed25519VerifyMany(publicKey, signature, packBatch([bytes]))
  if (verdict !== 1) {
    throw new TracevarError('ERR_CRYPTO_SELF_CHECK', 'the signature of the signing provider does not verify')
  }
  return { signature, publicKey }
}
