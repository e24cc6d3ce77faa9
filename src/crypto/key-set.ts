// Public keys that a verifier trusts: one bare key, or a set by key_id (VAR R-32). They come from the caller, never
// from the file that is checked.
import { hexDecode } from '../codec/hex.js'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonValue } from '../codec/json-value.js'
import { utf8Decode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import { keyFileBytesMax, keySetKeysMax } from '../limits.js'
import { ED25519_KEY_BYTES } from './ed25519-strict.js'
import { hasPrivateMembers, isEd25519Jwk, publicKeyOfJwk } from './jwk.js'
import { readSpkiPem } from './pkcs8.js'

export { isWeakPublicKey } from './ed25519-strict.js'

/** One key of a set. `keyId` is null when nobody named the key. */
export interface KeySetEntry {
  readonly keyId: string | null
  /** 32 bytes. Weak keys are not refused here: the verifier says so (`isWeakPublicKey`). */
  readonly publicKey: Uint8Array
}

/** Trusted public keys. `single`: one bare key, which answers for every key_id. `set`: each key for its own. */
export interface KeySet {
  readonly kind: 'single' | 'set'
  /** The key for a key_id: 32 bytes, a copy. */
  resolve(keyId: string): Uint8Array | undefined
  /** All keys, copies, in the order in which they were given. */
  all(): readonly KeySetEntry[]
}

/** True for 1 to 64 of `A-Z a-z 0-9 _ -` (VAR R-26). To be asked before a key_id becomes part of a path or address. */
export function isValidKeyId(value: unknown): value is string {
  return typeof value === 'string' && /^[a-zA-Z0-9_-]{1,64}$/.test(value)
}

/** One bare key. @throws RangeError when it is not 32 bytes. */
export function singleKey(publicKey: Uint8Array, keyId: string | null = null): KeySet {
  return keySet('single', [{ keyId, publicKey }])
}

/**
 * A set of keys. An entry without key_id is listed but never resolved.
 *
 * @throws TracevarError `ERR_CRYPTO_KEY_FORMAT` for a key_id that occurs twice, and for none or more than
 * `keySetKeysMax` entries; RangeError for a key that is not 32 bytes.
 */
export function keySetOf(entries: readonly KeySetEntry[]): KeySet {
  return keySet('set', entries)
}

function keySet(kind: KeySet['kind'], given: readonly KeySetEntry[]): KeySet {
  if (given.length === 0 || given.length > keySetKeysMax) {
    refuse(`key set: expected 1 to ${keySetKeysMax} Ed25519 keys, got ${given.length}`)
  }
  const entries = given.map(({ keyId, publicKey }) => {
    if (publicKey.length !== ED25519_KEY_BYTES) {
      throw new RangeError(`publicKey: expected ${ED25519_KEY_BYTES} bytes, got ${publicKey.length}`)
    }
    return { keyId, publicKey: publicKey.slice() }
  })
  const byId = new Map<string, Uint8Array>()
  for (const { keyId, publicKey } of entries) {
    if (keyId === null) continue
    if (byId.has(keyId)) refuse('key set: a key_id occurs twice')
    byId.set(keyId, publicKey)
  }
  return {
    kind,
    resolve: (keyId) => (kind === 'single' ? entries[0]?.publicKey : byId.get(keyId))?.slice(),
    all: () => entries.map(({ keyId, publicKey }) => ({ keyId, publicKey: publicKey.slice() })),
  }
}

/**
 * Reads a key file: a JWK, a JWKS, a PEM (SPKI) or 64 lower-case hex digits. A JWKS may hold keys of other types,
 * which are passed over (RFC 7517 section 5).
 *
 * @param name of the file, for messages.
 * @throws TracevarError `ERR_CRYPTO_KEY_PRIVATE` when it holds a private key, `ERR_CRYPTO_KEY_FORMAT` for all else.
 */
export function parseKeyFile(bytes: Uint8Array, name: string): KeySet {
  try {
    if (bytes.length > keyFileBytesMax) refuse(`larger than ${keyFileBytesMax} bytes`)
    const text = utf8Decode(bytes)
    if (text.trimStart().startsWith('{')) return parseJwkOrSet(parseJson(text))
    if (text.startsWith('-----BEGIN ')) return singleKey(readSpkiPem(text))
    const hex = text.trimEnd()
    if (hex.length === 2 * ED25519_KEY_BYTES) return singleKey(hexDecode(hex))
    return refuse('neither JWK, JWKS, PEM nor 64 hex digits')
  } catch (cause) {
    if (!(cause instanceof TracevarError)) throw cause
    const code = cause.code === 'ERR_CRYPTO_KEY_PRIVATE' ? cause.code : 'ERR_CRYPTO_KEY_FORMAT'
    throw new TracevarError(code, `${name}: ${cause.message}`, { cause })
  }
}

function parseJwkOrSet(value: JsonValue): KeySet {
  if (!isJsonObject(value)) return refuse('not a JSON object')
  const { keys } = value
  if (keys === undefined) return singleKey(publicKeyOfJwk(value), keyIdOf(value))
  if (!Array.isArray(keys)) return refuse('JWKS member keys is not an array')
  const entries: KeySetEntry[] = []
  for (const jwk of keys) {
    if (!isJsonObject(jwk)) return refuse('JWKS holds something that is no object')
    // Also for keys that are passed over: a file with a private key in it is no file to hand around.
    if (hasPrivateMembers(jwk) || isEd25519Jwk(jwk)) {
      entries.push({ keyId: keyIdOf(jwk), publicKey: publicKeyOfJwk(jwk) })
    }
  }
  return keySetOf(entries)
}

function keyIdOf(jwk: { readonly kid?: JsonValue }): string | null {
  const { kid } = jwk
  if (kid !== undefined && typeof kid !== 'string') return refuse('JWK member kid is not a string')
  return kid ?? null
}

function refuse(message: string): never {
  throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', message)
}
