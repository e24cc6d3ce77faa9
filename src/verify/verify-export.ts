// An export directory as a whole: chain, annex, workflow document, policy, Trust Record and evidence must fit together
// (DESIGN "Files"). Every part is an axis of its own; a part that is not there is listed, never counted as passed.
import type { Backend } from '../crypto/backend.js'
import type { KeySet } from '../crypto/key-set.js'
import { ChainFactsCollector } from './chain-facts.js'
import { checkEvidence, checkPolicy, checkRecord, checkWorkflow } from './export-parts.js'
import { buildReport, type NotChecked, type Report } from './report.js'
import { verifyAnnexStream } from './verify-annex-stream.js'
import { type VerifyChainOptions, verifyChainStream } from './verify-chain-stream.js'

/** Files of an export, by the names of DESIGN "Files". Names that are not there give undefined. */
export interface ExportFiles {
  /** A file of any size. */
  stream(name: string): Promise<AsyncIterable<Uint8Array> | undefined>
  /** A file that is read whole; the source bounds its size. */
  bytes(name: string): Promise<Uint8Array | undefined>
}

/** Options of {@link verifyExport}. */
export interface VerifyExportOptions extends Omit<VerifyChainOptions, 'sidecar' | 'onReceipt'> {
  /** Time of verification, epoch seconds: a record from the future is refused. */
  readonly nowSec: number
  /** Digest string that the manifest's policy must have. Left out: only policy.json of the export is compared. */
  readonly policyBundleHash?: string
  /** Evidence that no hardware vouches for is a failure. Left out: false. */
  readonly requireAttested?: boolean
}

/**
 * Verifies an export.
 *
 * @param keys trusted public keys, from the caller; keys inside the export are never used.
 * @throws nothing for bad evidence; what `files` and `backend` throw.
 */
export async function verifyExport(
  files: ExportFiles,
  keys: KeySet,
  backend: Backend,
  options: VerifyExportOptions,
): Promise<Report> {
  const { nowSec, policyBundleHash, requireAttested = false, ...chainOptions } = options
  const collector = new ChainFactsCollector()
  const sidecar = await files.stream('receipts.ndjson.tsa')
  const chain = await verifyChainStream((await files.stream('receipts.ndjson')) ?? nothing(), keys, backend, {
    ...chainOptions,
    ...(sidecar === undefined ? {} : { sidecar }),
    onReceipt: (checked) => collector.receipt(checked),
  })
  const rows = await files.stream('annex.ndjson')
  const isReceipt = (hash: string) => collector.has(hash)
  const annex = rows && (await verifyAnnexStream(rows, keys, backend, { isReceipt }))
  const facts = { chain: collector.facts(), annex }

  const absent: NotChecked[] = annex ? [] : [{ axis: 'annex', why: 'annex.ndjson is not there' }]
  const file = async (name: string, axis: string) => {
    const bytes = await files.bytes(name)
    if (bytes === undefined) absent.push({ axis, why: `${name} is not there` })
    return bytes
  }
  const workflowBytes = await file('workflow.json', 'workflow')
  const workflow = workflowBytes && checkWorkflow(workflowBytes, facts)
  const document = workflow?.document
  const policyBytes = await file('policy.json', 'policy')
  const isPolicyKnown = policyBytes !== undefined || policyBundleHash !== undefined
  const recordBytes = await file('trust-record.json', 'record')
  const record = recordBytes && (await checkRecord(recordBytes, { keys, nowSec, document, backend }, facts))
  const evidenceBytes = await file('evidence.json', 'evidence')
  const evidence =
    evidenceBytes !== undefined || requireAttested
      ? checkEvidence(evidenceBytes, { record: record?.record, document }, facts, requireAttested)
      : undefined
  return buildReport({
    chain,
    backend: backend.describe(),
    not_checked: [...absent, ...(record?.notChecked ?? []), ...(evidence?.notChecked ?? [])],
    ...(annex && { annex }),
    ...(workflow && { workflow: workflow.axis }),
    ...(isPolicyKnown && { policy: checkPolicy(policyBytes, policyBundleHash, facts) }),
    ...(record && { record: record.axis }),
    ...(evidence && { evidence: evidence.axis }),
  })
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
