// An export directory as a whole: chain, annex, workflow document, policy, Trust Record and evidence must fit together
// (DESIGN "Files"). Every part is an axis of its own; a part that is not there is listed, never counted as passed.
import type { Backend } from '../crypto/backend.js'
import type { KeySet } from '../crypto/key-set.js'
import { packedHashesMax } from '../limits.js'
import { ChainFactsCollector } from './chain-facts.js'
import { annexNotChecked, checkEvidence, checkPolicy, checkRecord, checkWorkflow } from './export-parts.js'
import { buildReport, type NotChecked, type Report } from './report.js'
import { UsedKeys } from './used-keys.js'
import { verifyAnnexStream } from './verify-annex-stream.js'
import { type VerifyChainOptions, verifyChainStream } from './verify-chain-stream.js'

/** Files of an export, by the names of DESIGN "Files". Names that are not there give undefined. */
export interface ExportFiles {
  /** A file of any size. */
  stream(name: string): Promise<AsyncIterable<Uint8Array> | undefined>
  /** Whether a file is there. Left out: it is found out when it is read. */
  has?(name: string): Promise<boolean>
  /** A file that is read whole; the source bounds its size. */
  bytes(name: string): Promise<Uint8Array | undefined>
}

/** Options of {@link verifyExport}. */
export interface VerifyExportOptions
  extends Omit<VerifyChainOptions, 'sidecar' | 'onReceipt' | 'onConfirmed'> {
  /** Time of verification, epoch seconds: a record from the future is refused. */
  readonly nowSec: number
  /** Digest string that the manifest's policy must have. Left out: only policy.json of the export is compared. */
  readonly policyBundleHash?: string
  /** An export without Trust Record is a failure. Left out: false. */
  readonly requireRecord?: boolean
  /** An export without evidence is a failure. Left out: false. */
  readonly requireEvidence?: boolean
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
  const {
    requireRecord,
    requireEvidence,
    requireAttested = false,
    policyBundleHash,
    ...chainOptions
  } = options
  const { nowSec } = chainOptions
  // Only rows of an annex ask for hashes of receipts, which take more memory than all else.
  const hasAnnex = (await files.has?.('annex.ndjson')) ?? true
  const collector = new ChainFactsCollector(hasAnnex ? packedHashesMax : 0)
  const [receiptKeys, annexKeys] = [new UsedKeys(keys), new UsedKeys(keys)]
  const sidecar = await files.stream('receipts.ndjson.tsa')
  const receipts = (await files.stream('receipts.ndjson')) ?? nothing()
  const chain = await verifyChainStream(receipts, receiptKeys, backend, {
    ...chainOptions,
    ...(sidecar === undefined ? {} : { sidecar }),
    onReceipt: (checked) => collector.receipt(checked),
    onConfirmed: (lines) => collector.confirmed(lines),
  })
  const rows = hasAnnex ? await files.stream('annex.ndjson') : undefined
  const isReceipt = (hash: string) => collector.has(hash)
  const annex = rows && (await verifyAnnexStream(rows, annexKeys, backend, { isReceipt }))
  const signers = { receipt: receiptKeys.thumbprints(), annex: annexKeys.thumbprints() }
  const facts = { chain: collector.facts(), annex, signers }

  const notChecked: NotChecked[] = []
  const file = async (name: string, axis: string) => {
    const bytes = await files.bytes(name)
    if (bytes === undefined) notChecked.push({ axis, why: `${name} is not there` })
    return bytes
  }
  const { document, axis: workflow } = checkWorkflow(await file('workflow.json', 'workflow'), facts)
  const policy = checkPolicy(await file('policy.json', 'policy'), policyBundleHash, facts)
  const recordBytes = await file('trust-record.json', 'record')
  const record =
    recordBytes !== undefined || requireRecord
      ? await checkRecord(recordBytes, { keys, nowSec, document, backend }, facts)
      : undefined
  const evidenceBytes = await file('evidence.json', 'evidence')
  const evidence =
    evidenceBytes !== undefined || requireEvidence || requireAttested
      ? checkEvidence(evidenceBytes, { record: record?.record, document }, facts, requireAttested)
      : undefined
  for (const [name, axis] of UNREAD)
    if ((await files.bytes(name)) !== undefined)
      notChecked.push({ axis, why: `${name} is there; nothing compares it with the chain` })
  notChecked.push(...annexNotChecked(facts, record?.record !== undefined))
  return buildReport({
    chain,
    annex,
    workflow,
    policy,
    record: record?.axis(evidence?.platform ?? null),
    evidence: evidence?.axis,
    backend: backend.describe(),
    not_checked: [...notChecked, ...(record?.notChecked ?? []), ...(evidence?.notChecked ?? [])],
  })
}

/** Files of an export that this version does not read, and the axis they would belong to. */
const UNREAD = [
  ['policy.yaml', 'policy'],
  ['anchor.json', 'L5'],
] as const

async function* nothing(): AsyncGenerator<Uint8Array> {}
