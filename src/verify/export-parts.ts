// The small files of an export against its chain: workflow document, policy, Trust Record, evidence.
import { type EvidenceExpectations, verifyEvidence } from '../attest/verify-evidence.js'
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import type { Backend } from '../crypto/backend.js'
import { sha256String } from '../crypto/hash.js'
import type { KeySet } from '../crypto/key-set.js'
import { TracevarError } from '../errors.js'
import { recordFromChainEndSecMax } from '../limits.js'
import { ENFORCEMENT_OF_MODE } from '../record/build.js'
import { transcriptHash } from '../record/transcript.js'
import type { SignedTrustRecord } from '../record/types.js'
import { verifyRecord } from '../record/verify.js'
import {
  readWorkflowDocument,
  type WorkflowDocument,
  workflowDocumentDigest,
} from '../record/workflow-document.js'
import type { ChainFacts } from './chain-facts.js'
import type { AnnexResult, AxisCheck, AxisResult, NotChecked } from './report.js'

/** What was found out before: the chain, and the annex where there is one. */
export interface ExportFacts {
  readonly chain: ChainFacts
  readonly annex: AnnexResult | undefined
  /** Thumbprints of the keys that signed receipts and annex rows. */
  readonly signers: Readonly<Record<'receipt' | 'annex', readonly string[]>>
}

/** What of an annex nobody can tell. `isCommitted`: a record that verified names its last row. */
export function annexNotChecked({ chain, annex }: ExportFacts, isCommitted: boolean): NotChecked[] {
  if (annex === undefined) return [{ axis: 'annex', why: 'annex.ndjson is not there' }]
  const why: string[] = []
  // The closing document of software evidence does not count: whoever cut the annex can write a fitting one.
  if (!isCommitted) why.push('nothing that is signed commits to the last row: rows may be missing at the end')
  if (!chain.knowsAllHashes)
    why.push('more receipts than can be looked up: rows may speak of receipts that are not in the chain')
  return why.map((one) => ({ axis: 'annex', why: one }))
}

/** `workflow.json` is fixed by the manifest's `capability_manifest_hash` (DESIGN decision 11). */
export function checkWorkflow(
  bytes: Uint8Array | undefined,
  { chain }: ExportFacts,
): { readonly axis: AxisResult | undefined; readonly document: WorkflowDocument | undefined } {
  const checks = new Checks()
  if (bytes === undefined) {
    if (chain.capabilityManifestHash === undefined) return { axis: undefined, document: undefined }
    checks.add('present', false, 'the manifest names a workflow.json, which is not there', 'warn')
  }
  const document = bytes && checks.read(() => readWorkflowDocument(bytes))
  if (document !== undefined) {
    const named = workflowDocumentDigest(document) === chain.capabilityManifestHash
    checks.add('manifest', named, 'the manifest names this document')
  }
  return { axis: checks.result(), document }
}

/**
 * `policy.json` holds the very bytes whose hash is the manifest's `policy_bundle_hash` (VAR R-24, DESIGN "Files"): in
 * another spelling a reader may see other numbers. SKIPPED where there is no policy to compare.
 *
 * @param expected digest string that the caller wants the policy to have; undefined: none.
 */
export function checkPolicy(
  bytes: Uint8Array | undefined,
  expected: string | undefined,
  { chain }: ExportFacts,
): AxisResult {
  const checks = new Checks()
  if (expected !== undefined) {
    checks.add(
      'expected',
      expected === chain.policyBundleHash,
      'the manifest names the policy that was expected',
    )
  }
  if (bytes !== undefined && checks.read(() => parseJson(bytes, { largeIntegers: 'double' })) !== undefined) {
    checks.add(
      'manifest',
      sha256String(bytes) === chain.policyBundleHash,
      'the manifest names the bytes of policy.json',
    )
  }
  checks.add('one_policy', chain.hasOnePolicy, 'every receipt names the policy of the manifest')
  const result = checks.result()
  const isCompared = bytes !== undefined || expected !== undefined
  return result.status === 'PASS' && !isCompared ? { ...result, status: 'SKIPPED' } : result
}

/** What is needed besides the record itself. */
export interface RecordContext {
  readonly keys: KeySet
  /** Epoch seconds. */
  readonly nowSec: number
  readonly document: WorkflowDocument | undefined
  readonly backend: Backend
}

/** What is known about the record before evidence was looked at. */
export interface CheckedRecord {
  /** Undefined unless it verified. */
  readonly record: SignedTrustRecord | undefined
  readonly notChecked: readonly NotChecked[]
  /** @param provenPlatform platform of evidence that passed and vouches for this record; null: none did. */
  readonly axis: (provenPlatform: string | null) => AxisResult
}

/**
 * The record must verify under a trusted key and commit to exactly this chain and annex.
 *
 * @param bytes undefined when there is none but one is required.
 */
export async function checkRecord(
  bytes: Uint8Array | undefined,
  { keys, nowSec, document, backend }: RecordContext,
  facts: ExportFacts,
): Promise<CheckedRecord> {
  const checks = new Checks()
  if (bytes === undefined) checks.add('present', false, 'trust-record.json is required and not there')
  const value = bytes && checks.read(() => parseJson(bytes))
  if (value === undefined) return { record: undefined, notChecked: [], axis: () => checks.result() }
  const verdict = await verifyRecord(bytes, keys, {
    now: nowSec,
    maxAgeSeconds: null,
    ...(backend.mode === 'sync' ? { backend } : {}),
  })
  checks.add('verified', verdict.ok, verdict.ok ? 'the record verifies under a trusted key' : verdict.reason)
  const record = verdict.ok ? (value as unknown as SignedTrustRecord) : undefined // its shape was verified
  if (record !== undefined) {
    for (const { id, message } of verdict.warnings)
      if (id !== 'platform_unproven') checks.add(id, false, message, 'warn') // evidence decides that one
    compareRecord(record, document, facts, checks)
  }
  const why = [
    `whether its key was revoked: ${verdict.revocation.state}`,
    ...(['transparency', 'delegation'] as const)
      .filter((name) => record?.[name] !== undefined)
      .map((name) => `what its member ${name} claims: not in this version`),
  ]
  return {
    record,
    notChecked: why.map((one) => ({ axis: 'record', why: one })),
    axis(provenPlatform) {
      const platform = record?.runtime.platform ?? 'software-only'
      // DESIGN decision 10: a hardware platform without evidence is a claim, and no claim of its own raises a record.
      if (platform !== 'software-only')
        checks.add(
          'platform_unproven',
          platform === provenPlatform,
          'the record names hardware, and evidence that passes vouches for it',
        )
      return checks.result()
    },
  }
}

function compareRecord(
  record: SignedTrustRecord,
  document: WorkflowDocument | undefined,
  { chain, annex }: ExportFacts,
  checks: Checks,
): void {
  const transcript = transcriptHash({
    receiptsHead: chain.head ?? '',
    receiptCount: chain.count,
    annexHead: annex?.head ?? null,
    annexCount: annex?.count ?? 0,
  })
  const { tool_transcript: told, policy } = record
  checks.add('transcript', told?.hash === transcript, 'the record commits to these receipts and annex rows')
  checks.add('call_count', told?.call_count === chain.callCount, 'the record counts the calls of the chain')
  checks.add('policy', policy.bundle_hash === chain.policyBundleHash, 'record and manifest name one policy')
  const enforcement = chain.mode === undefined ? undefined : ENFORCEMENT_OF_MODE[chain.mode]
  checks.add(
    'enforcement',
    policy.enforcement_mode === enforcement,
    'the record says how the manifest enforces',
  )
  const apart = Math.abs(record.iat - chain.lastIssuedAtSec)
  checks.add(
    'issued_at',
    apart <= recordFromChainEndSecMax,
    `the record was issued within ${recordFromChainEndSecMax} s of the last receipt`,
    'warn',
  )
  if (document === undefined) return
  for (const name of ['subject', 'model', 'data_class', 'build_provenance'] as const) {
    checks.add(
      name,
      hashOf(record[name]) === hashOf(document[name]),
      `record and workflow.json agree on ${name}`,
    )
  }
}

/** What came of the evidence. */
export interface CheckedEvidence {
  readonly axis: AxisResult & { readonly grade: string }
  /** Platform that the evidence proves; null when it does not pass. */
  readonly platform: string | null
  readonly notChecked: readonly NotChecked[]
}

/**
 * Evidence is judged anew here, whatever the record says of itself (DESIGN decision 10).
 *
 * @param bytes undefined when there is none but some is required.
 */
export function checkEvidence(
  bytes: Uint8Array | undefined,
  parts: { readonly record: SignedTrustRecord | undefined; readonly document: WorkflowDocument | undefined },
  facts: ExportFacts,
  requireAttested: boolean,
): CheckedEvidence {
  const checks = new Checks()
  const report = bytes && verifyEvidence(bytes, expectationsOf(parts, facts))
  const grade = report?.grade ?? 'none'
  if (report === undefined) checks.add('present', false, 'evidence.json is required and not there')
  else
    for (const { id, status, message } of report.checks)
      checks.add(id, status === 'pass', message, status === 'warn' ? 'warn' : 'fail')
  if (requireAttested) checks.add('attested', false, `grade ${grade}: no hardware vouches for it`)
  const result = checks.result()
  // Checks that hold are worth no tick when nothing but software vouches for them (DESIGN decisions 10, 17).
  const status = result.status === 'PASS' && grade === 'software-only' ? 'WARN' : result.status
  return {
    axis: { ...result, status, grade },
    platform: report && grade !== 'none' ? report.platform : null,
    notChecked: report?.notChecked ?? [],
  }
}

function expectationsOf(
  { record, document }: Parameters<typeof checkEvidence>[1],
  { chain, annex, signers }: ExportFacts,
): EvidenceExpectations {
  const { chainRoot, head, count, policyBundleHash } = chain
  const isKnown = chainRoot !== null && head !== null && policyBundleHash !== undefined
  return {
    signers,
    ...(record === undefined ? {} : { record }),
    ...(document === undefined ? {} : { openingDigest: document.opening_evidence }),
    ...(isKnown
      ? {
          chain: {
            chainRoot,
            receiptsHead: head,
            receiptCount: count,
            annexHead: annex?.head ?? null,
            annexCount: annex?.count ?? 0,
            policyBundleHash,
          },
        }
      : {}),
  }
}

/** Collects the checks of one axis; one failure fails it, one warning keeps it from passing. */
class Checks {
  readonly #checks: AxisCheck[] = []

  add(id: string, holds: boolean, message: string, otherwise: 'warn' | 'fail' = 'fail'): void {
    this.#checks.push({ id, status: holds ? 'pass' : otherwise, message })
  }

  /** What `read` gives; undefined, with a failed check, for what it refuses. */
  read<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof TracevarError)) throw error
      this.add('read', false, error.message)
      return undefined
    }
  }

  result(): AxisResult {
    const has = (wanted: AxisCheck['status']) => this.#checks.some(({ status }) => status === wanted)
    return { status: has('fail') ? 'FAIL' : has('warn') ? 'WARN' : 'PASS', checks: this.#checks }
  }
}

function hashOf(value: unknown): string {
  return sha256String(jcsBytes(value))
}
