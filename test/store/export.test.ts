import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { utf8Decode, utf8Encode } from '../../src/codec/utf8.js'
import { exportRows, listWorkflows } from '../../src/store/export.js'
import { writeExport } from '../../src/store/host.js'
import type { JournalRow } from '../../src/store/journal-rows.js'
import { annexRow, receiptRow } from './rows.js'
import { tempDir } from './temp-dir.js'

const POLICY = `sha256:${'b'.repeat(64)}`
const manifest = (workflow: string) =>
  receiptRow(workflow, {
    record_type: 'workflow_manifest',
    agent_id: `agent of ${workflow}`,
    issued_at: '2026-01-01T00:00:00Z',
    policy_bundle_hash: POLICY,
  })
const closed = (workflow: string) => receiptRow(workflow, { record_type: 'workflow_closed' })
const bytesRow = (t: 'workflow' | 'record', workflow: string, text: string): JournalRow => ({
  t,
  workflow,
  bytes: utf8Encode(text),
})

const ROWS: readonly JournalRow[] = [
  bytesRow('workflow', 'a', '{"n":1}'),
  manifest('a'),
  bytesRow('workflow', 'b', '{"n":2}'),
  annexRow('a', { seq: 0 }),
  manifest('b'),
  { t: 'forwarded', workflow: 'a', about: POLICY, at: 'now' },
  bytesRow('workflow', 'never sealed', '{"n":3}'),
  closed('a'),
  manifest('c'),
  closed('c'),
  bytesRow('record', 'a', '{"first":1}'),
  bytesRow('record', 'a', '{"second":2}'),
  receiptRow('d', { record_type: 'workflow_manifest' }),
]

async function* rows(): AsyncGenerator<JournalRow> {
  yield* ROWS
}

describe('export of a workflow', () => {
  it('has all rows of the workflow in order and of no other', async () => {
    const a = await exportRows(rows(), 'a')
    expect(a.receipts).toEqual([ROWS[1], ROWS[7]].map((row) => (row as { bytes: Uint8Array }).bytes))
    expect(a.annex.map(utf8Decode)).toEqual(['{"seq":0}'])
    expect(utf8Decode(a.workflowDocument!)).toBe('{"n":1}')
    expect(utf8Decode(a.record!)).toBe('{"second":2}')
    expect(a.policyHash).toBe(POLICY)
  })

  it('leaves out what is not there', async () => {
    expect(await exportRows(rows(), 'd')).toEqual({
      receipts: [utf8Encode('{"record_type":"workflow_manifest"}')],
      annex: [],
      workflowDocument: null,
      record: null,
    })
  })

  it('finds only workflows that have a receipt', async () => {
    for (const workflow of ['nobody', 'never sealed']) {
      await expect(exportRows(rows(), workflow)).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' })
    }
  })
})

describe('list of workflows', () => {
  it('counts and tells the state of each', async () => {
    const facts = { openedAt: '2026-01-01T00:00:00Z' }
    expect(await listWorkflows(rows())).toEqual([
      { ...facts, workflow: 'a', agentId: 'agent of a', receipts: 2, annex: 1, state: 'recorded' },
      { ...facts, workflow: 'b', agentId: 'agent of b', receipts: 1, annex: 0, state: 'open' },
      { ...facts, workflow: 'c', agentId: 'agent of c', receipts: 2, annex: 0, state: 'closed' },
      { workflow: 'd', openedAt: null, agentId: null, receipts: 1, annex: 0, state: 'open' },
    ])
  })
})

describe('export directory', () => {
  const files = new Map([
    ['receipts.ndjson', utf8Encode('{}\n')],
    ['receipts.ndjson.tsa', utf8Encode('')],
  ])

  it('is made, also into an empty directory, readable by all', async () => {
    const dir = await tempDir()
    for (const target of [`${dir}/new/deep`, `${dir}/new/other`]) {
      await writeExport(target, files)
      expect((await readdir(target)).sort()).toEqual(['receipts.ndjson', 'receipts.ndjson.tsa'])
      expect(await readFile(`${target}/receipts.ndjson`, 'utf8')).toBe('{}\n')
      expect((await stat(`${target}/receipts.ndjson`)).mode & 0o777).toBe(0o644 & ~process.umask())
    }
    const empty = await tempDir()
    await writeExport(empty, files)
    expect(await readdir(empty)).toHaveLength(2)
  })

  it('overwrites nothing', async () => {
    const dir = await tempDir()
    await writeFile(`${dir}/mine`, 'mine')
    await expect(writeExport(dir, files)).rejects.toMatchObject({ code: 'ERR_STORE_EXPORT_EXISTS' })
    expect(await readdir(dir)).toEqual(['mine'])
    await expect(writeExport(`${dir}/mine`, files)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  })

  it('takes plain names only', async () => {
    const dir = `${await tempDir()}/out`
    for (const name of ['../x', 'a/b', '.hidden', '']) {
      await expect(writeExport(dir, new Map([[name, utf8Encode('x')]]))).rejects.toThrow(RangeError)
    }
  })
})
