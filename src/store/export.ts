// What the journal says about workflows: pure, from rows to lists and exports.
import type { JsonObject } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'
import type { JournalRow } from './journal-rows.js'
import { readJsonObject } from './json-object.js'

/** One workflow as the journal has it; all bytes are canonical JSON, verbatim, without a newline. */
export interface WorkflowExport {
  /** In the order of sealing, at least one. */
  readonly receipts: readonly Uint8Array[]
  readonly annex: readonly Uint8Array[]
  /** `workflow.json`; null where the journal has none. */
  readonly workflowDocument: Uint8Array | null
  /** `{evidence, trust_record}`; null while the workflow is open. */
  readonly record: Uint8Array | null
  /** `policy_bundle_hash` of the manifest: the name of the policy in `policies/`. Absent when it cannot be read. */
  readonly policyHash?: string
}

/** One line of the list of workflows. */
export interface WorkflowSummary {
  readonly workflow: string
  /** `issued_at` and `agent_id` of the manifest; null where they cannot be read. */
  readonly openedAt: string | null
  readonly agentId: string | null
  readonly receipts: number
  readonly annex: number
  /** `closed`: the last receipt says so, the record is missing. `recorded`: closed, and its Trust Record was issued. */
  readonly state: 'open' | 'closed' | 'recorded'
}

/**
 * Everything about one workflow. Of a workflow document or record that occurs twice the last one counts.
 *
 * @throws TracevarError `ERR_STORE_NOT_FOUND` when the journal has no receipt of it.
 */
export async function exportRows(rows: AsyncIterable<JournalRow>, workflow: string): Promise<WorkflowExport> {
  const receipts: Uint8Array[] = []
  const annex: Uint8Array[] = []
  let workflowDocument: Uint8Array | null = null
  let record: Uint8Array | null = null
  for await (const row of rows) {
    if (row.workflow !== workflow) continue
    if (row.t === 'receipt') receipts.push(row.bytes)
    else if (row.t === 'annex') annex.push(row.bytes)
    else if (row.t === 'workflow') workflowDocument = row.bytes
    else if (row.t === 'record') record = row.bytes
  }
  const [manifest] = receipts
  if (manifest === undefined) {
    throw new TracevarError('ERR_STORE_NOT_FOUND', 'the journal has no receipt of this workflow')
  }
  const policyHash = textMember(readJsonObject(manifest), 'policy_bundle_hash')
  return { receipts, annex, workflowDocument, record, ...(policyHash === null ? {} : { policyHash }) }
}

/** All workflows that have a receipt, in the order of their manifests. */
export async function listWorkflows(rows: AsyncIterable<JournalRow>): Promise<WorkflowSummary[]> {
  const tallies = new Map<string, Tally>()
  for await (const row of rows) {
    let tally = tallies.get(row.workflow)
    if (row.t === 'receipt') {
      tally ??= { first: row.bytes, last: row.bytes, receipts: 0, annex: 0, hasRecord: false }
      tallies.set(row.workflow, tally)
      tally.last = row.bytes
      tally.receipts++
    }
    if (tally && row.t === 'annex') tally.annex++
    if (tally && row.t === 'record') tally.hasRecord = true
  }
  return [...tallies].map(([workflow, tally]) => summarize(workflow, tally))
}

interface Tally {
  readonly first: Uint8Array
  last: Uint8Array
  receipts: number
  annex: number
  hasRecord: boolean
}

function summarize(workflow: string, { first, last, receipts, annex, hasRecord }: Tally): WorkflowSummary {
  const manifest = readJsonObject(first)
  const isClosed = textMember(readJsonObject(last), 'record_type') === 'workflow_closed'
  return {
    workflow,
    openedAt: textMember(manifest, 'issued_at'),
    agentId: textMember(manifest, 'agent_id'),
    receipts,
    annex,
    state: hasRecord ? 'recorded' : isClosed ? 'closed' : 'open',
  }
}

function textMember(object: JsonObject | undefined, name: string): string | null {
  const value = object?.[name]
  return typeof value === 'string' ? value : null
}
