// Verifies Trust Records: one order of checks, one reason per refusal (TRACE section 8). Pure and offline.
import { base64urlDecode } from '../codec/base64.js'
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { utf8Encode } from '../codec/utf8.js'
import { equalConstantTime } from '../crypto/constant-time.js'
import { hasPrivateMembers } from '../crypto/jwk.js'
import { packBatch } from '../crypto/packed-batch.js'
import { createPureBackend } from '../crypto/pure-backend.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import { ParseError, TracevarError } from '../errors.js'
import { TRACE_PROFILE_V0_1, TRACE_PROFILE_V0_2 } from '../formats.js'
import { recordAgeSecMaxDefault, recordBytesMax, recordFutureSkewSecMaxDefault } from '../limits.js'
import { member, plainCopy, signedMembers } from './plain.js'
import { RECORD_CHECKS, type RecordCheckId } from './record-checks.js'
import { askRevocation, type RevocationAnswer } from './revocation.js'
import { iterErrors } from './shape.js'
import { isPrivateTrustedKey, type ResolvedKey, resolveTrustedKey, type TrustedKey } from './trusted-key.js'
import {
  checkOptions,
  REVOCATIONS,
  RecordRun,
  type RecordVerdict,
  type VerifyRecordOptions,
} from './verdict.js'

/**
 * Verifies a Trust Record given as text, bytes or object against a key the caller trusts, in the order of TRACE
 * section 8. `iat` written `1789999940.0` is the integer it equals and is accepted (A3).
 *
 * Never throws for a record that does not hold. It rejects only for text that is no JSON at all (ParseError,
 * `ERR_CODEC_JSON_SYNTAX`: a load failure, no verdict), and for misuse of the options (TypeError, RangeError).
 */
export async function verifyRecord(
  record: unknown,
  trustedKey: TrustedKey,
  options: VerifyRecordOptions,
): Promise<RecordVerdict> {
  const run = begin(record, trustedKey, options)
  if (run.trusted === undefined) return run.verdict()
  return finish(run, run.trusted, await askRevocation(options.revocation, run.trusted))
}

/** {@link verifyRecord} for callers that cannot wait; without a revocation store, which may need to be waited for. */
export function verifyRecordSync(
  record: unknown,
  trustedKey: TrustedKey,
  options: Omit<VerifyRecordOptions, 'revocation'>,
): RecordVerdict {
  const run = begin(record, trustedKey, options)
  return run.trusted === undefined ? run.verdict() : finish(run, run.trusted, 'not_asked')
}

/** The checks before the revocation store is asked. `trusted` of the result is set when all of them hold. */
function begin(input: unknown, trustedKey: TrustedKey, options: VerifyRecordOptions): RecordRun {
  checkOptions(options)
  const run = new RecordRun(options)
  const value = readRecord(input, run)
  if (value === undefined) return run
  run.hold('duplicate_member', true)
  run.hold('unsafe_integer', true)
  if (!isJsonObject(value)) run.hold('schema', false, 'schema', 'top level: expected an object')
  else if (checkForm(value, trustedKey, run)) {
    const trusted = resolveTrustedKey(trustedKey, value, options.allowEmbeddedKey === true)
    run.record = value
    if (run.hold('no_trusted_key', trusted !== undefined)) run.trusted = trusted
    if (trusted !== undefined && (trustedKey === null || trustedKey === undefined)) run.warn('embedded_key')
  }
  return run
}

/** The plain data of the input; undefined, with a failed check, when it has none. */
function readRecord(input: unknown, run: RecordRun): JsonValue | undefined {
  const isText = typeof input === 'string' || input instanceof Uint8Array
  try {
    return isText ? parseJson(input, { bytesMax: recordBytesMax }) : plainCopy(input)
  } catch (error) {
    const failed = error instanceof ParseError ? PARSE_CHECKS[error.code] : undefined
    if (isText && failed === undefined) throw error // no JSON at all
    const id = failed ?? 'not_plain_data'
    run.hold(RECORD_CHECKS[id][0], false, id, error instanceof TracevarError ? error.message : undefined)
    return undefined
  }
}

const PARSE_CHECKS: Readonly<Partial<Record<string, RecordCheckId>>> = {
  ERR_CODEC_JSON_DUPLICATE_NAME: 'duplicate_member',
  ERR_CODEC_JSON_UNSAFE_NUMBER: 'unsafe_integer',
  ERR_CODEC_JSON_UNICODE: 'unicode',
  ERR_CODEC_JSON_DEPTH: 'depth',
  ERR_CODEC_JSON_SIZE: 'size',
}

function checkForm(record: JsonObject, trustedKey: TrustedKey, run: RecordRun): boolean {
  const { eat_profile, signature } = record
  run.profile = typeof eat_profile === 'string' ? eat_profile : null
  const profileId = eat_profile === TRACE_PROFILE_V0_1 ? 'profile_superseded' : 'profile'
  const jwk = member(member(record, 'cnf'), 'jwk')
  const isPrivate = isJsonObject(jwk) && hasPrivateMembers(jwk)
  const privateId = isPrivate ? 'private_key_material' : 'trusted_key_private'
  if (
    !run.hold('private_key_material', !isPrivate && !isPrivateTrustedKey(trustedKey), privateId) ||
    !run.hold('profile', eat_profile === TRACE_PROFILE_V0_2, profileId) ||
    !run.hold('signature_missing', signature !== undefined && signature !== '') ||
    // A signature that is no string at all is a matter of the schema.
    !run.hold('signature_encoding', typeof signature !== 'string' || decodeSignature(signature) !== undefined)
  ) {
    return false
  }
  for (const { path, rule } of iterErrors(record))
    return run.hold('schema', false, 'schema', `${path || 'top level'}: expected ${rule}`)
  return run.hold('schema', true)
}

function decodeSignature(text: string): Uint8Array | undefined {
  try {
    return base64urlDecode(text)
  } catch (error) {
    if (error instanceof TracevarError) return undefined
    throw error
  }
}

/** The checks after the revocation store was asked. */
function finish(run: RecordRun, trusted: ResolvedKey, answer: RevocationAnswer): RecordVerdict {
  const { record, options } = run
  warnAboutClaims(record, run)
  const cnfThumbprint = jwkThumbprint(member(record.cnf, 'jwk'))
  const age = options.now - Number(record.iat)
  const ageMax = options.maxAgeSeconds === undefined ? recordAgeSecMaxDefault : options.maxAgeSeconds
  const skewMax = options.maxFutureSkewSeconds ?? recordFutureSkewSecMaxDefault
  const nonce = options.expectedNonce ?? null
  run.revocation = REVOCATIONS[answer]
  if (answer === 'not_asked') run.skip('revoked', 'no revocation store was given, or no key to ask for')
  else {
    const holds = answer === 'not_listed'
    if (!run.hold('revoked', holds, answer === 'unusable' ? 'revocation_store' : 'revoked'))
      return run.verdict()
  }
  const mismatchId = cnfThumbprint === undefined ? 'key_incomplete' : 'key_mismatch'
  const matches = cnfThumbprint !== undefined && cnfThumbprint === trusted.thumbprint
  if (!run.hold('key_mismatch', matches, mismatchId)) return run.verdict()
  if (ageMax === null) run.skip('stale', 'no age limit was set')
  else if (!run.hold('stale', age <= ageMax, 'stale', `${age} s old, allowed ${ageMax}`)) return run.verdict()
  if (!run.hold('future', -age <= skewMax, 'future', `${-age} s ahead, allowed ${skewMax}`))
    return run.verdict()
  if (nonce === null) run.skip('nonce', 'no nonce was expected')
  else if (!run.hold('nonce', isNonce(member(record.runtime, 'nonce'), nonce))) return run.verdict()
  checkSignature(record, trusted, run)
  return run.verdict()
}

/** C2: constant time; an expectation outside ASCII is an ordinary mismatch. */
function isNonce(given: unknown, expected: string): boolean {
  const isAscii = /^\p{ASCII}*$/u.test(expected)
  return isAscii && typeof given === 'string' && equalConstantTime(utf8Encode(given), utf8Encode(expected))
}

function checkSignature(record: JsonObject, { publicKey }: ResolvedKey, run: RecordRun): void {
  const signature = decodeSignature(String(record.signature))
  if (publicKey === undefined) run.hold('signature_invalid', false, 'key_algorithm')
  else if (signature?.length !== 64) run.hold('signature_invalid', false, 'signature_length')
  else {
    const backend = run.options.backend ?? createPureBackend()
    const batch = packBatch([jcsBytes(signedMembers(record))])
    run.hold('signature_invalid', backend.ed25519VerifyMany(publicKey, signature, batch)[0] === 1)
  }
}

function warnAboutClaims(record: JsonObject, run: RecordRun): void {
  if (member(record.runtime, 'platform') !== 'software-only') run.warn('platform_unproven')
  if (member(record.appraisal, 'status') === 'affirming') run.warn('appraisal_unproven')
  if (member(record.policy, 'enforcement_mode') === 'declared') run.warn('policy_not_evaluated')
}
