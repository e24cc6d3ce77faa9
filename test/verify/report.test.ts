import { expect, it } from 'vitest'
import { VERIFICATION_CODES } from '../../src/verify/codes.js'
import {
  type AxisResult,
  buildReport,
  type ChainResult,
  exitCodeOf,
  isClean,
} from '../../src/verify/report.js'
import { sourceFiles } from '../support/sources.js'
import { backend, chainOf, verify } from './support.js'

const open = chainOf(['workflow_manifest'])
const closed = chainOf(['workflow_manifest'], ['workflow_closed'])
const describe = backend.describe()
const axis = (status: AxisResult['status']): AxisResult => ({ status, checks: [] })
const withL4 = (chain: ChainResult, status: 'WARN' | 'FAIL' | 'PENDING'): ChainResult => ({
  ...chain,
  layers: { ...chain.layers, L4: { status } },
})

it('exit codes take precedence in the order 1, 2, 3, 0 (D-18, D-19)', async () => {
  const [whole, part] = [await verify(closed), await verify(open)]
  const code = (chain: ChainResult, parts = {}) => exitCodeOf({ chain, backend: describe, ...parts })
  expect(code(whole)).toBe(0)
  expect(code(part)).toBe(2)
  expect(code(withL4(whole, 'WARN'))).toBe(3)
  expect(code(withL4(part, 'WARN'))).toBe(2)
  expect(code(withL4(part, 'FAIL'))).toBe(1)
  expect(code(withL4(whole, 'PENDING'))).toBe(0)
  expect(code(await verify(open, { requireComplete: true }))).toBe(1)
  expect(code(await verify(''))).toBe(1)
  for (const part of ['workflow', 'policy', 'record', 'evidence', 'annex']) {
    expect(code(whole, { [part]: axis('FAIL') })).toBe(1)
    expect(code(whole, { [part]: axis('SKIPPED') })).toBe(0)
  }
})

it('the report has the members of DESIGN, and puts the findings together', async () => {
  const chain = await verify('x\n')
  const finding = chain.findings[0]!
  const annex = { status: 'PASS', count: 1, head: 'h', findings: [finding], findings_omitted: 2 } as const
  const report = buildReport({
    chain,
    annex,
    backend: describe,
    not_checked: [{ axis: 'record', why: 'absent' }],
  })
  expect(report).toMatchObject({
    format: 'tracevar/report/1',
    ok: false,
    exit_code: 1,
    layers: {
      L1: { status: 'FAIL' },
      L2: { status: 'FAIL' },
      L3: { status: 'SKIPPED', covered: 0, total: 0 },
    },
    chain: { workflow_id: null, complete: false, count: 0, head: null },
    annex: { status: 'PASS', count: 1, head: 'h' },
    record: null,
    evidence: null,
    backend: { name: 'node' },
    findings_omitted: 2,
  })
  expect(report.findings.length).toBe(chain.findings.length + 1)
  expect(report.not_checked.at(-1)).toEqual({ axis: 'record', why: 'absent' })
  expect(buildReport({ chain: await verify(closed), backend: describe })).toMatchObject({
    ok: true,
    exit_code: 0,
    annex: null,
  })
})

it('clean means neither failure nor warning; notes do not count', async () => {
  const restart = await verify(chainOf(['workflow_manifest'], ['recovery_event']))
  expect(restart.findings.map(({ severity }) => severity)).toEqual(['note'])
  expect(isClean(restart.findings)).toBe(true)
  expect(isClean((await verify(chainOf(['workflow_manifest'], ['workflow_manifest']))).findings)).toBe(false)
})

it('every verification code is explained, reported by the source and provoked by a test', () => {
  const textOf = (folder: string, besides: RegExp) =>
    sourceFiles(folder)
      .filter(({ path }) => !besides.test(path))
      .map(({ text }) => text)
      .join('\n')
  const source = textOf('src', /verify\/codes\.ts$/)
  const tests = textOf('test/verify', /report\.test\.ts$/)
  for (const [code, [meaning, next]] of Object.entries(VERIFICATION_CODES)) {
    expect(meaning.length, code).toBeGreaterThan(10)
    expect(next.length, code).toBeGreaterThan(5)
    expect(source.includes(`'${code}'`), `${code} is reported`).toBe(true)
    expect(new RegExp(`\\b${code}\\b`).test(tests), `${code} is provoked`).toBe(true)
  }
})
