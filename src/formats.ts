// Every format name and version that this software reads or writes. A name is data: it is compared exactly,
// and a file that names a major version not listed here is refused (DESIGN decision 17).

/** VAR receipts: the only value of `spec_version` (VAR R-1). */
export const VAR_SPEC_VERSION = 'var/1.0'

/** TRACE Trust Record v0.2: the only `eat_profile` that is written and accepted (TRACE A2). */
export const TRACE_PROFILE_V0_2 = 'tag:agentrust-io.com,2026:trace-v0.2'

/** TRACE v0.1, superseded: recognised so that a refusal can name it (TRACE, "v0.1 record handling"). */
export const TRACE_PROFILE_V0_1 = 'tag:agentrust.io,2026:trace-v0.1'

/** Facts about a workflow that VAR's closed field lists cannot carry; its JCS digest is in the manifest. */
export const WORKFLOW_FORMAT = 'tracevar/workflow/1'

/** Rows of the annex: signed, hash-chained facts about receipts. */
export const ANNEX_FORMAT = 'tracevar/annex/1'

/** Opening and closing binding documents (DESIGN decision 9). */
export const BINDING_FORMAT = 'tracevar/binding/1'

/** Evidence beside the record: raw evidence, certificates, collateral, binding documents. */
export const EVIDENCE_FORMAT = 'tracevar/evidence/1'

/** Raw evidence of the `software-only` platform: a statement that nothing vouches for it. */
export const SOFTWARE_EVIDENCE_FORMAT = 'tracevar/software-evidence/1'

/** First line of every journal segment. */
export const JOURNAL_FORMAT = 'tracevar/journal/1'

/** `tracevar.yaml`. */
export const CONFIG_FORMAT = 'tracevar/config/1'

/** The machine-readable result of `tracevar verify --json`. */
export const REPORT_FORMAT = 'tracevar/report/1'

/** Content of the data directory's `VERSION` file. */
export const DATA_FORMAT = 'tracevar/data/1'

/** `vectors/manifest.json`. */
export const VECTORS_FORMAT = 'tracevar/vectors/1'

/** Method name of `tool_transcript.hash`: SHA-256 of JCS{annex_count, annex_head, receipt_count, receipts_head}. */
export const TRANSCRIPT_METHOD = 'tracevar/transcript/1'

/** `report_data` layout that we write: RFC 7638 thumbprint (32 bytes), then the binding root (32 bytes). */
export const REPORT_DATA_LAYOUT = 'jwk-thumbprint'

/** `prebuilds/manifest.json`: the SHA-256 of each prebuilt addon; written by native/prebuild.mjs. */
export const PREBUILDS_FORMAT = 'tracevar/prebuilds/1'
