import { expect, it } from 'vitest'
import { jcs } from '../../src/codec/jcs.js'
import { findingsMax, verifyBatchBytesMax } from '../../src/limits.js'
import { type AnnexFacts, type AnnexRow, sealAnnexRow } from '../../src/receipt/annex.js'
import { receiptHash } from '../../src/receipt/hash.js'
import { signPayloads } from '../../src/receipt/signature-block.js'
import { verifyAnnexStream } from '../../src/verify/verify-annex-stream.js'
import { backend, bytesOf, HASH, key, keys, type Members, otherKey } from './support.js'

const signer = { backend, key, keyId: 'k1' }
const note = (text: string): AnnexFacts => ({ kind: 'note', about: HASH, text })

function annexOf(...facts: AnnexFacts[]): AnnexRow[] {
  const rows: AnnexRow[] = []
  let previous: { hash: string; seq: number } | null = null
  for (const fact of facts) {
    const { row, hash } = sealAnnexRow(fact, previous, signer)
    rows.push(row)
    previous = { hash, seq: row.seq }
  }
  return rows
}

/** A row as it is given, genuinely signed. */
function signRow(row: Members, by = signer): Members {
  const { signature: _, ...unsigned } = row
  const [signature] = signPayloads([new TextEncoder().encode(jcs(unsigned))], 'annex', by)
  return { ...unsigned, signature }
}

const run = (rows: readonly object[], options = {}) =>
  verifyAnnexStream(bytesOf(rows.map((row) => `${jcs(row)}\n`).join('')), keys, backend, options)
const codesOf = async (rows: readonly object[], options = {}) =>
  (await run(rows, options)).findings.map(({ severity, code }) => `${severity} ${code}`)

const three = annexOf(note('a'), note('b'), note('c'))
const [first, second, third] = three as [AnnexRow, AnnexRow, AnnexRow]

it('rows of any number verify, with head and count', async () => {
  const rows = annexOf(...Array.from({ length: 600 }, (_, i) => note(String(i))))
  expect(await run(rows, { isReceipt: (hash: string) => hash === HASH })).toEqual({
    status: 'PASS',
    count: 600,
    head: receiptHash(rows.at(-1) as AnnexRow),
    findings: [],
    findings_omitted: 0,
    not_checked: [],
  })
  const none = { findings: [], findings_omitted: 0, not_checked: [] }
  expect(await run([])).toEqual({ status: 'N/A', count: 0, head: null, ...none })
})

it('each rule has a row that only it refuses', async () => {
  const known = { isReceipt: () => true }
  expect(await codesOf([first, { ...second, text: 'changed' }], known)).toEqual([
    'fail ANNEX_SIGNATURE_INVALID',
  ])
  expect(await codesOf([signRow(first as Members, { ...signer, key: otherKey })], known)).toEqual([
    'fail ANNEX_SIGNATURE_INVALID',
  ])
  expect(await codesOf([signRow({ ...first, seq: 1 })], known)).toEqual(['fail ANNEX_SEQUENCE_ERROR'])
  expect(await codesOf([signRow({ ...first, prev: HASH })], known)).toEqual(['fail ANNEX_HASH_MISMATCH'])
  expect(await codesOf([first, signRow({ ...second, prev: null })], known)).toEqual([
    'fail ANNEX_HASH_MISMATCH',
  ])
  expect(await codesOf([first], { isReceipt: () => false })).toEqual(['fail ANNEX_ABOUT_UNKNOWN'])
  expect(await codesOf([signRow({ ...first, format: 'tracevar/annex/2' })], known)).toEqual([
    'fail ANNEX_MALFORMED',
  ])
  expect(await codesOf([signRow({ ...first, text: 1 })], known)).toEqual(['fail ANNEX_MALFORMED'])
  expect(await codesOf([signRow({ ...first, about: 'x' })], known)).toEqual(['fail ANNEX_MALFORMED'])
  expect(await codesOf([signRow({ ...first, more: 1 })], known)).toEqual(['fail ANNEX_MALFORMED'])
  expect(await codesOf([signRow({ ...first, kind: 'future', more: 1 })], known)).toEqual([
    'note ANNEX_KIND_UNKNOWN',
  ])
})

it('what no signature covers is warned of, as in receipts', async () => {
  const block = (row: AnnexRow, change: Members) => ({ ...row, signature: { ...row.signature, ...change } })
  const known = { isReceipt: () => true }
  expect(await codesOf([first, block(second, { evil: 1 })], known)).toEqual(['warn UNSIGNED_FIELD'])
  expect(await codesOf([first, block(second, { key_id: 'k2' })], known)).toEqual(['warn KEY_ID_CHANGE'])
})

it('a report says when nobody checked what rows speak of', async () => {
  expect((await run(three)).not_checked).toEqual([
    { axis: 'annex', why: 'whether rows speak of receipts of the chain' },
  ])
  expect((await run(three, { isReceipt: () => true })).not_checked).toEqual([])
})

it('after too many malformed lines the rest is counted, and said not to be checked', async () => {
  const text = `${'{\n'.repeat(findingsMax + 5)}${jcs(first)}\n`
  const result = await verifyAnnexStream(bytesOf(text), keys, backend, { isReceipt: () => true })
  expect(result).toMatchObject({ status: 'FAIL', count: 0, findings_omitted: 6 })
  expect(result.findings).toHaveLength(findingsMax)
  expect(result.not_checked).toMatchObject([{ axis: 'annex', why: expect.stringContaining('6 lines') }])
})

it('rows that are missing, repeated or exchanged are noticed', async () => {
  const both = ['fail ANNEX_SEQUENCE_ERROR', 'fail ANNEX_HASH_MISMATCH']
  expect(await codesOf([first, third])).toEqual(both)
  expect(await codesOf([second, third])).toEqual([...both, ...['fail ANNEX_SEQUENCE_ERROR']])
  expect(await codesOf([first, first])).toEqual(both)
  expect((await codesOf([second, first, third])).length).toBeGreaterThan(3)
})

it('an unknown kind passes as not interpreted; bad lines fail', async () => {
  const future = annexOf({ kind: 'future', about: HASH, any: { thing: 1 } })
  expect((await run(future)).status).toBe('PASS')
  const torn = await verifyAnnexStream(bytesOf(`${jcs(first)}\n{"torn`), keys, backend)
  expect(torn).toMatchObject({
    status: 'FAIL',
    count: 1,
    findings: [{ code: 'ANNEX_MALFORMED', file_index: 1 }],
  })
})

it('long rows do not add up in a batch', async () => {
  const rows = annexOf(...Array.from({ length: 4 }, () => note('x'.repeat(3_000_000))))
  const sizes: number[] = []
  const counting = {
    ...backend,
    sha256Many: (batch: Parameters<typeof backend.sha256Many>[0]) => {
      sizes.push(batch.bytes.length)
      return backend.sha256Many(batch)
    },
  }
  const text = rows.map((row) => `${jcs(row)}\n`).join('')
  expect(await verifyAnnexStream(bytesOf(text), keys, counting)).toMatchObject({ status: 'PASS', count: 4 })
  expect(Math.max(...sizes)).toBeLessThan(2 * verifyBatchBytesMax)
})
