import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256String } from '../../src/crypto/hash.js'
import { jwkOfPublicKey } from '../../src/crypto/jwk.js'
import { type KeySet, keySetOf, parseKeyFile, singleKey } from '../../src/crypto/key-set.js'
import { jwkThumbprint } from '../../src/crypto/thumbprint.js'
import { ChainFactsCollector } from '../../src/verify/chain-facts.js'
import type { CheckedReceipt } from '../../src/verify/chain-run.js'
import { annexNotChecked } from '../../src/verify/export-parts.js'
import { NOWHERE } from '../../src/verify/findings.js'
import { UsedKeys } from '../../src/verify/used-keys.js'
import { type VerifyExportOptions, verifyExport } from '../../src/verify/verify-export.js'
import { ROOT } from '../support/sources.js'
import { backend, bytesOf, chainOf, key, ndjson, otherKey } from './support.js'

type Files = Readonly<Record<string, string>>

const NOW_SEC = Date.UTC(2026, 2, 2) / 1000

/** Verifies an export whose files are texts. */
function check(files: Files, options: Partial<VerifyExportOptions> = {}, keys = singleKey(key.publicKey)) {
  const text = (name: string) => (Object.hasOwn(files, name) ? files[name] : undefined)
  const source = {
    async stream(name: string) {
      const found = text(name)
      return found === undefined ? undefined : bytesOf(found)
    },
    async bytes(name: string) {
      const found = text(name)
      return found === undefined ? undefined : new TextEncoder().encode(found)
    },
  }
  return verifyExport(source, keys, backend, { nowSec: NOW_SEC, ...options })
}

const vector = (path: string) => readFileSync(join(ROOT, 'vectors', path))
const vectorKeys: KeySet = parseKeyFile(vector('keys/first.jwks'), 'first.jwks')
/** An export in which everything holds, written by the real runtime. */
const HONEST: Files = Object.fromEntries(
  [
    'receipts.ndjson',
    'annex.ndjson',
    'workflow.json',
    'policy.json',
    'trust-record.json',
    'evidence.json',
  ].map((name) => [name, vector(`exports/base/${name}`).toString()]),
)
const without = (...names: string[]): Files =>
  Object.fromEntries(Object.entries(HONEST).filter(([name]) => !names.includes(name)))
const checkHonest = (files: Files, options: Partial<VerifyExportOptions> = {}) =>
  check(files, options, vectorKeys)
const whyOf = ({ not_checked }: Awaited<ReturnType<typeof check>>, axis: string) =>
  not_checked.filter((one) => one.axis === axis).map(({ why }) => why)

/** A closed chain under the policy with these bytes. */
const chainUnder = (policy: string) => {
  const policy_bundle_hash = sha256String(new TextEncoder().encode(policy))
  return ndjson(
    chainOf(['workflow_manifest', { policy_bundle_hash }], ['workflow_closed', { policy_bundle_hash }]),
  )
}

it('an honest export: exit 0, every axis PASS, software evidence WARN', async () => {
  const report = await checkHonest(HONEST)
  expect(report).toMatchObject({
    exit_code: 0,
    layers: { L1: { status: 'PASS' }, L2: { status: 'PASS' } },
    annex: { status: 'PASS' },
    workflow: { status: 'PASS' },
    policy: { status: 'PASS' },
    record: { status: 'PASS' },
    evidence: { status: 'WARN', grade: 'software-only' },
  })
  expect(whyOf(report, 'annex')).toEqual([])
})

describe('policy.json', () => {
  it.each([
    ['an integer that a double rounds', '{"limit":9007199254740992}', '{"limit":9007199254740993}'],
    ['a number that a double rounds to zero', '{"limit":0}', '{"limit":1e-400}'],
    ['an escape', '{"limit":"a"}', '{"limit":"\\u0061"}'],
    ['white space', '{"limit":1}', '{"limit":1}\n'],
  ])('is the hashed bytes; another spelling fails: %s', async (_, hashed, respelled) => {
    const files = { 'receipts.ndjson': chainUnder(hashed) }
    expect(await check({ ...files, 'policy.json': hashed })).toMatchObject({
      exit_code: 0,
      policy: { status: 'PASS' },
    })
    expect(await check({ ...files, 'policy.json': respelled })).toMatchObject({
      exit_code: 1,
      policy: { status: 'FAIL', checks: [{ id: 'manifest', status: 'fail' }, { id: 'one_policy' }] },
    })
  })

  it('must parse, even where its bytes are the hashed ones', async () => {
    const report = await check({ 'receipts.ndjson': chainUnder('{,}'), 'policy.json': '{,}' })
    expect(report).toMatchObject({ exit_code: 1, policy: { status: 'FAIL', checks: [{ id: 'read' }, {}] } })
  })

  it('is not needed to see two policies in one chain, and without it nothing passes', async () => {
    const one = await check({ 'receipts.ndjson': chainUnder('{}') })
    expect(one).toMatchObject({ exit_code: 0, policy: { status: 'SKIPPED' } })
    const other = { policy_bundle_hash: `sha256:${'f'.repeat(64)}` }
    const two = await check({
      'receipts.ndjson': ndjson(chainOf(['workflow_manifest'], ['workflow_closed', other])),
    })
    expect(two).toMatchObject({
      exit_code: 1,
      policy: { status: 'FAIL', checks: [{ id: 'one_policy', status: 'fail' }] },
    })
  })
})

describe('files that are not there', () => {
  it('workflow.json warns when the manifest names one, else is only listed', async () => {
    const report = await checkHonest(without('workflow.json'))
    expect(report).toMatchObject({
      exit_code: 0,
      workflow: { status: 'WARN', checks: [{ id: 'present', status: 'warn' }] },
    })
    expect(whyOf(report, 'workflow')).toEqual(['workflow.json is not there'])
    const bare = await check({ 'receipts.ndjson': chainUnder('{}') })
    expect(bare.workflow).toBe(null)
    expect(whyOf(bare, 'workflow')).toEqual(['workflow.json is not there'])
  })

  it.each([
    ['record', 'trust-record.json', { requireRecord: true }],
    ['evidence', 'evidence.json', { requireEvidence: true }],
    ['evidence', 'evidence.json', { requireAttested: true }],
  ] as const)('%s fails when it is required: %s, %o', async (axis, name, options) => {
    expect(await checkHonest(without(name))).toMatchObject({ exit_code: 0, [axis]: null })
    const report = await checkHonest(without(name), options)
    expect([report.exit_code, report[axis]?.status]).toEqual([1, 'FAIL'])
    expect(report[axis]?.checks[0]).toMatchObject({ id: 'present', status: 'fail' })
  })

  it('what is required and there passes', async () => {
    expect(await checkHonest(HONEST, { requireRecord: true, requireEvidence: true })).toMatchObject({
      exit_code: 0,
    })
  })
})

describe('the end of the annex', () => {
  const OPEN = 'nothing that is signed commits to the last row: rows may be missing at the end'
  const cut = HONEST['annex.ndjson']!.replace(/[^\n]*\n$/, '')

  it.each([
    ['whole', HONEST['annex.ndjson']!],
    ['cut', cut],
    ['emptied', ''],
  ])('is listed as open without a record: %s', async (_, annex) => {
    const report = await checkHonest({
      ...without('trust-record.json', 'evidence.json'),
      'annex.ndjson': annex,
    })
    expect(report.exit_code).toBe(0)
    expect(whyOf(report, 'annex')).toEqual([OPEN])
  })

  it('is open beside software evidence, which whoever cut it can write anew', async () => {
    expect(whyOf(await checkHonest(without('trust-record.json')), 'annex')).toEqual([OPEN])
  })

  it('an annex that is not there is listed as that', async () => {
    const report = await checkHonest(without('annex.ndjson', 'trust-record.json', 'evidence.json'))
    expect(whyOf(report, 'annex')).toEqual(['annex.ndjson is not there'])
  })
})

it('policy.yaml and anchor.json are listed where they are there: nothing compares them', async () => {
  const names = ['policy.yaml', 'anchor.json']
  const mentions = (report: Awaited<ReturnType<typeof check>>) =>
    names.filter((name) => report.not_checked.some(({ why }) => why.includes(name)))
  expect(mentions(await checkHonest(HONEST))).toEqual([])
  const foreign = { ...HONEST, 'policy.yaml': 'default: ALLOW', 'anchor.json': '{}' }
  expect(mentions(await checkHonest(foreign))).toEqual(names)
})

it('claims of the record that nothing looks at are listed', async () => {
  const claims = Object.fromEntries(
    Object.keys(HONEST).map((name) => [name, vector(`exports/record-claims/${name}`).toString()]),
  )
  const listed = whyOf(await checkHonest(claims), 'record').join('; ')
  expect(listed).toMatch(/transparency.*delegation/)
  expect(whyOf(await checkHonest(HONEST), 'record').join('; ')).not.toMatch(/transparency|delegation/)
})

describe('chain facts', () => {
  const receipt = (index: number, hash: string): CheckedReceipt => ({
    receipt: { record_type: index === 0 ? 'workflow_manifest' : 'action_receipt' },
    hash: `sha256:${hash.repeat(64)}`,
    place: { ...NOWHERE, index },
  })

  it('say when there are more hashes than are kept; then any row is about a receipt, and the report says so', () => {
    const collector = new ChainFactsCollector(1)
    collector.receipt(receipt(0, 'a'))
    const annex = { status: 'PASS', count: 1, head: 'h', findings: [], findings_omitted: 0 } as const
    const lines = () =>
      annexNotChecked({ chain: collector.facts(), annex, signers: { receipt: [], annex: [] } }, true)
    expect([collector.has(receipt(1, 'b').hash), lines()]).toEqual([false, []])
    collector.receipt(receipt(1, 'b'))
    expect(collector.facts().knowsAllHashes).toBe(false)
    expect(collector.has(receipt(1, 'c').hash)).toBe(true)
    expect(lines()).toMatchObject([{ axis: 'annex', why: expect.stringContaining('more receipts') }])
  })

  it('count the calls anew when the chain starts again', () => {
    const collector = new ChainFactsCollector()
    for (const i of [0, 1, 0, 1, 2]) collector.receipt(receipt(i, String(i)))
    expect(collector.facts()).toMatchObject({ callCount: 2, count: 3 })
  })
})

it('used keys are those that were asked for and known, each once', () => {
  const thumbprint = ({ publicKey }: { publicKey: Uint8Array }) => jwkThumbprint(jwkOfPublicKey(publicKey))
  const used = new UsedKeys(
    keySetOf([
      { keyId: 'one', publicKey: key.publicKey },
      { keyId: 'two', publicKey: otherKey.publicKey },
    ]),
  )
  expect(used.thumbprints()).toEqual([])
  for (const keyId of ['two', 'three', 'two']) used.resolve(keyId)
  expect(used.thumbprints()).toEqual([thumbprint(otherKey)])
  used.resolve('one')
  expect(used.thumbprints()).toEqual([thumbprint(otherKey), thumbprint(key)])
})
