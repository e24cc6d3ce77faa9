// One row of our own vectors that judges an export directory: every axis, the exit code, and exactly these failures.
import type { JsonObject, JsonValue } from '../codec/json-value.js'
import type { Backend } from '../crypto/backend.js'
import { parseKeyFile } from '../crypto/key-set.js'
import type { Severity } from './findings.js'
import type { AxisCheck, AxisResult, Report, Status } from './report.js'
import { one } from './run-var-row.js'
import { compare, object, type RowOutcome, type VectorFolder } from './run-vectors.js'
import { type ExportFiles, verifyExport } from './verify-export.js'

/** Axes that are files of an export, beside the chain. */
const FILE_AXES = ['annex', 'workflow', 'policy', 'record', 'evidence'] as const

/** Decides a row of kind `tracevar-export`: `file` is the directory, `options.keys` the key file that is trusted. */
export async function runExportRow(
  row: JsonObject,
  folder: VectorFolder,
  backend: Backend,
): Promise<RowOutcome> {
  const { keys, now, policy_bundle_hash: policy, ...required } = object(row.options)
  const keyFile = String(keys)
  const trusted = parseKeyFile(await folder.read(keyFile), keyFile)
  const report = await verifyExport(exportFiles(folder, String(row.file)), trusted, backend, {
    nowSec: Number(now),
    requireAttested: required.require_attested === true,
    requireComplete: required.require_complete === true,
    requireEvidence: required.require_evidence === true,
    requireRecord: required.require_record === true,
    ...(typeof policy === 'string' ? { policyBundleHash: policy } : {}),
  })
  return compare(factsOf(report), object(row.expected))
}

/** What a row compares. Lists are sorted and complete. */
function factsOf(report: Report): JsonObject {
  const notChecked = new Set(report.not_checked.map(({ axis }) => axis))
  return {
    exit_code: report.exit_code,
    L1: report.layers.L1.status,
    L2: report.layers.L2.status,
    ...Object.fromEntries(FILE_AXES.map((axis) => [axis, report[axis]?.status ?? null])),
    complete: report.chain.complete,
    failures: sorted([...codesOf(report, 'fail'), ...checksOf(report, 'fail')]),
    warnings: sorted([...codesOf(report, 'warn'), ...checksOf(report, 'warn')]),
    notes: sorted(codesOf(report, 'note')),
    missing: FILE_AXES.filter((axis) => isUnjudged(report[axis]) && notChecked.has(axis)),
    not_checked: FILE_AXES.filter((axis) => notChecked.has(axis)),
  }
}

function codesOf({ findings }: Report, severity: Severity): string[] {
  return findings.filter((finding) => finding.severity === severity).map(({ code }) => code)
}

function isUnjudged(axis: { readonly status: Status } | null): boolean {
  return axis === null || axis.status === 'SKIPPED'
}

/** Checks with this status, as `axis.id`. */
function checksOf(report: Report, wanted: AxisCheck['status']): string[] {
  return FILE_AXES.flatMap((axis) => {
    const { checks = [] }: Partial<AxisResult> = report[axis] ?? {}
    return checks.filter(({ status }) => status === wanted).map(({ id }) => `${axis}.${id}`)
  })
}

function sorted(names: readonly string[]): JsonValue[] {
  return [...new Set(names)].sort()
}

function exportFiles(folder: VectorFolder, dir: string): ExportFiles {
  const bytes = async (name: string) => {
    const path = `${dir}/${name}`
    return (await folder.exists(path)) ? folder.read(path) : undefined
  }
  return {
    bytes,
    async stream(name) {
      const whole = await bytes(name)
      return whole && one(whole)
    },
  }
}
