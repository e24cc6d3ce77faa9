// Rows as the runtime writes them, small.
import { jcsBytes } from '../../src/codec/jcs.js'
import { utf8Decode } from '../../src/codec/utf8.js'
import { sha256String } from '../../src/crypto/hash.js'
import type { JournalRow } from '../../src/store/journal-rows.js'

export function receiptRow(workflow: string, receipt: Record<string, unknown>): JournalRow {
  const bytes = jcsBytes(receipt)
  return { t: 'receipt', workflow, hash: sha256String(bytes), bytes }
}

export function annexRow(workflow: string, row: Record<string, unknown>): JournalRow {
  return { ...receiptRow(workflow, row), t: 'annex' } as JournalRow
}

/** One value per row that is equal exactly when the rows are. */
export function rowText(row: JournalRow): string {
  return JSON.stringify('bytes' in row ? { ...row, bytes: utf8Decode(row.bytes) } : row)
}

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
