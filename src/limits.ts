// Every bound of this software, with its unit and the reason for its value. A literal bound elsewhere is a defect.

// --- codec ---

/** Bytes of one JSON text that is parsed whole. 16 MiB: the largest MCP frame the official SDKs take is 10 MiB. */
export const jsonBytesMax = 16 * 1024 * 1024
/** Values in one JSON text, about 0.2 KB of memory each: 16 MiB of `{},` would take more than 1 GB. */
export const jsonValuesMax = 1_000_000
/** Nesting depth of JSON. 64: the deepest signed object of VAR or TRACE has 6 levels; cMCP's own limit is 64. */
export const jsonDepthMax = 64
/** Bytes of one CBOR item that is decoded whole. Larger than any evidence document (TDX quote with collateral). */
export const cborBytesMax = 16 * 1024 * 1024
/** Nesting depth of CBOR; the same as JSON so that a value can cross. */
export const cborDepthMax = 64
/** Data items in one CBOR item, tags and map keys included; a byte of input can cost 200 bytes of memory. */
export const cborItemsMax = 1_000_000
/** Nesting depth of DER. X.509 and CMS stay below 20. */
export const derDepthMax = 32
/** Elements in one DER structure, about 0.2 KB of memory each. A certificate has 150, a CRL 4 for each entry. */
export const derElementsMax = 250_000
/** Bytes of one object identifier; its arcs are unbounded integers. The longest in use (UUID arcs) have 20. */
export const derOidBytesMax = 128

// --- crypto ---

/** Items in one packed batch. Bounds the memory of a call: 65,536 signatures are 4 MiB. */
export const batchItemsMax = 65_536
/** Bytes of memory that receipts sealed alone share: some eight of them. Whoever keeps one keeps the piece. */
export const sealPieceBytes = 8 * 1024
/** Bytes in one packed batch; offsets are 32-bit, and a worker message stays below this. */
export const batchBytesMax = 256 * 1024 * 1024
/** Keys in one key set file or directory. Rotation yearly for a century, times ten. */
export const keySetKeysMax = 1_000
/** Bytes of a key file (JWK, JWKS, PEM or hex). */
export const keyFileBytesMax = 1024 * 1024
/** Imported public keys that the `node` back end keeps: a chain uses a few, a key set at most `keySetKeysMax`. */
export const publicKeyObjectsMax = 1_024
/** WebCrypto operations started before the first is awaited: keeps its thread pool busy, and the heap small. */
export const webOperationsInFlightMax = 64

// --- policy ---

/** Bytes of a policy file: well above the largest pack collection (30 KB). */
export const policyBytesMax = 1024 * 1024
/** Alias expansions in one YAML document: packs use none; keeps an alias bomb from growing (VAR W-18). */
export const yamlAliasesMax = 100
/** Values in one policy document once aliases are expanded: 10,000 rules with ten values each. */
export const policyValuesMax = 100_000
/** Faults that one message about a policy lists; the rest are counted. */
export const policyFaultsMax = 20
/** Characters of a source line that a message shows around a fault. */
export const excerptCharsMax = 100
/** Rules in one merged policy. */
export const policyRulesMax = 10_000
/** Segments of a dotted field path (VAR R-134). */
export const fieldPathSegmentsMax = 5
/** Characters of a pattern in `match` / `not_match`. */
export const patternCharsMax = 1_000
/** Instructions of a compiled pattern. The work of one match is this times the characters of the value. */
export const patternInstructionsMax = 10_000
/** Characters of a value that a pattern is run on; longer values do not match and, hardened, are refused. */
export const patternInputCharsMax = 65_536

// --- receipt, verify ---

/** Bytes of one NDJSON line. A receipt is about 1 KB; declared_tools may be long. */
export const lineBytesMax = 4 * 1024 * 1024
/** JSON values on one NDJSON line, about 20 MB of memory. A receipt has 30; declared_tools holds at most 10,000 names. */
export const lineValuesMax = 100_000
/** Memory of one JSON value that was read, in bytes, roughly: an empty object takes this, a number less. */
export const jsonValueBytes = 200
/** Findings kept in one report; the rest are counted. Keeps a hostile file from filling memory. */
export const findingsMax = 1_000
/** Receipts handed to the back end in one batch: an archive chunk per performance.md 5 (>= 256). */
export const verifyBatchItemsMax = 256
/** Bytes of memory after which such a batch is handed over early, so that large receipts do not add up. */
export const verifyBatchBytesMax = 8 * 1024 * 1024
/** Bytes of a block that is confirmed in another thread: 2,000 receipts, 5 ms of work against 0.2 ms for the hand-over. */
export const confirmBlockBytes = 2 * 1024 * 1024
/** Blocks that are confirmed at once, at most; each takes about 8 MB, and Node has 4 threads for them unless told otherwise. */
export const confirmJobsMax = 16
/** Lines that a try must confirm to pay for itself: it may have checked 128 signatures in vain, 40 receipts' worth. */
export const confirmPaysLinesMin = 32
/** Lines that the verifier reads itself before the next try, at most: after a try that did not pay, twice as many as before. */
export const confirmPauseLinesMax = 4_096
/** Names of tools that are known when lines are confirmed; lines with further ones are read by the verifier itself. */
export const confirmToolsMax = 1_024
/** Orders of members that are learned from the lines of one kind: a writer has one, and a few with optional members. */
export const confirmOrdersMax = 16
/** Bytes of a JSON text that lines are compared with when they are confirmed: ids, digests, names of tools. */
export const confirmTextBytesMax = 1_024
/** Characters of a receipt id that is compared and shown; a ULID has 26. Keeps findings small. */
export const receiptIdCharsMax = 256
/** Bytes of id and pairing state for each receipt: two hashes of 8 bytes, in memory or spilled. */
export const pairingBytesPerReceiptMax = 16
/** Bytes that one sorter of hashes or line numbers holds in memory before it spills a sorted run: 4 million words. */
export const sorterBytesMax = 32 * 1024 * 1024
/** Bytes read at a time from a file or spill. */
export const readChunkBytes = 64 * 1024
/** Bytes of a chain file that are read at a time: a block, so that the wait for a thread is little beside it. */
export const archiveReadBytes = 2 * 1024 * 1024
/** Bytes read first for a line that lies far from the last one: a few receipts. */
export const lineReadBytes = 4 * 1024
/** Lines of a file whose receipts are out of order: line numbers are 32 bits in the index. */
export const unorderedLinesMax = 2 ** 32 - 1
/** Rows of a timestamp sidecar; the index of rows holds about 250 bytes for each. Beyond, L3 is not checked. */
export const sidecarRowsMax = 1_000_000
/** Rows of a sidecar for one receipt that are checked; more fail. A token of each of the known authorities, twice. */
export const sidecarRowsPerReceiptMax = 8
/** Receipt hashes that are kept so that annex rows can be looked up; 16 bytes each. */
export const packedHashesMax = 10_000_000
/** Bytes of canonical `params` of a call (VAR R-99, GV-09). */
export const paramsBytesMax = 1024 * 1024
/** Random bytes fetched at once for ids: a call to the generator takes 2 to 50 µs, for 10 bytes as for 1,000. */
export const idRandomBytes = 1_000
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
/** How far a Trust Record's time may lie from the last receipt's, in seconds; it is issued when the workflow closes. */
export const recordFromChainEndSecMax = 86_400

// --- store ---

/** Bytes after which a journal segment is followed by a new one: about 60,000 receipts, easy to copy and to scan. */
export const segmentBytesMax = 64 * 1024 * 1024
/** Bytes of one journal line with its newline: one JSON text that is read whole. */
export const journalLineBytesMax = jsonBytesMax
/** Bytes that wait for the next group commit: two of the longest lines; written in well under a second. */
export const journalQueueBytesMax = 2 * journalLineBytesMax
/**
 * Bytes that are written to the page cache without a thread: 64 KiB take 18 µs, 1 KiB takes 5 µs; going by way of the
 * thread pool takes 30 µs or more, and twice for a write and its sync.
 */
export const storeBlockingWriteBytesMax = 64 * 1024
/** Bytes since the last sync up to which the next one may be waited for in place: a receipt or two, of one caller. */
export const storeBlockingSyncBytesMax = 4 * 1024
/** Milliseconds that syncs may take, on the average of the last ones, for that. */
export const storeBlockingSyncMsMax = 1
/** Bytes read from a segment at once: few system calls, little memory. */
export const storeReadBytes = 256 * 1024
/** Copies of torn tails kept at one place of one segment; each needs a crash right after the one before. */
export const tornCopiesMax = 100
/** Crashes inside a takeover of the lock that are cleaned up before a person has to look. */
export const lockTakeoverDepthMax = 3
/** Tries to get the lock while others give it back; each retry means that somebody else moved on. */
export const lockAttemptsMax = 10
/** Pause between two looks at a data directory that another process has open, in milliseconds. */
export const lockPollMs = 50

// --- runtime ---

/** Default `queue_timeout_ms` (VAR R-90). */
export const queueTimeoutMsDefault = 5_000
/** Range of `queue_timeout_ms` (VAR R-90). */
export const queueTimeoutMsMin = 1
export const queueTimeoutMsMax = 120_000
/** Calls of one workflow that may be open at once; the next ones wait up to `queue_timeout_ms`. */
export const workflowOpenCallsMax = 256
/** Wall-clock drift against the monotonic clock that counts as a jump, in milliseconds. NTP slews less in a session. */
export const clockJumpToleranceMs = 2_000

/** Receipts that wait to be sealed: 16 MB of text. Calls are pushed back at half of it, the rest is for their outcomes. */
export const sealQueueItemsMax = 16_384
/** Receipts sealed at once in one thread: 512 take 15 ms with the `node` back end, 2 ms with vector kernels. */
export const sealBatchItemsMax = 512
/** Threads that seal beside the main one. Few agents keep one busy, and each has its own JavaScript heap. */
export const sealWorkersMax = 8
/** Wait for a thread's answer, its start included, in milliseconds; then the work is done here. A batch takes 20. */
export const workerAnswerMsMax = 5_000
/** Receipts that are worth a hand-off to a thread, by back end; `bench/seal.mjs` measures them. */
export const sealHandOffItemsMin = { native: 64, node: 16 } as const

// --- gateway ---

/** Bytes of one MCP frame on stdio: the limit of both official SDKs. */
export const mcpFrameBytesMax = 10 * 1024 * 1024
/** Client requests in flight at once, held calls included. Real clients stay below 100. */
export const mcpRequestsInFlightMax = 4_096
/** Cancelled or timed-out requests whose late reply may still pass; the oldest is forgotten first. */
export const mcpLateRepliesMax = 4_096
/** Bytes of all held calls together: three frames of the largest size, or 30,000 of 1 KB. */
export const mcpHeldBytesMax = 32 * 1024 * 1024
/** Bytes that wait in order behind a post-receipt before the server is no longer read. */
export const mcpQueuedBytesMax = 4 * 1024 * 1024
/**
 * Bytes of the gateway's own answers that a client has not taken before it is no longer read: 3,000 of 300 bytes. Calls
 * that were held by then (`mcpRequestsInFlightMax`) may add theirs, each at most 7 KB with its id.
 */
export const mcpAnswersBytesMax = 1024 * 1024
/** Characters of a string id of a request; SDKs count or use UUIDs. Bounds what an id costs in memory. */
export const mcpRequestIdCharsMax = 1_024
/** Characters of a tool name. MCP says 1 to 128; a longer one must still fit in a receipt. */
export const mcpToolNameCharsMax = 1_024
/** Pages of one `tools/list`, so that a server cannot hand out cursors for ever. */
export const toolsListPagesMax = 100
/** Names kept of one `tools/list`; they all go into the manifest. */
export const toolsListNamesMax = 10_000
/** Characters of those names together: escaped and with the rest of the manifest they must fit in `lineBytesMax`. */
export const toolsListNameCharsMax = 512 * 1024
/** Bytes of all pages of one `tools/list`: three frames of the largest size, or 10,000 tools of 3 KB. */
export const toolsListBytesMax = 32 * 1024 * 1024
/** How often `tools/list` is asked again because the server says that it changed before the first call. */
export const toolsListRoundsMax = 3
/** Wait for the pages of one `tools/list`, and for the reply to `initialize` before it, in ms. Below the 60 s of the SDKs. */
export const toolsListWaitMsMax = 10_000
/** After the client's end: wait for its calls before the server's input is ended, in ms. */
export const clientEndWaitMsMax = 5_000
/** Wait at the end for receipts under way, then again for the close of the workflow, in ms. SDK clients kill 2 s after SIGTERM. */
export const gatewayCloseWaitMsMax = 1_500
/** Wait for the server to exit after its input ended, before SIGTERM, in ms. Below the 2 s of SDK clients. */
export const childEndWaitMsMax = 1_000
/** Wait for the server to exit after SIGTERM, before SIGKILL, in ms. */
export const childTermWaitMsMax = 1_000
/** Wait for the rest of the output of a server that exited: a grandchild may hold the pipe open. In ms. */
export const childOutputWaitMsMax = 500
/** Wait for data directory, key and first receipt of a gateway, in ms: the wait for the lock, and as much again. */
export const gatewayOpenWaitMsMax = 10_000
/** How long a gateway waits for the data directory, in milliseconds: a client may restart it while the old one closes. */
export const gatewayLockWaitMs = 5_000
/** What is left of a gateway's process after its orderly end, unread output above all, may take this long, in ms. */
export const gatewayExitWaitMsMax = 2_000
/** Bytes of log lines of a gateway that wait for a reader; further lines are counted only. */
export const gatewayLogBytesMax = 1024 * 1024

// --- demo ---

/** Longest `slow_report` of the demo server, in ms. */
export const demoReportMsMax = 60_000
/** Default wait of the demo client for a reply, in ms. */
export const demoReplyWaitMsMax = 30_000
/** How long the demo's client waits for a tool before it gives up, in milliseconds: longer than the policy's time-out. */
export const demoCallWaitMs = 1_500
