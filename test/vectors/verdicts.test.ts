// Every vector is decided, by the back end that the environment chooses, and every file and input is used by some row.
import { expect, it } from 'vitest'
import { parseJson } from '../../src/codec/json-parse.js'
import type { JsonObject } from '../../src/codec/json-value.js'
import { openBackend } from '../../src/crypto/host.js'
import { parseKeyFile } from '../../src/crypto/key-set.js'
import { runExportRow } from '../../src/verify/run-export-row.js'
import { runVectorIndex } from '../../src/verify/run-vectors.js'
import { bytesOf, generatedFiles, loadIndex, loadManifest, type Row, recordingFolder } from './own-vectors.js'

const backend = openBackend()
const folder = recordingFolder()
const rows = loadIndex()
const exportRows = rows.filter(({ kind }) => kind === 'tracevar-export')
const failuresOf = ({ expected }: Row) => expected.failures as string[]
const families = await runVectorIndex('vectors', folder, backend)

it('every row is right; none is skipped', () => {
  expect(families.flatMap(({ wrong_cases }) => wrong_cases)).toEqual([])
  const sum = (member: 'right' | 'skipped' | 'data') =>
    families.reduce((total, family) => total + family[member], 0)
  expect([sum('right'), sum('skipped'), sum('data')]).toEqual([rows.length, 0, 0])
})

it('a wrong expectation does not pass', async () => {
  const [row] = exportRows as [Row]
  for (const [name, value] of Object.entries(row.expected)) {
    const other = Array.isArray(value) ? [...value, 'X'] : `not ${value}`
    const changed = { ...row, expected: { ...row.expected, [name]: other } }
    expect((await runExportRow(changed, folder, backend)).kind, name).toBe('wrong')
  }
})

it('no file is left that no row used', () => {
  // A verifier never reads the keys that an export publishes; the test below does.
  const unused = loadManifest()
    .map(({ path }) => path)
    .filter((path) => path !== 'index.json' && !path.endsWith('/public-keys.jwks') && !folder.seen.has(path))
  expect(unused).toEqual([])
})

it('no input of a single format is left that no row used, and none is used twice', () => {
  for (const file of generatedFiles().filter((path) => path.startsWith('formats/'))) {
    const inputs = parseJson(bytesOf(file), { largeIntegers: 'double' }) as JsonObject
    const used = rows.filter((row) => row.file === file).map(({ options }) => options.case)
    expect(used.toSorted(), file).toEqual(Object.keys(inputs).toSorted())
  }
})

it('every export publishes the keys that its receipts name', () => {
  for (const path of generatedFiles().filter((file) => file.endsWith('/public-keys.jwks'))) {
    const published = parseKeyFile(bytesOf(path), path)
    const receipts = Buffer.from(bytesOf(path.replace('public-keys.jwks', 'receipts.ndjson'))).toString()
    for (const [, keyId] of receipts.matchAll(/"key_id":"([^"]*)"/g))
      expect(published.resolve(keyId as string), `${path} ${keyId}`).toBeDefined()
  }
})

it('without its flaw, every refused export passes', async () => {
  const refused = exportRows.filter((row) => failuresOf(row).length > 0)
  expect(refused.length).toBeGreaterThan(70)
  for (const row of refused) {
    const { from, file } = row as Row & { from?: string }
    const base = exportRows.find((other) => other.file === from && failuresOf(other).length === 0)
    expect(base, `${file} has a base that passes`).toBeDefined()
    if (from === file) continue // only what the verifier is told differs
    const unflawed = { ...base!, options: row.options }
    expect(await runExportRow(unflawed, folder, backend), file).toEqual({ kind: 'right' })
  }
})

it('a tampered export differs from its base in one file only', () => {
  for (const { file, from } of exportRows.filter(({ family }) => family === 'exports/tampered')) {
    const names = (dir: string) =>
      generatedFiles()
        .filter((path) => path.startsWith(`${dir}/`))
        .map((path) => path.slice(dir.length + 1))
    const differing = names(String(from)).filter(
      (name) =>
        !names(file).includes(name) ||
        !Buffer.from(bytesOf(`${file}/${name}`)).equals(bytesOf(`${from}/${name}`)),
    )
    expect(differing, file).toHaveLength(1)
  }
})

it('the loader refuses what it does not know', () => {
  const altered = (path: string, from: string, to: string) => {
    const text = Buffer.from(bytesOf(path)).toString()
    expect(text).toContain(from)
    return new TextEncoder().encode(text.replace(from, to))
  }
  const index = (from: string, to: string) => () => loadIndex(altered('index.json', from, to))
  const manifest = (from: string, to: string) => () => loadManifest(altered('manifest.json', from, to))
  expect(index('"why":', '"more":1,"why":')).toThrow('unknown member more')
  expect(index('"options":{', '"options":{"more":1,')).toThrow('unknown member more')
  expect(index('"expected":{', '"expected":{"more":1,')).toThrow('unknown member more')
  expect(index('"kind":"tracevar-export"', '"kind":"tracevar-future"')).toThrow('unknown kind')
  expect(index('"exit_code":0,', '')).toThrow('exit_code is missing')
  expect(manifest('"path":', '"more":1,"path":')).toThrow('unknown member more')
  expect(manifest('tracevar/vectors/1', 'tracevar/vectors/2')).toThrow('wrong value of format')
  expect(manifest('"sha256":"', '"sha256":"x')).toThrow('wrong value of sha256')
})
