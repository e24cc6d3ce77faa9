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

// --- runtime, gateway ---

/** Default `queue_timeout_ms` (VAR R-90). */
export const queueTimeoutMsDefault = 5_000
/** Range of `queue_timeout_ms` (VAR R-90). */
export const queueTimeoutMsMin = 1
export const queueTimeoutMsMax = 120_000
/** Bytes of one MCP frame on stdio: the limit of both official SDKs. */
export const mcpFrameBytesMax = 10 * 1024 * 1024
