// tracevar doctor: what works on this machine, and what does not and why.

import { action, defineCommand } from './action.js'
import { COMMANDS } from './commands.js'
import { type DataOption, dataDirOf } from './data-dir.js'
import { type GlobalOptions, paint, printJson, printLine } from './output.js'

/** One observation. `warn`: it works, with less than it could. */
interface Check {
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail' | 'not checked'
  readonly detail: string
}

export function doctorCommand() {
  return defineCommand('doctor', COMMANDS.doctor)
    .option('--data <dir>', 'data directory to look at (else TRACEVAR_DATA, else ./tracevar-data)')
    .action(
      action(1, async (options: GlobalOptions & DataOption) => {
        const checks = [...(await machine()), ...(await backends()), await dataDirectory(dataDirOf(options))]
        const ok = checks.every((check) => check.status !== 'fail')
        if (options.json) printJson({ ok, checks })
        else for (const row of checks) printLine(`${mark(row.status)} ${row.check.padEnd(18)} ${row.detail}`)
        return ok ? 0 : 1
      }),
    )
}

function mark(status: Check['status']): string {
  if (status === 'ok') return paint('green', 'ok         ')
  if (status === 'not checked') return paint('dim', 'not checked')
  return paint(status === 'warn' ? 'yellow' : 'red', status.padEnd(11))
}

async function machine(): Promise<Check[]> {
  const { packageVersion } = await import('../wiring/package-version.js')
  const { bootId } = await import('../attest/host.js')
  return [
    { check: 'tracevar', status: 'ok', detail: packageVersion() },
    { check: 'node', status: 'ok', detail: `${process.version} ${process.platform}-${process.arch}` },
    {
      check: 'platform',
      status: 'warn',
      detail: 'software-only: this version collects no hardware evidence',
    },
    bootId() === null
      ? { check: 'boot id', status: 'warn', detail: 'none: evidence cannot tell one boot from the next' }
      : { check: 'boot id', status: 'ok', detail: 'there' },
  ]
}

async function backends(): Promise<Check[]> {
  const { openBackend } = await import('../crypto/host.js')
  const checks: Check[] = []
  for (const name of ['native', 'node', 'pure'] as const) {
    try {
      const { kernel, keyStorage, facts } = openBackend({ require: name, env: {} }).describe()
      const more = Object.entries(facts).map(([fact, value]) => `${fact} ${value}`)
      checks.push({
        check: `back end ${name}`,
        status: 'ok',
        detail: [kernel, `keys ${keyStorage}`, ...more].join(', '),
      })
    } catch (error) {
      checks.push({
        check: `back end ${name}`,
        status: 'warn',
        detail: error instanceof Error ? error.message : String(error),
      })
    }
  }
  try {
    checks.push({ check: 'back end in use', status: 'ok', detail: openBackend().describe().name })
  } catch (error) {
    checks.push({
      check: 'back end in use',
      status: 'fail',
      detail: error instanceof Error ? error.message : String(error),
    })
  }
  return checks
}

async function dataDirectory(dataDir: string): Promise<Check> {
  const { workflowsOf } = await import('../wiring/export.js')
  const { TracevarError } = await import('../errors.js')
  try {
    const workflows = await workflowsOf(dataDir)
    const open = workflows.filter((row) => row.state === 'open').length
    return {
      check: 'data directory',
      status: 'ok',
      detail: `${dataDir}: ${workflows.length} workflows, ${open} open`,
    }
  } catch (error) {
    if (!(error instanceof TracevarError)) throw error
    if (error.code === 'ERR_STORE_NOT_FOUND')
      return { check: 'data directory', status: 'not checked', detail: `${dataDir} is not there` }
    return { check: 'data directory', status: 'fail', detail: `${error.code}: ${error.message}` }
  }
}
