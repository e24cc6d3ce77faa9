// The committed vectors as data: a loader that takes nothing it does not know, and a folder that remembers what was read.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../../src/codec/json-parse.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/codec/json-value.js'
import { VECTORS_FORMAT } from '../../src/formats.js'
import type { VectorFolder } from '../../src/verify/run-vectors.js'
import { ROOT } from '../support/sources.js'

export const VECTORS = join(ROOT, 'vectors')

export interface ManifestFile {
  readonly path: string
  readonly sha256: string
  readonly generator: string
  readonly expectation: string
}

export interface Row extends JsonObject {
  file: string
  family: string
  kind: string
  options: JsonObject
  expected: JsonObject
  why: string
}

/** Member name to test; a name that ends in `?` may be absent. */
type Shape = Readonly<Record<string, (value: JsonValue) => boolean>>

const text = (value: JsonValue) => typeof value === 'string' && value !== ''
const flag = (value: JsonValue) => typeof value === 'boolean'
const count = (value: JsonValue) => Number.isSafeInteger(value)
const texts = (value: JsonValue) => Array.isArray(value) && value.every(text)
const statusOrNull = (value: JsonValue) =>
  value === null || ['PASS', 'FAIL', 'WARN', 'N/A', 'SKIPPED'].includes(String(value))
const digest = (value: JsonValue) => /^sha256:[0-9a-f]{64}$/.test(String(value))
const any = () => true
const has = (shape: Shape) => (value: JsonValue) => {
  checkShape(value, shape, 'value')
  return true
}

const MANIFEST_FILE: Shape = {
  path: text,
  sha256: (value) => /^[0-9a-f]{64}$/.test(String(value)),
  generator: text,
  expectation: text,
}

const COMMON: Shape = { file: text, family: text, kind: text, why: text }
const FORMAT_OPTIONS: Shape = { case: text }
const EXPORT_OPTIONS: Shape = {
  keys: text,
  now: count,
  'policy_bundle_hash?': digest,
  'require_attested?': flag,
  'require_complete?': flag,
  'require_evidence?': flag,
  'require_record?': flag,
}
const EXPORT_EXPECTED: Shape = {
  exit_code: count,
  L1: statusOrNull,
  L2: statusOrNull,
  annex: statusOrNull,
  workflow: statusOrNull,
  policy: statusOrNull,
  record: statusOrNull,
  evidence: statusOrNull,
  complete: flag,
  failures: texts,
  warnings: texts,
  notes: texts,
  missing: texts,
  'not_checked?': texts,
}
const REFUSED: Shape = { refused: text, 'offset?': count, 'line?': count, 'column?': count }
const orRefused = (shape: Shape) => (value: JsonValue) =>
  has(isJsonObject(value) && 'refused' in value ? REFUSED : shape)(value)

/** What a row of each kind may hold, besides COMMON. */
const KINDS: Readonly<Record<string, Shape>> = {
  'tracevar-export': { options: has(EXPORT_OPTIONS), expected: has(EXPORT_EXPECTED), 'from?': text },
  ...Object.fromEntries(
    Object.entries<Shape>({
      binding: { digests: texts, report_data: text },
      transcript: { hash: digest },
      workflow: { digest },
      annex: { payload: digest, hash: digest, status: statusOrNull, codes: texts },
      policy: { hash: digest },
      cbor: { value: any, encoded: text },
      'sorted-ascii': { text },
      json: { accepted: flag },
    }).map(([kind, expected]) => [
      `tracevar-${kind}`,
      { options: has(FORMAT_OPTIONS), expected: orRefused(expected) },
    ]),
  ),
}

/** Throws for an unknown member, a missing one, and a wrong value. */
export function checkShape(value: JsonValue, shape: Shape, what: string): void {
  if (!isJsonObject(value)) throw new Error(`${what}: expected an object`)
  const tests = new Map(Object.entries(shape).map(([name, test]) => [name.replace('?', ''), test]))
  for (const [name, member] of Object.entries(value)) {
    const test = tests.get(name)
    if (test === undefined) throw new Error(`${what}: unknown member ${name}`)
    if (!test(member)) throw new Error(`${what}: wrong value of ${name}`)
  }
  for (const name of Object.keys(shape))
    if (!name.endsWith('?') && !(name in value)) throw new Error(`${what}: ${name} is missing`)
}

export function loadManifest(input: Uint8Array = bytesOf('manifest.json')): ManifestFile[] {
  const manifest = parseJson(input)
  checkShape(manifest, { format: (value) => value === VECTORS_FORMAT, files: Array.isArray }, 'manifest')
  const { files } = manifest as { files: JsonValue[] }
  for (const file of files) checkShape(file, MANIFEST_FILE, 'manifest file')
  return files as unknown as ManifestFile[]
}

export function loadIndex(input: Uint8Array = bytesOf('index.json')): Row[] {
  const rows = parseJson(input)
  if (!Array.isArray(rows)) throw new Error('index: expected a list')
  for (const row of rows) {
    const kind = isJsonObject(row) ? String(row.kind) : ''
    const shape = KINDS[kind]
    if (shape === undefined) throw new Error(`index: unknown kind ${kind}`)
    checkShape(row, { ...COMMON, ...shape }, 'row')
  }
  return rows as Row[]
}

export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(VECTORS, path)))
}

/** Every generated file: all but the manifest itself, the generators and their README. */
export function generatedFiles(dir: string = VECTORS): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(mjs|md)$/.test(entry.name) && entry.name !== 'manifest.json')
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(dir.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()
}

/** The vectors as the runner wants them, with the paths that were read. */
export function recordingFolder(): VectorFolder & {
  readonly read: VectorFolder['read']
  readonly seen: Set<string>
} {
  const seen = new Set<string>()
  return {
    seen,
    read: async (path) => {
      seen.add(path)
      return bytesOf(path)
    },
    exists: async (path) => existsSync(join(VECTORS, path)),
  }
}
