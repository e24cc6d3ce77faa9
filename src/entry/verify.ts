// tracevar/verify: the auditor. Pure and offline; loads in a browser. Bytes in, report out.
export { type KeySet, keySetOf, parseKeyFile, singleKey } from '../crypto/key-set.js'
export { createPureBackend } from '../crypto/pure-backend.js'
export { createWebBackend } from '../crypto/web-backend.js'
export { VERIFICATION_CODES, type VerificationCode } from '../verify/codes.js'
export type { Finding, Layer, Severity } from '../verify/findings.js'
export { memorySpill, type RandomAccess, type Spill, type SpillFactory } from '../verify/random-access.js'
export {
  type AnnexResult,
  buildReport,
  type ChainResult,
  exitCodeOf,
  isClean,
  type Report,
  type Status,
} from '../verify/report.js'
export { parseTsaSidecar, type TsaRecord } from '../verify/tsa-sidecar.js'
export { parseMessageImprintHex } from '../verify/tsa-token.js'
export { verifyAnnexStream } from '../verify/verify-annex-stream.js'
export { type ChainKeys, type ChainVerification, verifyChain } from '../verify/verify-chain.js'
export { type VerifyChainOptions, verifyChainStream } from '../verify/verify-chain-stream.js'
export { type ExportFiles, type VerifyExportOptions, verifyExport } from '../verify/verify-export.js'
export { verifyL3 } from '../verify/verify-l3.js'
export { verifyL4 } from '../verify/verify-l4.js'
