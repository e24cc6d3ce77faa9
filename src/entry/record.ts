// tracevar/record: TRACE Trust Records, with the names that TRACE users know (TRACE section 5).
import { KEY_USAGES } from '../crypto/backend.js'
import { openBackend } from '../crypto/host.js'
import { readPkcs8Pem } from '../crypto/pkcs8.js'
import type { RecordSigner } from '../record/sign.js'

/** A new key that signs records. Close `key` when it is no longer needed. */
export function generateKey(): RecordSigner {
  const backend = openBackend()
  return { backend, key: backend.generateKey(KEY_USAGES) }
}

/**
 * The key of an Ed25519 PKCS#8 PEM.
 *
 * @throws TracevarError `ERR_CRYPTO_KEY_FORMAT`.
 */
export function loadKey(pem: string): RecordSigner {
  const seed = readPkcs8Pem(pem)
  try {
    const backend = openBackend()
    return { backend, key: backend.importSeed(seed, KEY_USAGES) }
  } finally {
    seed.fill(0)
  }
}

/**
 * The key in `TRACE_PRIVATE_KEY_PEM` (TRACE B6); without it an ephemeral one, with a process warning: nobody can
 * verify its records later unless its public key is kept.
 */
export function loadSigningKey(
  env: Readonly<Record<string, string | undefined>> = process.env,
): RecordSigner {
  const pem = env.TRACE_PRIVATE_KEY_PEM
  if (pem) return loadKey(pem)
  process.emitWarning('TRACE_PRIVATE_KEY_PEM is not set: records are signed with an ephemeral key')
  return generateKey()
}

export { jcsBytes as canonicalize } from '../codec/jcs.js'
export { parseJson as parseStrict } from '../codec/json-parse.js'
export { jwkThumbprint } from '../crypto/thumbprint.js'
export { RecordRejectedError } from '../errors.js'
export { TRACE_PROFILE_V0_2 } from '../formats.js'
export { buildTrustRecord, type TrustRecordFacts } from '../record/build.js'
export { type RecordLog, TrustRecord, traceCodec, verifyRecord } from '../record/host.js'
export type { RevocationStore } from '../record/revocation.js'
export { iterErrors, type ShapeError, validateRecord } from '../record/shape.js'
export {
  keyToJwk,
  type RecordSigner,
  type SignRecordOptions,
  signRecord,
  signRecordAsync,
} from '../record/sign.js'
export type { TraceCodec } from '../record/trace-codec.js'
export { type TranscriptFacts, transcriptHash } from '../record/transcript.js'
export type { TrustedKey } from '../record/trusted-key.js'
export type { SignedTrustRecord, UnsignedTrustRecord } from '../record/types.js'
export type { RecordVerdict, VerifyRecordOptions } from '../record/verdict.js'
