// tracevar/attest: evidence beside a record, and what it is worth. This version knows the platform software-only.
export {
  bindingDigest,
  type ClosingBinding,
  closingBinding,
  type OpeningBinding,
  openingBinding,
  reportData,
} from '../attest/binding.js'
export { collectEvidence, type Evidence, type EvidenceGrade, readEvidence } from '../attest/evidence.js'
export { PLATFORMS, type Platform } from '../attest/platform.js'
export { type EvidenceExpectations, verifyEvidence } from '../attest/verify-evidence.js'
