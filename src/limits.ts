// Every bound of this software, with its unit and the reason for its value. A literal bound elsewhere is a defect.

// --- codec ---

/** Bytes of one JSON text that is parsed whole. 16 MiB: the largest MCP frame the official SDKs take is 10 MiB. */
export const jsonBytesMax = 16 * 1024 * 1024
/** Nesting depth of JSON. 64: the deepest signed object of VAR or TRACE has 6 levels; cMCP's own limit is 64. */
export const jsonDepthMax = 64
/** Bytes of one CBOR item that is decoded whole. Larger than any evidence document (TDX quote with collateral). */
export const cborBytesMax = 16 * 1024 * 1024
/** Nesting depth of CBOR; the same as JSON so that a value can cross. */
export const cborDepthMax = 64
/** Nesting depth of DER. X.509 and CMS stay below 20. */
export const derDepthMax = 32

// --- crypto ---

/** Items in one packed batch. Bounds the memory of a call: 65,536 signatures are 4 MiB. */
export const batchItemsMax = 65_536
/** Bytes in one packed batch; offsets are 32-bit, and a worker message stays below this. */
export const batchBytesMax = 256 * 1024 * 1024
/** Keys in one key set file or directory. Rotation yearly for a century, times ten. */
export const keySetKeysMax = 1_000
/** Bytes of a key file (JWK, JWKS, PEM or hex). */
export const keyFileBytesMax = 1024 * 1024

// --- policy ---

/** Bytes of a policy file: well above the largest pack collection (30 KB). */
export const policyBytesMax = 1024 * 1024
/** Alias expansions in one YAML document: packs use none; keeps an alias bomb from growing (VAR W-18). */
export const yamlAliasesMax = 100
/** Rules in one merged policy. */
export const policyRulesMax = 10_000
/** Segments of a dotted field path (VAR R-134). */
export const fieldPathSegmentsMax = 5
/** Characters of a pattern in `match` / `not_match`. */
export const patternCharsMax = 1_000
/** Characters of a value that a pattern is run on; longer values do not match and, hardened, are refused. */
export const patternInputCharsMax = 65_536

// --- receipt, verify ---

/** Bytes of one NDJSON line. A receipt is about 1 KB; declared_tools may be long. */
export const lineBytesMax = 4 * 1024 * 1024
/** Findings kept in one report; the rest are counted. Keeps a hostile file from filling memory. */
export const findingsMax = 1_000
/** Receipts handed to the back end in one batch: an archive chunk per performance.md 5 (>= 256). */
export const verifyBatchItemsMax = 256
/** Bytes of pairing state held for each receipt before it is spilled. */
export const pairingBytesPerReceiptMax = 16
/** Bytes of canonical `params` of a call (VAR R-99, GV-09). */
export const paramsBytesMax = 1024 * 1024
/** Clock difference in which a later receipt may carry an earlier time without a warning, in seconds. */
export const timeRegressionSecMax = 300

// --- record, attest ---

/** Bytes of one Trust Record or workflow document. A record with an inlined TDX quote is 12 KB (TRACE A20). */
export const recordBytesMax = 1024 * 1024
/** Default age beyond which a record is stale, in seconds (TRACE C1). */
export const recordAgeSecMaxDefault = 86_400
/** Default time a record may lie ahead of the verifier's clock, in seconds (TRACE C1). */
export const recordFutureSkewSecMaxDefault = 300
/** Length of a challenge, in bytes: below 16 it could repeat, above 64 it carries data. */
export const challengeBytesMin = 16
export const challengeBytesMax = 64
/** Binding documents of one collection window, so leaves of one `report_data` root. */
export const bindingWindowMax = 1_024
/** Certificates, and entries of collateral, in one evidence file. The longest vendor chains have 4. */
export const evidencePartsMax = 32
/** Files in the shipped package that are hashed for its digest. */
export const packageFilesMax = 10_000

// --- runtime, gateway ---

/** Default `queue_timeout_ms` (VAR R-90). */
export const queueTimeoutMsDefault = 5_000
/** Range of `queue_timeout_ms` (VAR R-90). */
export const queueTimeoutMsMin = 1
export const queueTimeoutMsMax = 120_000
/** Bytes of one MCP frame on stdio: the limit of both official SDKs. */
export const mcpFrameBytesMax = 10 * 1024 * 1024
/** Calls of one workflow that may be open at once; the next ones wait up to `queue_timeout_ms`. */
export const workflowOpenCallsMax = 256
/** Wall-clock drift against the monotonic clock that counts as a jump, in milliseconds. NTP slews less in a session. */
export const clockJumpToleranceMs = 2_000
