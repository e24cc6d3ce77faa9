// From a data directory to an export directory: the files an auditor gets (DESIGN "Files").
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject } from '../codec/json-value.js'
import { utf8Encode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import { findDataDir } from '../store/data-dir.js'
import { exportRows, listWorkflows, type WorkflowSummary } from '../store/export.js'
import { nodeStoreFs, writeExport } from '../store/host.js'
import { readJournal } from '../store/journal.js'
import { exportKeys } from './keys.js'
import { tarArchive } from './tar.js'
import { writeNew } from './write-new.js'

/** Workflows of a data directory, oldest first. It may be open elsewhere. */
export async function workflowsOf(dataDir: string): Promise<WorkflowSummary[]> {
  const paths = await findDataDir(nodeStoreFs, dataDir)
  return listWorkflows(readJournal(nodeStoreFs, paths.journal))
}

/**
 * Writes one workflow as an export: a directory, or a tar archive of it when `out` ends in `.tar`.
 *
 * @param workflowId left out: the newest.
 * @returns the files written, by name, with their length in bytes.
 * @throws TracevarError `ERR_STORE_NOT_FOUND`, `ERR_STORE_EXPORT_EXISTS`, `ERR_STORE_FAILED`, and as the journal's reader.
 */
export async function exportWorkflow(
  dataDir: string,
  out: string,
  workflowId?: string,
): Promise<{ readonly workflowId: string; readonly files: ReadonlyMap<string, number> }> {
  const { id, files } = await collectFiles(dataDir, workflowId)
  if (out.endsWith('.tar')) await writeNew(out, tarArchive(files))
  else await writeExport(out, files)
  return { workflowId: id, files: new Map([...files].map(([name, bytes]) => [name, bytes.length])) }
}

/** The files of one workflow (DESIGN "Files"), by name. */
async function collectFiles(
  dataDir: string,
  workflowId: string | undefined,
): Promise<{ readonly id: string; readonly files: ReadonlyMap<string, Uint8Array> }> {
  const paths = await findDataDir(nodeStoreFs, dataDir)
  const id = workflowId ?? (await workflowsOf(dataDir)).at(-1)?.workflow
  if (id === undefined) throw new TracevarError('ERR_STORE_NOT_FOUND', `${dataDir} holds no workflow`)
  const found = await exportRows(readJournal(nodeStoreFs, paths.journal), id)
  const files = new Map<string, Uint8Array>([
    ['receipts.ndjson', lines(found.receipts)],
    ['annex.ndjson', lines(found.annex)],
    ['public-keys.jwks', utf8Encode(`${JSON.stringify(await exportKeys(dataDir), null, 2)}\n`)],
  ])
  if (found.workflowDocument) files.set('workflow.json', found.workflowDocument)
  for (const [name, bytes] of recordFiles(found.record)) files.set(name, bytes)
  for (const [name, bytes] of await policyFiles(paths.policies, found.policyHash)) files.set(name, bytes)
  return { id, files }
}

function lines(rows: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(rows.reduce((sum, row) => sum + row.length + 1, 0))
  let at = 0
  for (const row of rows) {
    bytes.set(row, at)
    at += row.length
    bytes[at++] = 0x0a
  }
  return bytes
}

/** `trust-record.json` and `evidence.json` out of the journal's one row. */
function recordFiles(row: Uint8Array | null): [string, Uint8Array][] {
  const value = row && parseJson(row)
  if (!isJsonObject(value)) return []
  return [
    ['trust-record.json', jcsBytes(value.trust_record)],
    ['evidence.json', jcsBytes(value.evidence)],
  ]
}

/** `policy.json`, the bytes that were hashed, and `policy.yaml` as written. */
async function policyFiles(dir: string, policyHash: string | undefined): Promise<[string, Uint8Array][]> {
  const files: [string, Uint8Array][] = []
  for (const [stored, name] of [
    ['.json', 'policy.json'],
    ['.yaml', 'policy.yaml'],
  ] as const) {
    const path = join(dir, `${(policyHash ?? '').replace('sha256:', '')}${stored}`)
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined // kept only since the policy was first used here
      throw error
    })
    if (bytes) files.push([name, bytes])
  }
  return files
}
