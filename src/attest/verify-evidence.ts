// Checks evidence.json against itself, the Trust Record and the chain. Pure: no clock, no files, no network.
import { base64Decode, base64urlEncode } from '../codec/base64.js'
import { hexDecode, hexEncode } from '../codec/hex.js'
import { merkleLeafHash, verifyMerkleInclusion } from '../crypto/merkle.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import { TracevarError } from '../errors.js'
import { REPORT_DATA_LAYOUT } from '../formats.js'
import {
  bindingBytes,
  bindingDigest,
  type ClosedChain,
  type OpeningBinding,
  REPEATED_MEMBERS,
} from './binding.js'
import {
  type BoundDocument,
  type Evidence,
  type EvidenceCheck,
  type EvidenceReport,
  readEvidence,
} from './evidence.js'
import { EVIDENCE_CHECKS, type EvidenceCheckId } from './evidence-checks.js'
import { PLATFORMS, type Platform } from './platform.js'

/** What the evidence must fit. Whatever is left out is listed in `notChecked`. */
export interface EvidenceExpectations {
  /** A Trust Record that `verifyRecord` accepted; only these members are read. */
  readonly record?: {
    readonly cnf: { readonly jwk: unknown }
    readonly runtime: { readonly platform: string; readonly measurement: string }
    readonly policy: { readonly bundle_hash: string }
  }
  /** Facts of a chain that was verified. */
  readonly chain?: ClosedChain & { readonly policyBundleHash: string }
  /**
   * RFC 7638 thumbprints of the keys under which receipts and annex rows verified, by what they signed; empty where
   * there was nothing to sign.
   */
  readonly signers?: Readonly<Record<'receipt' | 'annex', readonly string[]>>
  /** `opening_evidence` of the workflow.json whose digest is in the manifest. */
  readonly openingDigest?: string
  /** Lower-case hex of the challenge that the verifier gave. */
  readonly challenge?: string
}

/**
 * Verifies evidence: text, bytes or object. Never throws for bad evidence. The comparison is always with the
 * report_data inside the platform's own bytes, never with a copied claim; where that field is missing the evidence
 * fails (DESIGN decision 9; attestation.md G.3).
 */
export function verifyEvidence(input: unknown, expected: EvidenceExpectations = {}): EvidenceReport {
  const findings = new Findings()
  const opened = open(input, findings)
  if (opened === undefined) return findings.report()
  checkBinding(opened, expected, findings)
  checkRecord(opened, expected.record, findings)
  checkChain(opened, expected.chain, findings)
  checkSigners(opened, expected.signers, findings)
  checkEndorsements(opened, findings)
  return findings.report(opened)
}

/** Evidence whose platform bytes were read and carry report_data. */
interface Opened {
  readonly evidence: Evidence
  readonly platform: Platform
  readonly measurement: string
  /** First half of the platform's report_data, base64url. */
  readonly cnfThumbprint: string
  /** Second half. */
  readonly root: Uint8Array
}

class Findings {
  readonly #checks: EvidenceCheck[] = []
  readonly #notChecked: { axis: string; why: string }[] = []

  /** Adds a check, with the reason when it does not hold; answers whether it holds. */
  check(id: EvidenceCheckId, holds: boolean, why?: string): boolean {
    this.#add(id, holds, 'fail', why)
    return holds
  }

  /** Adds a check that only warns. */
  warn(id: EvidenceCheckId, holds: boolean): void {
    this.#add(id, holds, 'warn')
  }

  #add(id: EvidenceCheckId, holds: boolean, otherwise: 'warn' | 'fail', why = 'does not hold'): void {
    const message = holds ? EVIDENCE_CHECKS[id] : `${why}: ${EVIDENCE_CHECKS[id]}`
    this.#checks.push({ id, status: holds ? 'pass' : otherwise, message })
  }

  notChecked(axis: string, why: string): void {
    this.#notChecked.push({ axis, why })
  }

  report(opened?: Opened): EvidenceReport {
    const { platform } = opened ?? {}
    const failed = this.#checks.filter(({ status }) => status === 'fail')
    const malformed = failed.some(({ id }) => id === 'malformed' || id === 'raw_malformed')
    if (platform?.limitation) this.notChecked('hardware', platform.limitation)
    return {
      status: malformed ? 'malformed' : failed.length > 0 ? 'contraindicated' : 'none',
      platform: platform?.id ?? null,
      grade: failed.length === 0 && platform ? platform.grade : 'none',
      measurement: opened?.measurement ?? null,
      cnfThumbprint: opened?.cnfThumbprint ?? null,
      checks: this.#checks,
      notChecked: this.#notChecked,
    }
  }
}

/** Reads the file and the platform's own bytes; undefined when there is nothing further to compare with. */
function open(input: unknown, findings: Findings): Opened | undefined {
  const evidence = attempt('malformed', findings, () => readEvidence(input))
  if (evidence === undefined) return undefined
  const platform = PLATFORMS.get(evidence.platform)
  if (!findings.check('unsupported_platform', platform !== undefined) || platform === undefined)
    return undefined
  if (!findings.check('unsupported_layout', evidence.layout === REPORT_DATA_LAYOUT)) return undefined
  const report = attempt('raw_malformed', findings, () => platform.parse(base64Decode(evidence.raw)))
  if (report === undefined) return undefined
  const { reportData, measurement } = report
  if (!findings.check('report_data_missing', reportData !== null) || reportData === null) return undefined
  findings.check('report_data_copy', evidence.report_data === hexEncode(reportData))
  const cnfThumbprint = base64urlEncode(reportData.subarray(0, 32))
  return { evidence, platform, measurement, cnfThumbprint, root: reportData.subarray(32) }
}

/** Runs a reader as check `id`; undefined for anything it refuses, whatever it throws: the input is not ours. */
function attempt<T>(id: EvidenceCheckId, findings: Findings, read: () => T): T | undefined {
  try {
    const value = read()
    findings.check(id, true)
    return value
  } catch (error) {
    findings.check(id, false, error instanceof TracevarError ? error.message : 'it cannot be read')
    return undefined
  }
}

function checkBinding(opened: Opened, expected: EvidenceExpectations, findings: Findings): void {
  const { opening, closing } = opened.evidence.binding
  findings.check('binding_key', opening.document.cnf_thumbprint === opened.cnfThumbprint)
  findings.check('opening_binding', isIncluded(opening, opened.root))
  if (closing === null) findings.notChecked('closing', 'the evidence holds no closing document')
  else {
    findings.check('closing_binding', isIncluded(closing, opened.root))
    const repeats = REPEATED_MEMBERS.every(
      (name) => JSON.stringify(closing.document[name]) === JSON.stringify(opening.document[name]),
    )
    findings.check('closing_opening', repeats)
    const isLater = Date.parse(closing.document.issued_at) >= Date.parse(opening.document.issued_at)
    findings.warn('closing_time', isLater)
  }
  if (expected.openingDigest === undefined)
    findings.notChecked('opening', 'no workflow.json was given that fixes the opening document')
  else findings.check('opening_evidence', bindingDigest(opening.document) === expected.openingDigest)
  if (expected.challenge === undefined) findings.notChecked('freshness', 'no challenge was given')
  else findings.check('challenge', (closing ?? opening).document.challenge === expected.challenge)
}

function isIncluded(bound: BoundDocument<OpeningBinding>, root: Uint8Array): boolean {
  return verifyMerkleInclusion({
    leafHash: merkleLeafHash(bindingBytes(bound.document)),
    leafIndex: bound.leaf_index,
    treeSize: bound.tree_size,
    proof: bound.path.map((hash) => hexDecode(hash)),
    root,
  })
}

function checkRecord(
  { evidence, platform, measurement, cnfThumbprint }: Opened,
  record: EvidenceExpectations['record'],
  findings: Findings,
): void {
  if (record === undefined) {
    findings.notChecked('record', 'no Trust Record was given')
    return
  }
  const { document } = evidence.binding.opening // a closing document repeats these members, or fails above
  findings.check('record_key', jwkThumbprint(record.cnf.jwk) === cnfThumbprint)
  findings.check('record_usage', document.key_usages.includes('record'))
  findings.check('record_platform', record.runtime.platform === platform.id)
  findings.check('record_measurement', record.runtime.measurement === measurement)
  findings.check('record_policy', record.policy.bundle_hash === document.policy_bundle_hash)
}

function checkChain({ evidence }: Opened, chain: EvidenceExpectations['chain'], findings: Findings): void {
  if (chain === undefined) {
    findings.notChecked('chain', 'no chain was given')
    return
  }
  const document = evidence.binding.closing?.document
  // Without a closing document nothing binds the chain: each of these fails, none is passed over.
  findings.check('chain_policy', chain.policyBundleHash === document?.policy_bundle_hash)
  findings.check('chain_root', chain.chainRoot === document?.chain_root)
  findings.check('receipts_head', chain.receiptsHead === document?.receipts_head)
  findings.check('receipt_count', chain.receiptCount === document?.receipt_count)
  findings.check('annex_head', chain.annexHead === document?.annex_head)
  findings.check('annex_count', chain.annexCount === document?.annex_count)
}

/** A chain may have had other keys, before or after a rotation; this evidence says nothing about those. */
function checkSigners(
  { evidence, cnfThumbprint }: Opened,
  signers: EvidenceExpectations['signers'],
  findings: Findings,
): void {
  if (signers === undefined) {
    findings.notChecked('signers', 'the keys that signed receipts and annex rows were not given')
    return
  }
  const { key_usages: usages } = evidence.binding.opening.document
  for (const usage of ['receipt', 'annex'] as const) {
    const keys = signers[usage]
    const others = keys.filter((thumbprint) => thumbprint !== cnfThumbprint).length
    if (keys.length > 0) findings.warn(`${usage}_key`, others === 0)
    if (keys.length > others) findings.check(`${usage}_usage`, usages.includes(usage))
    if (others > 0)
      findings.notChecked(`${usage}_key`, `${others} keys that signed are not bound by this evidence`)
  }
}

/** A platform that nobody vouches for has no use for certificates: whatever is there was not looked at. */
function checkEndorsements({ evidence, platform }: Opened, findings: Findings): void {
  if (platform.limitation === null) return
  const { certificates, collateral } = evidence
  if (certificates.length > 0 || Object.keys(collateral).length > 0)
    findings.notChecked('endorsements', `${platform.id} has no use for the certificates and collateral given`)
}
