// Runs vector folders as a relying party would: rows of an index.json are decided, compared, and counted by family.
// A row that needs what is not built is skipped with the reason; a file that nobody understands is listed.
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import type { Backend } from '../crypto/backend.js'
import { runExportRow } from './run-export-row.js'
import { runFormatRow } from './run-format-row.js'
import { runTraceRow } from './run-trace-row.js'
import { runVarRow } from './run-var-row.js'
import { scopeOf, type VectorRow } from './vector-scope.js'

/** A folder of vector files; paths are relative, with forward slashes. */
export interface VectorFolder {
  read(path: string): Promise<Uint8Array>
  exists(path: string): Promise<boolean>
}

/** A verdict that was not the expected one. */
export interface WrongCase {
  readonly id: string
  readonly got: JsonValue
  readonly want: JsonValue
}

/** What came of one family. */
export interface FamilyResult {
  readonly name: string
  right: number
  wrong: number
  /** Material without a verdict. */
  data: number
  skipped: number
  readonly wrong_cases: WrongCase[]
  /** Why rows were skipped, with their number. */
  readonly skipped_because: Record<string, number>
}

/** What one row came to. */
export type RowOutcome =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly got: JsonValue; readonly want: JsonValue }
  | { readonly kind: 'data' }
  | { readonly kind: 'skipped'; readonly why: string }

/**
 * Runs the rows of one `index.json`.
 *
 * @param name prefix of the families, e.g. the folder's name.
 * @param onRow called after each row, with rows done and their number.
 */
export async function runVectorIndex(
  name: string,
  folder: VectorFolder,
  backend: Backend,
  onRow: (done: number, total: number) => void = () => {},
): Promise<FamilyResult[]> {
  const index = parseJson(await folder.read('index.json'), { largeIntegers: 'double' })
  if (!Array.isArray(index) || !index.every(isJsonObject))
    return [skippedFile(name, 'index.json is no list of cases')]
  const families = new Map<string, FamilyResult>()
  for (const [i, row] of index.entries()) {
    const family = familyOf(name, row)
    const result = families.get(family) ?? newFamily(family)
    families.set(family, result)
    tally(result, String(row.file ?? JSON.stringify(row.set)), await runRow(row, folder, backend))
    onRow(i + 1, index.length)
  }
  return [...families.values()]
}

/** A file that nobody understands, as a family of its own. */
export function skippedFile(name: string, why: string): FamilyResult {
  const family = newFamily(name)
  tally(family, name, { kind: 'skipped', why })
  return family
}

async function runRow(row: JsonObject, folder: VectorFolder, backend: Backend): Promise<RowOutcome> {
  const { kind } = row
  if (kind === 'tracevar-export') return runExportRow(row, folder, backend)
  if (typeof kind === 'string')
    return (kind.startsWith('tracevar-') ? runFormatRow : runTraceRow)(row, folder, backend)
  if (typeof row.key_hex !== 'string')
    return { kind: 'skipped', why: 'neither a VAR nor a TRACE row, nor one of ours' }
  const scope = scopeOf(row as unknown as VectorRow) // shape by the README beside the index
  return scope === 'in scope'
    ? runVarRow(row as unknown as VectorRow, folder, backend)
    : { kind: 'skipped', why: scope }
}

function familyOf(name: string, { family, file, set }: JsonObject): string {
  if (typeof family === 'string') return `${name}/${family}`
  const path = String(file ?? (Array.isArray(set) ? set[0] : ''))
  return `${name}/${path.split('/')[0]}`
}

function newFamily(name: string): FamilyResult {
  return { name, right: 0, wrong: 0, data: 0, skipped: 0, wrong_cases: [], skipped_because: {} }
}

function tally(family: FamilyResult, id: string, outcome: RowOutcome): void {
  family[outcome.kind]++
  if (outcome.kind === 'wrong') family.wrong_cases.push({ id, got: outcome.got, want: outcome.want })
  if (outcome.kind === 'skipped')
    family.skipped_because[outcome.why] = (family.skipped_because[outcome.why] ?? 0) + 1
}

/** Right when every member that is expected is there and equal (as JSON). */
export function compare(got: JsonObject, want: JsonObject): RowOutcome {
  const equal = Object.entries(want).every(([name, value]) => sameJson(got[name], value))
  return equal ? { kind: 'right' } : { kind: 'wrong', got, want }
}

/** The value when it is an object; an empty object for all else. */
export function object(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function sameJson(a: JsonValue | undefined, b: JsonValue): boolean {
  return a !== undefined && new TextDecoder().decode(jcsBytes(a)) === new TextDecoder().decode(jcsBytes(b))
}
