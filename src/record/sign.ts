// Signs Trust Records: embedded Ed25519 over the JCS bytes of everything but the signature (TRACE B1, B2).
import type { EvidenceReport } from '../attest/evidence.js'
import { base64urlEncode } from '../codec/base64.js'
import { jcsBytes } from '../codec/jcs.js'
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import type { PrivateKey, SyncBackend } from '../crypto/backend.js'
import { type Ed25519PublicJwk, hasPrivateMembers, jwkOfPublicKey, publicKeyOfJwk } from '../crypto/jwk.js'
import { packBatch } from '../crypto/packed-batch.js'
import { createPureBackend } from '../crypto/pure-backend.js'
import { type SigningProvider, signWithProvider } from '../crypto/signing-provider.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import { TracevarError } from '../errors.js'
import { member, plainCopy } from './plain.js'
import { validateRecord } from './shape.js'
import type { SignedTrustRecord, UnsignedTrustRecord } from './types.js'

/** A key handle with usage `record`, and the back end that holds it. */
export interface RecordSigner {
  readonly backend: SyncBackend
  readonly key: PrivateKey
}

/** Options of {@link signRecord} and {@link signRecordAsync}. */
export interface SignRecordOptions {
  /** Signs with a seed, and checks a provider's signatures. Left out: the `pure` back end. */
  readonly backend?: SyncBackend
  /** Result of `verifyEvidence`; needed for any platform but `software-only`. Left out: none. */
  readonly evidence?: EvidenceReport
}

/**
 * Signs a record with a key handle (usage `record`) or a 32-byte seed (RFC 8032 private key, which the caller should
 * zero). The record is copied; `cnf.jwk` is set from the key, an old `signature` is replaced.
 *
 * @throws TracevarError `ERR_RECORD_INVALID` naming path and rule; `ERR_CRYPTO_KEY_PRIVATE` when `cnf.jwk` holds a
 * private member (A12); `ERR_RECORD_PLATFORM` for a hardware platform without evidence that binds this key, platform
 * and measurement; what the back end throws. RangeError for a seed of another length.
 */
export function signRecord(
  record: UnsignedTrustRecord,
  key: RecordSigner | Uint8Array,
  options: SignRecordOptions = {},
): SignedTrustRecord {
  return withSigner(key, options.backend, (signer) => {
    const members = prepare(record, signer.key.publicKey, options.evidence)
    const signature = signer.backend.ed25519SignMany([signer.key], 'record', packBatch([jcsBytes(members)]))
    return attach(members, signature)
  })
}

/** {@link signRecord} for a key that lives elsewhere. The signature is verified before the record is returned. */
export async function signRecordAsync(
  record: UnsignedTrustRecord,
  provider: SigningProvider,
  options: SignRecordOptions = {},
): Promise<SignedTrustRecord> {
  const publicKey = publicKeyOfJwk(await provider.getPublicKeyJwk())
  const members = prepare(record, publicKey, options.evidence)
  const backend = options.backend ?? createPureBackend()
  const signed = await signWithProvider(provider, jcsBytes(members), backend)
  if (base64urlEncode(signed.publicKey) !== base64urlEncode(publicKey))
    throw new TracevarError('ERR_CRYPTO_SELF_CHECK', 'the signing provider changed its key while signing')
  return attach(members, signed.signature)
}

/**
 * Public JWK (`kty`, `crv`, `x`) of a signer, or of a 32-byte public key.
 *
 * @throws RangeError for another length.
 */
export function keyToJwk(key: RecordSigner | Uint8Array): Ed25519PublicJwk {
  return jwkOfPublicKey(key instanceof Uint8Array ? key : key.key.publicKey)
}

/** Runs `use` with a signer; a seed becomes a handle that is closed afterwards. */
export function withSigner<T>(
  key: RecordSigner | Uint8Array,
  backend: SyncBackend | undefined,
  use: (signer: RecordSigner) => T,
): T {
  if (!(key instanceof Uint8Array)) return use(key)
  const seedBackend = backend ?? createPureBackend()
  const handle = seedBackend.importSeed(key, ['record'])
  try {
    return use({ backend: seedBackend, key: handle })
  } finally {
    handle.close()
  }
}

/** The members that will be signed, checked. */
function prepare(record: unknown, publicKey: Uint8Array, evidence: EvidenceReport | undefined): JsonObject {
  const members = plainRecord(record)
  const given = member(member(members, 'cnf'), 'jwk')
  if (isJsonObject(given) && hasPrivateMembers(given))
    throw new TracevarError('ERR_CRYPTO_KEY_PRIVATE', 'cnf.jwk holds a private member')
  delete members.signature
  members.cnf = { jwk: { ...jwkOfPublicKey(publicKey) } }
  validateRecord(members)
  requireEvidence(members, evidence)
  return members
}

function plainRecord(record: unknown): JsonObject {
  const copy = asInvalid(() => plainCopy(record))
  if (!isJsonObject(copy)) throw new TracevarError('ERR_RECORD_INVALID', 'top level: expected an object')
  return copy
}

function asInvalid<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof TracevarError)) throw cause
    throw new TracevarError('ERR_RECORD_INVALID', cause.message, { cause })
  }
}

/** DESIGN "Library face": hardware is named only with evidence that parses and binds. */
function requireEvidence(members: JsonObject, evidence: EvidenceReport | undefined): void {
  const platform = member(members.runtime, 'platform')
  if (platform === 'software-only') return
  const binds =
    evidence !== undefined &&
    evidence.grade !== 'none' &&
    evidence.platform === platform &&
    evidence.measurement === member(members.runtime, 'measurement') &&
    evidence.cnfThumbprint === jwkThumbprint(member(members.cnf, 'jwk'))
  if (!binds)
    throw new TracevarError('ERR_RECORD_PLATFORM', `runtime.platform ${platform}: no evidence that binds it`)
}

function attach(members: JsonObject, signature: Uint8Array): SignedTrustRecord {
  members.signature = base64urlEncode(signature)
  return members as unknown as SignedTrustRecord // validateRecord held, so the members are those of the type
}
