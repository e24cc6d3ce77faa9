// A real runtime in a temporary data directory, and its chain as an auditor would read it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadKeys } from '../../src/crypto/host.js'
import type { SignedReceipt } from '../../src/receipt/fields.js'
import type { Runtime } from '../../src/runtime/runtime.js'
import { exportRows, listWorkflows } from '../../src/store/export.js'
import { nodeStoreFs } from '../../src/store/host.js'
import { readJournal } from '../../src/store/journal.js'
import { verifyChain } from '../../src/verify/verify-chain.js'
import { type OpenRuntimeOptions, openRuntime } from '../../src/wiring/open-runtime.js'

export type Receipt = SignedReceipt & Record<string, unknown>

/** Runs `body` with an open runtime; gives the receipts of its only (or last) workflow, verified. */
export async function scenario(
  options: Partial<OpenRuntimeOptions>,
  body: (runtime: Runtime, dir: string) => Promise<void>,
): Promise<Receipt[]> {
  const dir = await mkdtemp(join(tmpdir(), 'tracevar-test-'))
  try {
    const runtime = await openRuntime({
      dataDir: dir,
      policy: { default: 'ALLOW', rules: [] },
      mode: 'enforce',
      ...options,
    })
    try {
      await body(runtime, dir)
    } finally {
      await runtime.close()
    }
    return await readReceipts(dir)
  } finally {
    await rm(dir, { recursive: true })
  }
}

/** The receipts of the last workflow of a data directory; throws unless signatures and chain verify. */
export async function readReceipts(dir: string): Promise<Receipt[]> {
  const journal = () => readJournal(nodeStoreFs, join(dir, 'journal'))
  const workflows = await listWorkflows(journal())
  const { receipts: rows } = await exportRows(journal(), workflows.at(-1)!.workflow)
  const receipts = rows.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Receipt)
  const key = (await loadKeys(join(dir, 'keys'))).all()[0]!.publicKey
  const verdict = await verifyChain(receipts, key)
  if (!verdict.valid) throw new Error(`chain does not verify: ${JSON.stringify(verdict.errors)}`)
  return receipts
}

/** Those of one kind. */
export function ofKind(receipts: readonly Receipt[], kind: Receipt['record_type']): Receipt[] {
  return receipts.filter((receipt) => receipt.record_type === kind)
}

export const rule = (tool: string, decision: string, more: Record<string, unknown> = {}) => ({
  tool,
  decision,
  reason: `rule for ${tool}`,
  blast_radius: 'HIGH',
  reversible: false,
  ...more,
})
