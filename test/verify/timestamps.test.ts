// L3: sidecar, tokens inside receipts, coverage, and what is said about what was not checked.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { base64Decode, base64Encode } from '../../src/codec/base64.js'
import { hexDecode } from '../../src/codec/hex.js'
import type { JsonObject } from '../../src/codec/json-value.js'
import {
  findingsMax,
  readChunkBytes,
  sidecarRowsPerReceiptMax,
  timeRegressionSecMax,
} from '../../src/limits.js'
import type { SignedReceipt } from '../../src/receipt/fields.js'
import { receiptHash } from '../../src/receipt/hash.js'
import { Findings, NOWHERE } from '../../src/verify/findings.js'
import { loadTsaSidecar } from '../../src/verify/host.js'
import { memorySpill } from '../../src/verify/random-access.js'
import { Timestamps } from '../../src/verify/timestamps.js'
import { parseTsaSidecar, SidecarIndex } from '../../src/verify/tsa-sidecar.js'
import { checkToken, parseMessageImprintHex } from '../../src/verify/tsa-token.js'
import { verifyL3 } from '../../src/verify/verify-l3.js'
import { bytesOf, chainOf, type Members, ndjson, type Step, verify } from './support.js'

/** DER element. */
function der(tag: number, ...contents: (Uint8Array | number[])[]): Uint8Array {
  const body = contents.flatMap((part) => [...part])
  const n = body.length
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]
  return Uint8Array.from([tag, ...length, ...body])
}
const SEQUENCE = 0x30
const oid = (...bytes: number[]) => der(6, bytes)
const SIGNED_DATA = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2)
const TST_INFO = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4)
const ID_DATA = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1)
const SHA256 = oid(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1)
const SHA512 = oid(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3)
const ascii = (text: string) => new TextEncoder().encode(text)

interface TokenParts {
  status?: number
  imprint: Uint8Array
  hash?: Uint8Array
  genTime?: Uint8Array
  contentType?: Uint8Array
  signed?: boolean
  withoutToken?: boolean
  cms?: Uint8Array
  content?: Uint8Array
}

/** Base64 of a TimeStampResp. */
function token({ status = 0, imprint, hash = SHA256, contentType = TST_INFO, ...parts }: TokenParts): string {
  const {
    genTime = der(0x18, ascii('20270101000000Z')),
    signed = false,
    withoutToken = false,
    cms = SIGNED_DATA,
  } = parts
  const info = der(
    SEQUENCE,
    der(2, [1]),
    oid(0x2a, 3),
    der(SEQUENCE, der(SEQUENCE, hash), der(4, imprint)),
    der(2, [9]),
    genTime,
  )
  const encapsulated = der(SEQUENCE, contentType, der(0xa0, der(4, parts.content ?? info)))
  const signers = der(0x31, signed ? der(SEQUENCE, der(2, [1])) : [])
  const signedData = der(SEQUENCE, der(2, [3]), der(0x31), encapsulated, signers)
  const contentInfo = der(SEQUENCE, cms, der(0xa0, signedData))
  return base64Encode(der(SEQUENCE, der(SEQUENCE, der(2, [status])), withoutToken ? [] : contentInfo))
}

const chain = chainOf(['workflow_manifest'], ['action_receipt'], ['workflow_closed', { total_calls: 1 }])
const imprintOf = (receipt: Members) => hexDecode(receiptHash(receipt).slice(7))
const row = (i: number, members: Members = {}) => ({
  receipt_id: `id-${i}`,
  rfc3161_token: token({ imprint: imprintOf(chain[i]!) }),
  tsa_id: 'digicert',
  ...members,
})
const lines = (...rows: unknown[]) => rows.map((entry) => `${JSON.stringify(entry)}\n`).join('')
const run = (text: string, options = {}) => verify(chain, { sidecar: bytesOf(text), ...options })
const codes = ({ findings }: { findings: readonly { severity: string; code: string }[] }) =>
  findings.map(({ severity, code }) => `${severity} ${code}`)

it('a token is judged in the order of R-51', () => {
  const imprint = imprintOf(chain[0]!)
  const claim = {
    tsaId: 'digicert',
    imprint: receiptHash(chain[0]!).slice(7),
    issuedAt: '2027-01-01T00:00:00Z',
    latestMs: Date.UTC(2027),
  }
  const judge = (parts: Partial<TokenParts>, change = {}, accepted = ['digicert']) =>
    checkToken({ ...claim, token: token({ imprint, ...parts }), ...change }, accepted)
  const wrong = { status: 2, hash: SHA512, imprint: new Uint8Array(32) }
  expect(judge({})).toEqual({ code: undefined, signed: false })
  expect(judge({ signed: true, status: 1 })).toEqual({ code: undefined, signed: true })
  expect(judge(wrong, { tsaId: 'x' }).code).toBe('tsa_not_in_allowlist')
  expect(judge(wrong, { tsaId: undefined }).code).toBe('tsa_not_in_allowlist')
  expect(judge({}, {}, []).code).toBe('tsa_not_in_allowlist')
  expect(judge(wrong).code).toBe('tsa_pkistatus_not_granted')
  expect(judge({ withoutToken: true }).code).toBe('tsa_der_parse_error')
  expect(judge({ cms: ID_DATA }).code).toBe('tsa_der_parse_error')
  expect(judge({ ...wrong, status: 0, contentType: ID_DATA }).code).toBe('tsa_content_type')
  expect(judge({ contentType: ID_DATA, content: ascii('text') }).code).toBe('tsa_content_type')
  expect(judge({ content: ascii('text') }).code).toBe('tsa_der_parse_error')
  expect(judge({ ...wrong, status: 0 }).code).toBe('tsa_hash_algorithm_not_sha256')
  expect(judge({ genTime: der(0x18, ascii('20270101000000+0100')) }).code).toBe('tsa_gentime_parse_error')
  expect(judge({}, { issuedAt: 'noon' }).code).toBe('tsa_gentime_parse_error')
  expect(judge({}, { issuedAt: '2027-01-01T00:00:00.001Z' }).code).toBe('tsa_gentime_before_issued_at')
  expect(judge({ imprint: new Uint8Array(32) }).code).toBe('tsa_messageimprint_mismatch')
  expect(judge({}, { latestMs: Date.UTC(2027) - 1 }).code).toBe('tsa_gentime_in_future')
  expect(judge({ imprint: new Uint8Array(32) }, { latestMs: 0 }).code).toBe('tsa_messageimprint_mismatch')
  for (const bad of ['', 'AAAA', '!', 5, null, `${token({ imprint })}AAAA`])
    expect(judge({}, { token: bad }).code, String(bad)).toBe('tsa_der_parse_error')
})

it('a token that is cut off or changed anywhere is refused or still fits, and never crashes', () => {
  const imprint = imprintOf(chain[0]!)
  const good = base64Decode(token({ imprint }))
  const claim = {
    tsaId: 'digicert',
    imprint: receiptHash(chain[0]!).slice(7),
    issuedAt: '2026-01-01T00:00:00Z',
    latestMs: Number.POSITIVE_INFINITY,
  }
  for (let i = 0; i < good.length; i++) {
    const cut = base64Encode(good.slice(0, i))
    expect(checkToken({ ...claim, token: cut }, ['digicert']).code).toBe('tsa_der_parse_error')
    const changed = good.slice()
    changed[i]! ^= 0x55
    checkToken({ ...claim, token: base64Encode(changed) }, ['digicert'])
  }
})

it('coverage is counted, and the level named', async () => {
  const result = await run(lines(row(0), row(2)))
  expect(result.layers.L3).toEqual({ status: 'PASS', level: 'structural', covered: 2, total: 3 })
  expect(codes(result)).toEqual([])
  expect(result.not_checked[0]?.why).toContain('no signature of an authority')
  const { layers, not_checked } = await verify(chain)
  expect(layers.L3).toEqual({ status: 'SKIPPED', level: 'structural', covered: 0, total: 3 })
  expect(not_checked[0]).toEqual({ axis: 'L3', why: 'no receipt has a timestamp' })
})

it('a signature that was not checked is said to be so', async () => {
  const signed = token({ imprint: imprintOf(chain[0]!), signed: true })
  const { not_checked } = await run(lines(row(0, { rfc3161_token: signed })))
  expect(not_checked[0]?.why).toContain('signature and certificate of 1 tokens')
})

it('a bad token fails although others pass', async () => {
  const result = await run(lines(row(0), row(1, { rfc3161_token: row(0).rfc3161_token }), row(2)))
  expect(result.layers.L3).toMatchObject({ status: 'FAIL', covered: 2 })
  expect(result.findings).toMatchObject([
    { code: 'tsa_messageimprint_mismatch', receipt_id: 'id-1', index: 1 },
  ])
})

it('of several rows for one receipt every one counts (W-12)', async () => {
  const bad = row(0, { rfc3161_token: 'AAAA' })
  for (const rows of [lines(bad, row(0)), lines(row(0), bad)])
    expect(codes(await run(rows)).sort()).toEqual(['fail tsa_der_parse_error', 'warn tsa_duplicate_entry'])
})

it('lines that are no rows are skipped, counted and reported; so are rows of unknown receipts', async () => {
  const result = await run(`${lines(row(0), row(0, { receipt_id: 'gone' }), { receipt_id: 1 }, 5)}{"torn`)
  expect(result.layers.L3.status).toBe('PASS')
  expect(result.findings.map(({ code, message }) => `${code} ${message}`).sort()).toEqual([
    'tsa_malformed_entry 3 lines of the sidecar are no rows',
    'tsa_unmatched_entry 1 receipts of the sidecar are not in the chain',
  ])
})

it('the sidecar fits also when the chain is out of order', async () => {
  const result = await verify([...chain].reverse(), { sidecar: bytesOf(lines(row(2), row(0))) })
  expect(result.layers.L3).toMatchObject({ status: 'PASS', covered: 2, total: 3 })
  expect(codes(result)).toEqual([])
})

it('rows beyond the bound are not read, so the axis is no PASS', async () => {
  const sidecar = await SidecarIndex.read(bytesOf(lines(row(0), row(1), row(2))), memorySpill, 2)
  expect([sidecar.tooLong, sidecar.untaken()]).toEqual([true, 2])
  const timestamps = new Timestamps(sidecar)
  const findings = new Findings()
  const place = { ...NOWHERE, receipt_id: 'id-0' }
  await timestamps.receipt({ receipt: chain[0] as JsonObject, hash: receiptHash(chain[0]!), place }, findings)
  expect(timestamps.result(findings, false)).toMatchObject({ status: 'SKIPPED', covered: 1, total: 1 })
  expect(timestamps.notChecked()[0]?.why).toContain('the rest of the sidecar')
})

it('a sidecar of lines that are no rows is not read to its end', async () => {
  const sidecar = await SidecarIndex.read(
    bytesOf(`${'{\n'.repeat(2 * findingsMax)}${lines(row(0))}`),
    memorySpill,
  )
  expect([sidecar.tooLong, sidecar.malformedLines, sidecar.untaken()]).toEqual([true, findingsMax + 1, 0])
})

/** Verifies with a sidecar of so many rows for the first receipt; gives the codes and the readings of rows. */
async function withRows(count: number, receipts: readonly Members[] = chain) {
  let readings = 0
  const spill = async () => {
    const inner = await memorySpill()
    const read = (offset: number, length: number) => {
      readings++
      return inner.read(offset, length)
    }
    return { ...inner, read }
  }
  const padding = 'x'.repeat(readChunkBytes) // so that each row takes a reading
  const text = lines(...Array.from({ length: count }, () => row(0, { padding })))
  const result = await verify(receipts, { sidecar: bytesOf(text), spill, reread: () => memory(receipts) })
  return { result, readings }
}
const memory = (receipts: readonly Members[]) => {
  const bytes = new TextEncoder().encode(ndjson(receipts))
  return { read: async (offset: number, length: number) => bytes.slice(offset, offset + length) }
}

it('rows for one receipt are bounded: more fail, and are not read', async () => {
  const most = await withRows(sidecarRowsPerReceiptMax)
  expect(codes(most.result)).toEqual(['warn tsa_duplicate_entry'])
  const more = await withRows(sidecarRowsPerReceiptMax + 1)
  expect(codes(more.result)).toEqual(['fail tsa_duplicate_entry'])
  const many = await withRows(10 * sidecarRowsPerReceiptMax)
  expect(codes(many.result)).toEqual(['fail tsa_duplicate_entry'])
  expect(many.readings).toBe(more.readings)
})

it('rows are taken once: a second receipt with the same id has none', async () => {
  const twice = chainOf(['workflow_manifest'], ...Array.from({ length: 20 }, () => SAME_ID))
  const { result, readings } = await withRows(1, twice)
  expect(result.layers.L3).toMatchObject({ covered: 1, total: 21 })
  expect(codes(result).filter((code) => code.includes('tsa_'))).toEqual([])
  expect(readings).toBeLessThan(5)
})
const SAME_ID: Step = ['action_receipt', { receipt_id: 'id-0' }]

it('ids in the sidecar keep no line in memory', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const padding = 'x'.repeat(50_000)
  const count = 600
  async function* rows() {
    for (let i = 0; i < count; i++)
      yield* bytesOf(lines({ ...row(0), receipt_id: `a-long-receipt-id-${i}`, padding }))
  }
  const nowhere = async () => ({ ...(await memorySpill()), append: async () => {} })
  collect()
  const before = process.memoryUsage().heapUsed
  const sidecar = await SidecarIndex.read(rows(), nowhere)
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan((count * padding.length) / 4)
  expect(sidecar.untaken()).toBe(count)
})

it('Merkle rows are PENDING, never PASS', async () => {
  const leaf = { entry_type: 'receipt', receipt_id: 'id-1', batch_id: 'b', merkle_proof: [] }
  const batch = {
    entry_type: 'batch',
    batch_id: 'b',
    merkle_root: '00',
    tsa_id: 'digicert',
    rfc3161_token: 'AAAA',
  }
  const result = await run(lines(row(0), leaf, batch))
  expect(result.layers.L3).toMatchObject({ status: 'PENDING', covered: 1 })
  expect(result.not_checked.some(({ why }) => why.includes('Merkle batches'))).toBe(true)
})

it('required timestamps that are missing fail', async () => {
  const missing = await run(lines(row(0), row(1)), { requireTimestamps: true })
  expect(codes(missing)).toEqual(['fail TIMESTAMP_MISSING', 'fail TIMESTAMP_UNVERIFIED'])
  expect(missing.layers.L3.status).toBe('FAIL')
  expect(codes(await verify(chain, { requireTimestamps: true }))).toEqual(['fail TIMESTAMP_MISSING'])
})

it('required timestamps fail when only their structure was checked', async () => {
  const sidecar = lines(row(0), row(1), row(2))
  const all = await run(sidecar, { requireTimestamps: true })
  expect(codes(all)).toEqual(['fail TIMESTAMP_UNVERIFIED'])
  expect(all.layers.L3).toMatchObject({ status: 'FAIL', covered: 3 })
  expect((await run(sidecar)).layers.L3.status).toBe('PASS')
})

it('a token from the future fails where the time of verification is known', async () => {
  const nowSec = Date.UTC(2027) / 1000 - timeRegressionSecMax
  expect(codes(await run(lines(row(0)), { nowSec }))).toEqual([])
  expect(codes(await run(lines(row(0)), { nowSec: nowSec - 1 }))).toEqual(['fail tsa_gentime_in_future'])
})

it('accepted authorities are those that were named', async () => {
  const text = lines(row(0, { tsa_id: 'mine' }))
  expect(codes(await run(text))).toEqual(['fail tsa_not_in_allowlist'])
  expect(codes(await run(text, { acceptTsaIds: ['mine'] }))).toEqual([])
  expect(codes(await run(lines(row(0)), { acceptTsaIds: [] }))).toEqual(['fail tsa_not_in_allowlist'])
})

it('a token inside a receipt stamps the receipt without it (D-16)', async () => {
  const last = chain[2]!
  const inside = { rfc3161_token: `base64:${token({ imprint: imprintOf(last) })}`, tsa_id: 'digicert' }
  const good = await verify([...chain.slice(0, 2), { ...last, ...inside }])
  expect(good.layers.L3).toMatchObject({ status: 'PASS', covered: 1 })
  expect(codes(good)).toEqual([])
  for (const rfc3161_token of ['base64:AAAA', { a: 1 }, 7, '']) {
    const bad = await verify([...chain.slice(0, 2), { ...last, rfc3161_token, tsa_id: 'digicert' }])
    expect(codes(bad)).toEqual(['fail tsa_der_parse_error'])
  }
})

it('verifyL3 takes one receipt or several, and rows of a file', async () => {
  const receipts = chain as unknown as SignedReceipt[]
  const folder = mkdtempSync(join(tmpdir(), 'tracevar-test-'))
  writeFileSync(join(folder, 'x.tsa'), `${lines(row(0), row(1))}{"torn`)
  const rows = loadTsaSidecar(join(folder, 'x.tsa'))
  rmSync(folder, { recursive: true })
  expect(rows).toHaveLength(2)
  expect(rows).toEqual(parseTsaSidecar(lines(row(0), row(1))))
  expect(loadTsaSidecar('/nowhere/x.tsa')).toEqual([])
  expect(() => loadTsaSidecar(tmpdir())).toThrow(expect.objectContaining({ code: 'ERR_VERIFY_INPUT' }))
  expect(await verifyL3(receipts, rows)).toEqual({
    status: 'PASS',
    coverage: { covered: 2, total: 3 },
    level: 'structural',
  })
  expect((await verifyL3(receipts[0]!, rows)).status).toBe('PASS')
  expect((await verifyL3(receipts[2]!, rows)).status).toBe('SKIPPED')
  expect((await verifyL3([], rows)).status).toBe('SKIPPED')
  expect(await verifyL3(receipts, rows, { accepting_tsa_ids: [] })).toMatchObject({
    status: 'FAIL',
    reason: 'tsa_not_in_allowlist',
    failed_receipt_id: 'id-0',
  })
  await expect(verifyL3(receipts, rows, { trust_anchors: {} } as object)).rejects.toThrow(TypeError)
  expect((await verifyL3([null as unknown as SignedReceipt], rows)).status).toBe('FAIL')
  expect((await verifyL3(new Array(1), rows)).status).toBe('FAIL')
  expect(await parseMessageImprintHex(rows[0]!.rfc3161_token)).toBe(receiptHash(chain[0]!).slice(7))
  expect(await parseMessageImprintHex('nonsense')).toBeNull()
})
