// The codec interface of the telemetry SDK (TRACE section 7): synchronous, and every refusal is thrown.
import type { SyncBackend } from '../crypto/backend.js'
import { RecordRejectedError } from '../errors.js'
import { TRACE_PROFILE_V0_2 } from '../formats.js'
import { validateRecord } from './shape.js'
import { keyToJwk, type RecordSigner, signRecord, withSigner } from './sign.js'
import type { TrustedKey } from './trusted-key.js'
import type { UnsignedTrustRecord } from './types.js'
import { verifyRecordSync } from './verify.js'

/** `TraceCodec` of `@agentrust/telemetry`: its finalizeTrace awaits nothing and ignores return values. */
export interface TraceCodec {
  /** Becomes `eat_profile`. */
  readonly profileV02: string
  /** @throws as `signRecord`; TypeError for a key that is neither a signer nor 32 bytes. */
  signRecord(record: Record<string, unknown>, signingKey: unknown): Record<string, unknown>
  /** @throws TracevarError `ERR_RECORD_INVALID`. */
  validateRecord(signed: Record<string, unknown>): void
  /** Public JWK of the signing key. @throws TypeError as `signRecord`. */
  publicKey(signingKey: unknown): unknown
  /**
   * Null means no age limit; the future check stays on.
   *
   * @throws RecordRejectedError with the reason.
   */
  verifyRecord(
    signed: Record<string, unknown>,
    verificationKey: unknown,
    options: { readonly maxAgeSeconds: number | null },
  ): void
}

/**
 * A codec whose signing key is a {@link RecordSigner} or a 32-byte seed.
 *
 * @param nowSec the time, epoch seconds.
 * @param backend signs with seeds and verifies. Left out: the `pure` back end.
 */
export function createTraceCodec(nowSec: () => number, backend?: SyncBackend): TraceCodec {
  const withBackend = backend === undefined ? {} : { backend }
  return {
    profileV02: TRACE_PROFILE_V0_2,
    signRecord(record, signingKey) {
      // signRecord checks the members; what comes in is foreign data here.
      const signed = signRecord(
        record as unknown as UnsignedTrustRecord,
        signingKeyOf(signingKey),
        withBackend,
      )
      return { ...signed }
    },
    validateRecord,
    publicKey: (signingKey) => withSigner(signingKeyOf(signingKey), backend, keyToJwk),
    verifyRecord(signed, verificationKey, { maxAgeSeconds }) {
      const options = { now: nowSec(), maxAgeSeconds, ...withBackend }
      const { ok, reason, checks } = verifyRecordSync(signed, verificationKey as TrustedKey, options)
      if (!ok) throw new RecordRejectedError(reason, `${reason}: ${checks.at(-1)?.message}`)
    },
  }
}

function signingKeyOf(value: unknown): RecordSigner | Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'object' && value !== null && 'backend' in value && 'key' in value)
    return value as RecordSigner
  throw new TypeError('signingKey: expected {backend, key} or a 32-byte seed')
}
