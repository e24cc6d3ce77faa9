// The small files of an export against its chain: workflow document, policy, Trust Record, evidence.
import { verifyEvidence } from '../attest/verify-evidence.js'
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import type { Backend } from '../crypto/backend.js'
import { sha256String } from '../crypto/hash.js'
import type { KeySet } from '../crypto/key-set.js'
import { TracevarError } from '../errors.js'
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
}

/** `workflow.json` is fixed by the manifest's `capability_manifest_hash` (DESIGN decision 11). */
export function checkWorkflow(
  bytes: Uint8Array,
  { chain }: ExportFacts,
): { readonly axis: AxisResult; readonly document: WorkflowDocument | undefined } {
  const checks = new Checks()
  const document = checks.read(() => readWorkflowDocument(bytes))
  if (document !== undefined) {
    const named = workflowDocumentDigest(document) === chain.capabilityManifestHash
    checks.add('manifest', named, 'the manifest names this document')
  }
  return { axis: checks.result(), document }
}

/**
 * `policy.json` is what the manifest's `policy_bundle_hash` names (VAR R-24).
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
  const policy = bytes && checks.read(() => parseJson(bytes, { largeIntegers: 'double' }))
  if (policy !== undefined) {
    checks.add(
      'manifest',
      hashOf(policy) === chain.policyBundleHash,
      'the manifest names the policy in policy.json',
    )
  }
  checks.add('one_policy', chain.hasOnePolicy, 'every receipt names the policy of the manifest')
  return checks.result()
}

/** What is needed besides the record itself. */
export interface RecordContext {
  readonly keys: KeySet
  /** Epoch seconds. */
  readonly nowSec: number
  readonly document: WorkflowDocument | undefined
  readonly backend: Backend
}

/** The record must verify under a trusted key and commit to exactly this chain and annex. */
export async function checkRecord(
  bytes: Uint8Array,
  { keys, nowSec, document, backend }: RecordContext,
  facts: ExportFacts,
): Promise<{
  readonly axis: AxisResult
  readonly record: SignedTrustRecord | undefined
  readonly notChecked: readonly NotChecked[]
}> {
  const checks = new Checks()
  const value = checks.read(() => parseJson(bytes))
  if (value === undefined) return { axis: checks.result(), record: undefined, notChecked: [] }
  const verdict = await verifyRecord(bytes, keys, {
    now: nowSec,
    maxAgeSeconds: null,
    ...(backend.mode === 'sync' ? { backend } : {}),
  })
  checks.add('verified', verdict.ok, verdict.ok ? 'the record verifies under a trusted key' : verdict.reason)
  const record = verdict.ok ? (value as unknown as SignedTrustRecord) : undefined // its shape was verified
  if (record !== undefined) compareRecord(record, document, facts, checks)
  const why = `whether its key was revoked: ${verdict.revocation.state}`
  return { axis: checks.result(), record, notChecked: [{ axis: 'record', why }] }
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
  checks.add('call_count', told?.call_count === chain.totalCalls, 'the record counts the calls of the chain')
  checks.add('policy', policy.bundle_hash === chain.policyBundleHash, 'record and manifest name one policy')
  const enforcement = chain.mode === undefined ? undefined : ENFORCEMENT_OF_MODE[chain.mode]
  checks.add(
    'enforcement',
    policy.enforcement_mode === enforcement,
    'the record says how the manifest enforces',
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

/**
 * Evidence is judged anew here, whatever the record says of itself (DESIGN decision 10).
 *
 * @param bytes undefined when there is none but some is required.
 */
export function checkEvidence(
  bytes: Uint8Array | undefined,
  parts: { readonly record: SignedTrustRecord | undefined; readonly document: WorkflowDocument | undefined },
  { chain, annex }: ExportFacts,
  requireAttested: boolean,
): { readonly axis: AxisResult & { readonly grade: string }; readonly notChecked: readonly NotChecked[] } {
  const { chainRoot, head, count, policyBundleHash } = chain
  const isKnown = chainRoot !== null && head !== null && policyBundleHash !== undefined
  const { record, document } = parts
  const report = verifyEvidence(bytes ?? '', {
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
  })
  const checks = new Checks()
  for (const { id, status, message } of report.checks) checks.add(id, status === 'pass', message)
  if (requireAttested) checks.add('attested', false, `grade ${report.grade}: no hardware vouches for it`)
  const result = checks.result()
  // Checks that hold are worth no tick when nothing but software vouches for them (DESIGN decisions 10, 17).
  const status = result.status === 'PASS' && report.grade === 'software-only' ? 'WARN' : result.status
  return { axis: { ...result, status, grade: report.grade }, notChecked: report.notChecked }
}

/** Collects the checks of one axis; one failure fails it. */
class Checks {
  readonly #checks: AxisCheck[] = []

  add(id: string, holds: boolean, message: string): void {
    this.#checks.push({ id, status: holds ? 'pass' : 'fail', message })
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
    return {
      status: this.#checks.some(({ status }) => status === 'fail') ? 'FAIL' : 'PASS',
      checks: this.#checks,
    }
  }
}

function hashOf(value: unknown): string {
  return sha256String(jcsBytes(value))
}
