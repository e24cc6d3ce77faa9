// Every code that a finding of chain or annex verification can carry, with meaning and next step: what
// `tracevar explain CODE` prints. The names are those of VAR (spec 1.3 to 1.6) and of its vectors, where these have one.

/** `{code: [meaning, next step]}` */
export const VERIFICATION_CODES = {
  // lines
  MALFORMED_LINE: [
    'a line is not JSON, or longer than the limit; a torn last line too',
    'look at the line; get the file again from its source',
  ],
  DUPLICATE_JSON_KEY: [
    'an object holds a member name twice, which readers resolve differently',
    'treat the file as altered: no writer produces this',
  ],
  UNSAFE_NUMBER: [
    'a number does not survive in a double, so that two spellings would verify alike',
    'treat the file as altered',
  ],
  INVALID_UNICODE: ['a line is not UTF-8 or holds a lone surrogate', 'treat the file as altered'],
  NESTING_TOO_DEEP: ['a line is nested deeper than any receipt', 'treat the file as altered'],
  MALFORMED_RECEIPT: [
    'a line is no receipt: not an object, or a field is absent or of the wrong type',
    'the message names the field; ask whoever wrote the chain',
  ],
  // L1
  L1_INVALID: [
    'the signature block is missing or does not verify under the key of its key_id',
    'the receipt was changed, or signed by another key: do not rely on it',
  ],
  ALG_UNSUPPORTED: ['signature.alg is not Ed25519', 'treat the receipt as altered'],
  INVALID_KEY_ID: ['key_id is not 1 to 64 of A-Z a-z 0-9 _ -', 'treat the receipt as altered'],
  SIG_ENCODING: [
    'the signature is not unpadded canonical base64url of 64 bytes',
    'treat the receipt as altered: the same signature in another spelling changes its hash',
  ],
  WEAK_PUBLIC_KEY: [
    'the public key is of small order or not canonical: anybody can sign under it',
    'do not trust this key for anything',
  ],
  KEY_ID_UNKNOWN: [
    'the key set holds no key of this key_id',
    'add the key if you trust it; key_id is not signed, so it may have been swapped',
  ],
  KEY_ID_CHANGE: [
    'a receipt or annex row names another key_id than the one before it',
    'expected when a key was rotated; otherwise the name was swapped, as it is not signed',
  ],
  UNKNOWN_RECORD_TYPE: [
    'record_type is none that VAR 1.0 has, so nobody knows which fields are signed',
    'use a verifier that knows it, or treat the receipt as altered',
  ],
  UNSIGNED_FIELD: [
    'a receipt, or the signature block of an annex row, holds a member that no signature covers',
    'ignore its value; on the last one anybody can add or change it',
  ],
  // L2
  EMPTY_CHAIN: ['the input holds no receipt', 'an empty file proves nothing: ask for the chain'],
  MISSING_MANIFEST: ['the first receipt is no workflow_manifest', 'the head of the chain was removed'],
  SEQUENCE_ERROR: ['the first sequence_number is not 0', 'the head of the chain was removed'],
  NULL_HASH_EXPECTED: ['the first prev_receipt_hash is not null', 'the head of the chain was removed'],
  INCOMPLETE_CHAIN: [
    'a sequence_number does not follow the one before it',
    'receipts are missing, repeated, or the writer forked',
  ],
  HASH_MISMATCH: [
    'prev_receipt_hash is not the hash of the receipt before it',
    'that receipt was changed or replaced',
  ],
  WORKFLOW_ID_MISMATCH: [
    'a receipt belongs to another workflow than the first',
    'receipts were mixed: take the chain apart',
  ],
  UNKNOWN_SPEC_VERSION: ['spec_version is not var/1.0', 'use a verifier that knows this version'],
  RECEIPT_AFTER_CLOSE: [
    'a receipt follows workflow_closed',
    'the workflow had ended: whatever follows was added later',
  ],
  UNKNOWN_ENUM: ['a field holds a value outside its enumeration', 'the message names the field'],
  CHAIN_OPEN: [
    'the last receipt is no workflow_closed, and completeness was required',
    'wait for the close, or ask for what is missing at the end',
  ],
  INVALID_HASH_FORMAT: [
    'a hash is not sha256: and 64 lower-case hex digits',
    'it commits to nothing; ask whoever wrote the chain',
  ],
  INVALID_TIMESTAMP: ['issued_at is not an RFC 3339 time in UTC', 'the time of this receipt is not known'],
  TIME_REGRESSION: [
    'issued_at lies well before that of an earlier receipt',
    'the clock was set back, or the receipts were not written when they say',
  ],
  DUPLICATE_MANIFEST: [
    'a second workflow_manifest declares budget and tools anew',
    'only the first one counts here; find out why there are two',
  ],
  DUPLICATE_RECEIPT_ID: [
    'two receipts have the same id',
    'references to this id are ambiguous: look at both receipts',
  ],
  AGENT_ID_MISMATCH: ['agent_id is not that of the first receipt', 'find out which agent acted'],
  POLICY_HASH_CHANGE: [
    'policy_bundle_hash is not the one of the receipt before',
    'another policy decided from here on: get both policies',
  ],
  CLOSE_TOTALS_MISMATCH: [
    'the totals of workflow_closed are not those of the chain',
    'the writer counted differently, or not all receipts are here',
  ],
  STATE_VERSION_MISMATCH: [
    'state_version falls, or moves on a dead letter',
    'the causal order of the calls is not reliable',
  ],
  DEAD_LETTER_INCONSISTENT: [
    'decision and fallback_policy of a dead letter contradict each other',
    'find out whether the call was made',
  ],
  UNDECLARED_TOOL: [
    'a call of a tool that the manifest does not declare was let through',
    'a runtime that enforces would have blocked it',
  ],
  PARENT_MISSING: [
    'workflow_id_source is parent_join, but no parent is named',
    'the joined workflow cannot be found from here',
  ],
  DEGRADED_STATE: [
    'the budget state was not available: local limits decided',
    'check the amounts of these calls',
  ],
  DEGRADED_APPROVAL: [
    'the approval channel was down',
    'the call counts as denied; check that it was not made',
  ],
  TAXONOMY_CACHED: [
    'money actions were recognised with a cached taxonomy',
    'newer tool names may be untagged',
  ],
  RECOVERY_INCOMPLETE: [
    'after a restart the index of open calls was corrupt',
    'some calls may have no outcome on record',
  ],
  RECOVERY_COUNT_MISMATCH: [
    'a recovery_event does not announce as many outcomes as follow it',
    'some open calls may have no outcome on record',
  ],
  CRASH_RECOVERY: [
    'the runtime restarted within this workflow',
    'nothing to do; calls then under way say CANCELED',
  ],
  MONEY_ACTION_TAG_MISSING: [
    'a call that moves money, by its name or its outcome receipt, is not tagged money_action',
    'its amount was not checked against a budget',
  ],
  // L3
  tsa_not_in_allowlist: ['the tsa_id is not among the accepted ones', '--accept-tsa names those you accept'],
  tsa_der_parse_error: ['the token is no RFC 3161 response, or it holds no token', 'get the token again'],
  tsa_pkistatus_not_granted: ['the time-stamp authority refused the request', 'stamp the receipt again'],
  tsa_content_type: ['the token holds something else than a TSTInfo', 'this is no timestamp'],
  tsa_hash_algorithm_not_sha256: ['the token stamps another hash than SHA-256', 'stamp the receipt again'],
  tsa_gentime_parse_error: ['genTime or issued_at is not a time', 'nothing is known about the time'],
  tsa_gentime_before_issued_at: [
    'the token is older than the receipt says it is itself',
    'the receipt was dated ahead, or the token belongs to another',
  ],
  tsa_gentime_in_future: [
    'the token states a time that lies well after that of the verification',
    'no authority made this token, unless the clock of this machine is slow',
  ],
  tsa_messageimprint_mismatch: [
    'the token stamps something else than this receipt',
    'the receipt was changed after stamping, or tokens were exchanged',
  ],
  tsa_duplicate_entry: [
    'the sidecar holds several rows for one receipt',
    'a few were all checked, many are a failure: get the sidecar again',
  ],
  tsa_malformed_entry: ['a line of the sidecar is no row; it was skipped', 'a torn last line is harmless'],
  tsa_unmatched_entry: [
    'the sidecar stamps receipts that are not in the chain',
    'they were there once: the chain may have been cut',
  ],
  TIMESTAMP_MISSING: [
    'timestamps were required, but not every receipt has one that was checked',
    'the report says how many are covered',
  ],
  TIMESTAMP_UNVERIFIED: [
    'timestamps were required, but only the structure of the tokens was checked, which anybody can make',
    'do not require timestamps, or verify the tokens with another tool: this version knows no authorities',
  ],
  // L4, as far as verifyL4 knows it
  MISSING_POST_RECEIPT: [
    'an allowed money action has no post_receipt',
    'its outcome is not on record: ask the upstream service',
  ],
  BUDGET_WARNING: ['90 % of a budget was reached', 'nothing to do'],
  BUDGET_CAP_ENFORCED: ['a budget was used up: further money actions need approval', 'nothing to do'],
  DUPLICATE_IDEMPOTENCY_KEY: [
    'the same money action succeeded twice under one idempotency key',
    'check that it was executed once',
  ],
  // annex
  ANNEX_MALFORMED: ['a line is no annex row', 'the message names the member'],
  ANNEX_SIGNATURE_INVALID: ['the signature of a row does not verify', 'do not rely on the row'],
  ANNEX_SEQUENCE_ERROR: ['seq does not follow the row before', 'rows are missing, repeated or reordered'],
  ANNEX_HASH_MISMATCH: ['prev is not the hash of the row before', 'a row was changed or replaced'],
  ANNEX_ABOUT_UNKNOWN: ['a row speaks of a receipt that is not in the chain', 'it belongs to another chain'],
  ANNEX_KIND_UNKNOWN: [
    'a row of a kind that this version does not know: signed, but not interpreted',
    'use a newer version to read it',
  ],
} as const satisfies Record<string, readonly [meaning: string, next: string]>

export type VerificationCode = keyof typeof VERIFICATION_CODES
