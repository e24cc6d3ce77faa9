// The key a verifier trusts, in the forms a caller may hold it.
import type { JsonObject } from '../codec/json-value.js'
import { hasPrivateMembers, type Jwk, jwkOfPublicKey, publicKeyOfJwk } from '../crypto/jwk.js'
import type { KeySet } from '../crypto/key-set.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import { TracevarError } from '../errors.js'
import { member } from './plain.js'
import type { PublicJwk } from './types.js'

/**
 * A trusted key: a public JWK, 32 bytes, or a key set (of which the one with the thumbprint of `cnf.jwk` is taken).
 * Null or undefined: none.
 */
export type TrustedKey = Jwk | PublicJwk | Uint8Array | Pick<KeySet, 'all'> | null | undefined

/** What verification needs of the trusted key. */
export interface ResolvedKey {
  /** RFC 7638; undefined when it cannot be computed. */
  readonly thumbprint: string | undefined
  /** Names under which a revocation store may list it. Never from the record. */
  readonly kids: readonly string[]
  /** 32 bytes; undefined when the key is no Ed25519 signature key. */
  readonly publicKey: Uint8Array | undefined
}

/** True when the caller's own trusted key carries private members. */
export function isPrivateTrustedKey(trusted: TrustedKey): boolean {
  return typeof trusted === 'object' && trusted !== null && hasPrivateMembers(trusted)
}

/**
 * The trusted key for a record; undefined when there is none. `allowEmbedded` takes `cnf.jwk` itself where no key is
 * given. A key of no known form resolves to one without thumbprint, which matches nothing.
 */
export function resolveTrustedKey(
  trusted: TrustedKey,
  record: JsonObject,
  allowEmbedded: boolean,
): ResolvedKey | undefined {
  const cnf = member(member(record, 'cnf'), 'jwk')
  if (trusted === null || trusted === undefined)
    return allowEmbedded ? { ...ofJwk(cnf), kids: [] } : undefined
  if (trusted instanceof Uint8Array) return ofBytes(trusted)
  if (isKeySet(trusted)) return fromSet(trusted, jwkThumbprint(cnf))
  return ofJwk(trusted)
}

function isKeySet(trusted: Jwk | PublicJwk | Pick<KeySet, 'all'>): trusted is Pick<KeySet, 'all'> {
  return typeof (trusted as Partial<KeySet>).all === 'function'
}

/** The key of a set that `cnf.jwk` names; a lone key stands for itself, so that it is looked up as revoked too. */
function fromSet(set: Pick<KeySet, 'all'>, cnfThumbprint: string | undefined): ResolvedKey | undefined {
  const keys = set.all().map((entry) => ofBytes(entry.publicKey, entry.keyId ?? undefined))
  if (keys.length <= 1) return keys[0]
  const named = keys.filter(({ thumbprint }) => thumbprint !== undefined && thumbprint === cnfThumbprint)
  // One key may have several names, and be revoked under any of them.
  const kids = named.flatMap((key) => key.kids)
  return { thumbprint: named[0]?.thumbprint, publicKey: named[0]?.publicKey, kids }
}

function ofBytes(publicKey: Uint8Array, kid?: string): ResolvedKey {
  const kids = kid === undefined ? [] : [kid]
  if (publicKey.length !== 32) return { thumbprint: undefined, kids, publicKey: undefined }
  return { thumbprint: jwkThumbprint(jwkOfPublicKey(publicKey)), kids, publicKey }
}

function ofJwk(jwk: unknown): ResolvedKey {
  const kid = member(jwk, 'kid')
  return {
    thumbprint: jwkThumbprint(jwk),
    kids: typeof kid === 'string' ? [kid] : [],
    publicKey: ed25519Bytes(jwk),
  }
}

function ed25519Bytes(jwk: unknown): Uint8Array | undefined {
  try {
    return publicKeyOfJwk(jwk)
  } catch (error) {
    if (error instanceof TracevarError) return undefined
    throw error
  }
}
