// Every rule of export-parts.ts is load-bearing: the verifier is built again without it, and a vector must notice.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, expect, it } from 'vitest'
import { EVIDENCE_CHECKS } from '../../src/attest/evidence-checks.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import type { runExportRow } from '../../src/verify/run-export-row.js'
import { ROOT } from '../support/sources.js'
import { loadIndex, type Row, recordingFolder } from './own-vectors.js'

/** Rules that no vector can break alone, and why. */
const NEVER_ALONE: Readonly<Record<string, string>> = {
  'evidence.record_platform': 'a record that names hardware also needs evidence that passes',
  'evidence.record_policy':
    'follows from record.policy, chain_policy and closing_opening where there is a chain',
}
/** Rules that an export never comes to, and why. */
const NEVER_ASKED: Readonly<Record<string, string>> = {
  'evidence.challenge': 'no option of verifyExport gives a challenge',
}

const AXES = ['workflow', 'policy', 'record', 'evidence']
const SOURCE = join(ROOT, 'src/verify/export-parts.ts')
const dir = mkdtempSync(join(tmpdir(), 'tracevar-mutation-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** What the mutated verifier and this test share: the rule that is left out, and all rules it came to. */
const shared = { removed: '', seen: new Set<string>() }
Object.assign(globalThis, { mutation: shared })

/** export-parts.ts in which `Checks` knows its axis and leaves out one rule. */
function mutated(): string {
  const axes = [...AXES]
  const text = readFileSync(SOURCE, 'utf8')
    .replace(/new Checks\(\)/g, () => `new Checks('${axes.shift()}')`)
    .replace(
      'readonly #checks: AxisCheck[] = []',
      'readonly #checks: AxisCheck[] = []\n  constructor(readonly axis: string) {}',
    )
    .replace(
      "add(id: string, holds: boolean, message: string, otherwise: 'warn' | 'fail' = 'fail'): void {",
      `$&
      globalThis.mutation.seen.add(this.axis + '.' + id)
      if (globalThis.mutation.removed === this.axis + '.' + id) return`,
    )
  expect(axes, 'one Checks for each axis').toEqual([])
  expect(text).toContain('constructor(readonly axis')
  expect(text).toContain('globalThis.mutation.removed')
  return text
}

async function buildMutant(): Promise<typeof runExportRow> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'src/verify/run-export-row.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    plugins: [
      {
        name: 'mutation',
        setup: ({ onLoad }) =>
          onLoad({ filter: /export-parts\.ts$/ }, () => ({
            contents: mutated(),
            loader: 'ts',
            resolveDir: join(ROOT, 'src/verify'),
          })),
      },
    ],
  })
  const path = join(dir, 'mutant.mjs')
  writeFileSync(path, outputFiles[0]!.contents)
  return (
    (await import(/* @vite-ignore */ pathToFileURL(path).href)) as { runExportRow: typeof runExportRow }
  ).runExportRow
}

const backend = createNodeBackend()
const folder = recordingFolder()
const rows = loadIndex().filter(({ kind }) => kind === 'tracevar-export')
const failuresOf = ({ expected }: Row) => expected.failures as string[]
const warningsOf = ({ expected }: Row) => expected.warnings as string[]
const run = await buildMutant()

/** Got, where the mutant's verdict is not the expected one. */
async function noticed(row: Row, removed: string) {
  shared.removed = removed
  const outcome = await run(row, folder, backend)
  return outcome.kind === 'wrong' ? outcome.got : undefined
}

it('the control: with every rule in place the rebuilt verifier agrees with every vector', async () => {
  for (const row of rows) expect(await noticed(row, ''), row.file).toBeUndefined()
})

it('the vectors come to every rule that the source holds', () => {
  const text = readFileSync(SOURCE, 'utf8')
  const named = [...text.matchAll(/checks\.add\(\s*'([a-z_]+)'/g)].map(([, id]) => id as string)
  expect(named.length).toBeGreaterThan(8)
  const seenIds = new Set([...shared.seen].map((rule) => rule.split('.')[1]))
  expect(named.filter((id) => !seenIds.has(id))).toEqual([])
  const evidence = Object.keys(EVIDENCE_CHECKS).map((id) => `evidence.${id}`)
  expect(evidence.filter((rule) => !shared.seen.has(rule))).toEqual(Object.keys(NEVER_ASKED))
})

it('each rule has a vector that fails or warns because of it alone, and passes without it', async () => {
  expect(shared.seen.size).toBeGreaterThan(35)
  for (const rule of shared.seen) {
    const broken = rows.filter((row) => [...failuresOf(row), ...warningsOf(row)].includes(rule))
    expect(broken.length, `${rule} is broken by a vector`).toBeGreaterThan(0)
    for (const row of broken) expect(await noticed(row, rule), `${row.file} notices ${rule}`).toBeDefined()
    const alone =
      broken.find((row) => failuresOf(row).join() === rule) ??
      broken.find((row) => failuresOf(row).length === 0 && warningsOf(row).join() === rule)
    if (rule in NEVER_ALONE) expect(alone, `${rule} ${NEVER_ALONE[rule]}`).toBeUndefined()
    else {
      const got = await noticed(alone!, rule)
      expect(got, `${rule} alone`).toMatchObject({ exit_code: 0, failures: [] })
      expect((got as unknown as { warnings: string[] }).warnings, rule).not.toContain(rule)
    }
  }
})

it('each rule of the annex has a vector that fails because of it alone', () => {
  const alone = rows.map(failuresOf).filter((failures) => failures.length === 1)
  for (const condition of [
    'MALFORMED',
    'SIGNATURE_INVALID',
    'SEQUENCE_ERROR',
    'HASH_MISMATCH',
    'ABOUT_UNKNOWN',
  ])
    expect(alone).toContainEqual([`ANNEX_${condition}`])
})
