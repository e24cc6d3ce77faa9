// tracevar verify PATH: a chain file or an export directory, against keys that the auditor trusts.
import type { AxisCheck, Report, Status } from '../verify/report.js'
import { action, defineCommand, usage } from './action.js'
import { COMMANDS } from './commands.js'
import { type GlobalOptions, paint, printable, printJson, printLine } from './output.js'
import { progressBar } from './progress.js'
import { parseTime } from './read-input.js'

interface VerifyOptions extends GlobalOptions {
  readonly key: string
  readonly tsa?: string
  readonly acceptTsa?: string
  readonly requireComplete?: boolean
  readonly requireTimestamps?: boolean
  readonly requireRecord?: boolean
  readonly requireEvidence?: boolean
  readonly requireAttested?: boolean
  readonly policy?: string
  readonly now?: string
}

export function verifyCommand() {
  return defineCommand('verify', COMMANDS.verify)
    .argument('<path>', 'receipts.ndjson, or a directory written by tracevar export')
    .requiredOption(
      '--key <file>',
      'keys that you trust: JWK, JWKS, PEM, 64 hex digits, or a directory of key files',
    )
    .option('--tsa <file>', 'time-stamp sidecar (left out: PATH.tsa)')
    .option('--accept-tsa <ids>', 'accepted time-stamp authorities, comma separated')
    .option('--require-complete', 'an open chain is a failure')
    .option(
      '--require-timestamps',
      'a receipt without a verified time stamp is a failure (this version verifies none)',
    )
    .option('--require-record', 'an export without Trust Record is a failure')
    .option('--require-evidence', 'an export without evidence is a failure')
    .option('--require-attested', 'evidence that no hardware vouches for is a failure')
    .option('--policy <file>', 'the chain must name this policy')
    .option('--now <time>', 'time of verification: epoch seconds or RFC 3339; left out: the clock')
    .addHelpText(
      'after',
      '\nExit: 0 pass, 1 something failed or the input is damaged, 2 the chain is open, 3 only outcomes warn.',
    )
    .action(action(1, run))
}

async function run(path: string, options: VerifyOptions): Promise<number> {
  const { verifyPath } = await import('../wiring/verify-path.js')
  const { acceptTsa, now, tsa, requireComplete, requireTimestamps } = options
  const { requireRecord, requireEvidence, requireAttested } = options
  const progress = progressBar('verifying')
  const report = await verifyPath(path, options.key, {
    tsa,
    requireComplete,
    requireTimestamps,
    requireRecord,
    requireEvidence,
    requireAttested,
    acceptTsaIds: acceptTsa?.split(',').filter((id) => id !== ''),
    policyBundleHash: options.policy === undefined ? undefined : await policyHash(options.policy),
    nowSec:
      now === undefined ? undefined : (parseTime(now) ?? usage('--now: expected epoch seconds or RFC 3339')),
    onProgress: progress.update,
  }).finally(progress.end)
  if (options.json) printJson(report)
  else printReport(report)
  return report.exit_code
}

async function policyHash(file: string): Promise<string> {
  const { openPolicy } = await import('../wiring/open-policy.js')
  return openPolicy(file).frozen.bundleHash
}

const NAMES: Readonly<Record<string, string>> = {
  L1: 'L1 signatures',
  L2: 'L2 chain',
  L3: 'L3 time',
  L4: 'L4 outcomes',
  L5: 'L5 log',
  L6: 'L6 policy origin',
}
/** Findings that are printed; `--json` has more. */
const FINDINGS_SHOWN = 20

function printReport(report: Report): void {
  const { chain } = report
  printLine(
    `workflow ${printable(chain.workflow_id ?? 'unknown')}: ${chain.count} receipts, ${chain.complete ? 'complete' : 'open'}`,
  )
  for (const [layer, { status }] of Object.entries(report.layers))
    printAxis(NAMES[layer] ?? layer, status, layer === 'L3' ? l3(report) : '')
  for (const axis of ['annex', 'workflow', 'policy', 'record', 'evidence'] as const) {
    const result = report[axis]
    if (result === null) continue
    printAxis(axis, result.status, axisDetail(result))
  }
  const shown = report.findings.filter(({ severity }) => severity !== 'note').slice(0, FINDINGS_SHOWN)
  for (const { severity, code, sequence_number, file_index, message } of shown) {
    const place =
      sequence_number === null
        ? file_index === null
          ? ''
          : ` line ${file_index + 1}`
        : ` [seq ${sequence_number}]`
    printLine(
      `${severity === 'fail' ? paint('red', 'fail') : paint('yellow', 'warn')} ${code}${place} ${printable(message)}`,
    )
  }
  const rest = report.findings.length - shown.length + report.findings_omitted
  if (rest > 0)
    printLine(
      `and ${rest} more findings and notes; --json prints them, tracevar explain CODE says what they mean`,
    )
  for (const { axis, why } of report.not_checked)
    printLine(paint('dim', `not checked: ${axis} - ${printable(why)}`))
  printLine(verdictOf(report))
}

function printAxis(name: string, status: Status, detail: string): void {
  const colour =
    status === 'PASS' ? 'green' : status === 'FAIL' ? 'red' : status === 'WARN' ? 'yellow' : 'dim'
  printLine(`${paint(colour, status.padEnd(8))} ${name}${detail === '' ? '' : `: ${detail}`}`)
}

function l3({ layers: { L3 } }: Report): string {
  return L3.status === 'SKIPPED' ? '' : `${L3.level}, ${L3.covered} of ${L3.total} receipts`
}

function axisDetail(result: object): string {
  if ('count' in result) return `${String(result.count)} rows`
  const grade = 'grade' in result ? [`grade ${String(result.grade)}`] : []
  const checks = 'checks' in result ? (result.checks as readonly AxisCheck[]) : []
  const notable = checks.filter(({ status }) => status !== 'pass')
  return [...grade, ...notable.map(({ id, message }) => `${id} (${printable(message)})`)].join(', ')
}

function verdictOf(report: Report): string {
  switch (report.exit_code) {
    case 0:
      return paint('green', 'verified: every axis above that says PASS, and nothing more')
    case 1:
      return paint('red', 'NOT verified')
    case 2:
      return paint(
        'yellow',
        'open: what is there verifies, but the workflow was not closed; receipts may be missing at the end',
      )
    default:
      return paint('yellow', 'verified, with warnings about outcomes')
  }
}
