// The one base error and the closed list of codes. A code never changes its meaning; adding one means adding its
// row here (the registry that `tracevar explain CODE` prints) and a test that provokes it.

/** Every error code with what it means and what to do next. `{code: [meaning, next step]}` */
export const ERROR_CODES = {
  // codec
  ERR_CODEC_JSON_SYNTAX: ['the text is not JSON (RFC 8259)', 'look at the position given in the message'],
  ERR_CODEC_JSON_DUPLICATE_NAME: [
    'an object holds the same member name twice',
    'remove one; parsers disagree on which wins, so both are refused',
  ],
  ERR_CODEC_JSON_UNSAFE_NUMBER: [
    'a number cannot be carried exactly (an integer beyond 2^53-1, or out of range)',
    'send it as a string',
  ],
  ERR_CODEC_JSON_UNICODE: ['invalid UTF-8, or a lone surrogate', 'send well-formed Unicode'],
  ERR_CODEC_JSON_DEPTH: ['nesting is deeper than the limit', 'flatten the value'],
  ERR_CODEC_JSON_SIZE: ['the text is larger than the limit', 'split it'],
  ERR_CODEC_NOT_CANONICALIZABLE: [
    'the value has no canonical JSON form (RFC 8785)',
    'use null, booleans, finite numbers, well-formed strings, arrays and plain objects',
  ],
  ERR_CODEC_CBOR: [
    'the bytes are not one deterministic CBOR item (RFC 8949 4.2.1)',
    're-encode deterministically',
  ],
  ERR_CODEC_DER: ['the bytes are not well-formed DER', 'check that the file is binary DER and complete'],
  ERR_CODEC_BASE64: ['the text is not canonical base64url or base64', 'no padding, blanks or unused bits'],
  ERR_CODEC_HEX: ['the text is not lower-case hexadecimal of the expected length', 'check the value'],
  ERR_CODEC_DIGEST: [
    'the text is not a digest string',
    'expected sha256: and 64, or sha384: and 96, lower-case hex digits',
  ],
  // crypto
  ERR_CRYPTO_BACKEND_UNAVAILABLE: [
    'no back end that was asked for could be loaded',
    'the message lists every attempt; use prefer instead of require, or build the addon',
  ],
  ERR_CRYPTO_BACKEND_UNKNOWN: ['TRACEVAR_BACKEND or TRACEVAR_KERNEL names nothing that exists', 'unset it'],
  ERR_CRYPTO_KEY_FORMAT: [
    'the key is neither JWK, JWKS, PEM nor 64 hex digits, or not an Ed25519 key',
    'tracevar keys export writes a usable file',
  ],
  ERR_CRYPTO_KEY_READ: ['the key file cannot be read or written', 'check path and permissions'],
  ERR_CRYPTO_KEY_PERMISSIONS: [
    'the private key file can be read by others than its owner',
    'chmod 600; if others may have read it, make a new key',
  ],
  ERR_CRYPTO_KEY_PRIVATE: [
    'a private member (d, p, q, …) stands where a public key belongs',
    'publish only the public key',
  ],
  ERR_CRYPTO_KEY_CLOSED: ['the key handle was closed', 'open the key again'],
  ERR_CRYPTO_KEY_USAGE: [
    'the key handle does not have the usage asked for',
    'use the key made for this purpose',
  ],
  ERR_CRYPTO_SELF_CHECK: [
    'a signature did not verify before it left, or a known answer was wrong',
    'stop using this machine',
  ],
  ERR_CRYPTO_NATIVE: ['the addon reported a failure', 'the message carries its status'],
  // receipt
  ERR_RECEIPT_INVALID: ['the receipt cannot be sealed as it is', 'the message names the field'],
  ERR_RECEIPT_KEY_ID: ['key_id is not 1 to 64 of A-Z a-z 0-9 _ -', 'choose another key_id'],
  // policy
  ERR_POLICY_NOT_FOUND: ['the policy file cannot be read', 'check the path'],
  ERR_POLICY_SYNTAX: [
    'the policy file is not YAML, or uses what is refused there',
    'look at line and column',
  ],
  ERR_POLICY_INVALID: [
    'the policy does not have a shape that is known',
    'the message names path and expectation',
  ],
  ERR_POLICY_PACK_UNKNOWN: ['no control pack has this id', 'tracevar policy packs lists them'],
  ERR_POLICY_REFUSED: [
    'hardened profile: the policy would fail open or can never fire as written',
    'the message names rule and reason',
  ],
  // record, attest
  ERR_RECORD_INVALID: ['the claims do not form a Trust Record v0.2', 'the message names the member'],
  ERR_RECORD_REJECTED: ['the Trust Record does not verify', 'the message holds the reason'],
  ERR_RECORD_PLATFORM: [
    'a hardware platform was named without evidence that parses and binds',
    'use software-only, or attach evidence',
  ],
  ERR_ATTEST_EVIDENCE: ['the evidence cannot be built or read', 'the message says which part'],
  // store
  ERR_STORE_LOCKED: ['another process has the data directory open', 'stop it, or use another --data'],
  ERR_STORE_FORMAT: [
    'the data directory or a segment has an unknown format or version',
    'use the version that wrote it',
  ],
  ERR_STORE_DAMAGED: [
    'the journal is damaged before its end',
    'tracevar export reads what is whole; keep the files',
  ],
  ERR_STORE_PUSHBACK: ['too much is waiting to become durable', 'slow down and try again'],
  ERR_STORE_FAILED: [
    'the file system refused or failed; nothing more is accepted',
    'check disk, path and permissions, then open again',
  ],
  ERR_STORE_CLOSED: ['the store was closed', 'open it again'],
  ERR_STORE_NOT_FOUND: [
    'nothing with this id is in the data directory',
    'tracevar export --list shows what is there',
  ],
  ERR_STORE_EXPORT_EXISTS: ['the export directory is not empty', 'name another; nothing is overwritten'],
  // runtime
  ERR_RUNTIME_CLOSED: ['the runtime or workflow was closed', 'open a new one'],
  ERR_RUNTIME_DECISION: ['the call was not allowed', 'the message holds decision, reason and receipt id'],
  ERR_RUNTIME_TIMEOUT: [
    'a tool did not answer in time; whether it acted is unknown',
    'ask the tool; raise queue_timeout_ms in the policy',
  ],
  ERR_RUNTIME_PARAMS: ['the arguments of the call have no canonical form', 'use plain JSON values'],
  ERR_RUNTIME_FAIL_CLOSED: ['a receipt could not be made durable, so the call was not made', 'see the cause'],
  ERR_SEALER_PUSHBACK: ['too many receipts wait to be sealed', 'slow down and try again'],
  ERR_RUNTIME_OPTION: ['an option is unknown or has a wrong value', 'the message names it'],
  // gateway
  ERR_GATEWAY_CONFIG: [
    'the config file is not understood',
    'the message names the member; format is tracevar/config/1',
  ],
  ERR_GATEWAY_SPAWN: ['the MCP server could not be started', 'check the command after --'],
  ERR_GATEWAY_FRAME: ['a frame is larger than the limit', 'the peer must send smaller messages'],
  // verify
  ERR_VERIFY_INPUT: ['the input to verify cannot be read', 'check the path'],
  // cli
  ERR_CLI_USAGE: ['the command line is not understood', 'tracevar COMMAND --help'],
  ERR_CLI_READ: ['the system cannot read the path', 'check path and permissions'],
  ERR_CLI_INTERNAL: ['a defect in tracevar', 'run again with --debug and report it'],
} as const satisfies Record<string, readonly [meaning: string, next: string]>

export type ErrorCode = keyof typeof ERROR_CODES

/** Options of {@link TracevarError}. */
export interface TracevarErrorOptions {
  /** What led to this error, kept for debugging. Left out: none. */
  readonly cause?: unknown
}

/** Base of everything that this library throws, but for `TypeError` and `RangeError` on misuse. */
export class TracevarError extends Error {
  override readonly name: string = 'TracevarError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options: TracevarErrorOptions = {}) {
    super(message, options)
    this.code = code
  }
}

/** Where in a text something was found: 0-based byte or character offset, 1-based line and column. */
export interface TextPosition {
  readonly offset: number
  readonly line: number
  readonly column: number
}

/** A text that a strict reader refuses, with the place. */
export class ParseError extends TracevarError {
  override readonly name = 'ParseError'
  readonly position: TextPosition

  constructor(code: ErrorCode, message: string, position: TextPosition) {
    super(code, `${message} (line ${position.line}, column ${position.column})`)
    this.position = position
  }
}

/**
 * A policy that cannot be loaded; the first line of the message is the reference's (VAR R-120). Where the fault has a
 * place in the file, `position` holds it and the message ends with the line and a caret below the column.
 */
export class PolicyLoadError extends TracevarError {
  override readonly name = 'PolicyLoadError'
  readonly position: TextPosition | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: TracevarErrorOptions & { readonly position?: TextPosition | undefined } = {},
  ) {
    super(code, message, options)
    this.position = options.position
  }
}

/** A call that was not allowed: thrown by `workflow.call()`; the upstream call was not made. */
export class DecisionError extends TracevarError {
  override readonly name = 'DecisionError'
  readonly decision: 'BLOCK' | 'STEP_UP' | 'FAIL_CLOSED'
  readonly reason: string
  readonly receiptId: string
  readonly workflowId: string

  constructor(facts: {
    readonly decision: 'BLOCK' | 'STEP_UP' | 'FAIL_CLOSED'
    readonly reason: string
    readonly receiptId: string
    readonly workflowId: string
  }) {
    super('ERR_RUNTIME_DECISION', `${facts.decision}: ${facts.reason} (receipt ${facts.receiptId})`)
    this.decision = facts.decision
    this.reason = facts.reason
    this.receiptId = facts.receiptId
    this.workflowId = facts.workflowId
  }
}

/** A Trust Record that does not verify; thrown only by the throwing wrappers. `reason` is TRACE section 8. */
export class RecordRejectedError extends TracevarError {
  override readonly name = 'RecordRejectedError'
  readonly reason: string

  constructor(reason: string, message: string) {
    super('ERR_RECORD_REJECTED', message)
    this.reason = reason
  }
}
