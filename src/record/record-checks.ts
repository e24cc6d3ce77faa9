// The checks of a Trust Record as data: reasons in the order of TRACE section 8, and the finer codes below them.

/** `reason` of a refusal (TRACE section 8), in the order in which the checks are made. */
export const RECORD_REASONS = [
  'duplicate_member',
  'unsafe_integer',
  'private_key_material',
  'profile',
  'signature_missing',
  'signature_encoding',
  'schema',
  'no_trusted_key',
  'revoked',
  'key_mismatch',
  'stale',
  'future',
  'nonce',
  'signature_invalid',
] as const
export type RecordReason = (typeof RECORD_REASONS)[number]

/** Every id that `checks[]` can hold: the reason it belongs to, and what is wrong when it fails. */
export const RECORD_CHECKS = {
  duplicate_member: ['duplicate_member', 'a member name occurs twice in one object'],
  unsafe_integer: ['unsafe_integer', 'a number is beyond 2^53-1 or out of range'],
  unicode: ['schema', 'the text is not well-formed Unicode'],
  depth: ['schema', 'nesting is deeper than the limit'],
  size: ['schema', 'the record is larger than the limit'],
  not_plain_data: ['schema', 'the value is not plain JSON data'],
  private_key_material: ['private_key_material', 'cnf.jwk holds a private member'],
  trusted_key_private: ['private_key_material', 'the trusted key holds a private member'],
  profile: ['profile', 'eat_profile is not the identifier of v0.2'],
  profile_superseded: ['profile', 'the record is v0.1, which v0.2 supersedes'],
  signature_missing: ['signature_missing', 'there is no signature'],
  signature_encoding: ['signature_encoding', 'the signature is not canonical base64url'],
  schema: ['schema', 'a structural rule is broken'],
  no_trusted_key: ['no_trusted_key', 'no trusted key was given and the embedded one is not allowed'],
  revoked: ['revoked', 'the trusted key is revoked'],
  revocation_store: ['revoked', 'the revocation store gave no usable answer'],
  key_mismatch: ['key_mismatch', 'cnf.jwk is not the trusted key'],
  key_incomplete: ['key_mismatch', 'the thumbprint of cnf.jwk cannot be computed'],
  stale: ['stale', 'the record is older than allowed'],
  future: ['future', 'the record lies further ahead than allowed'],
  nonce: ['nonce', 'runtime.nonce is absent or is not the expected one'],
  key_algorithm: ['signature_invalid', 'the trusted key is no Ed25519 signature key'],
  signature_length: ['signature_invalid', 'the signature is not 64 bytes long'],
  signature_invalid: ['signature_invalid', 'the signature does not verify over the canonical bytes'],
} as const satisfies Record<string, readonly [reason: RecordReason, meaning: string]>
export type RecordCheckId = keyof typeof RECORD_CHECKS

/** Things that do not refuse a record but that its reader must know. */
export const RECORD_WARNINGS = {
  embedded_key: 'checked against its own embedded key: this shows consistency, not who signed',
  platform_unproven: 'runtime.platform names hardware; no evidence for it was looked at here',
  appraisal_unproven:
    'appraisal.status is a claim inside the record; no attestation result was looked at here',
  policy_not_evaluated: 'enforcement_mode declared: nothing evaluated the policy; read it as if absent',
} as const
export type RecordWarningId = keyof typeof RECORD_WARNINGS
