// tracevar export: one workflow as a directory for an auditor, or the list of workflows.

import { action, defineCommand, usage } from './action.js'
import { COMMANDS } from './commands.js'
import { type DataOption, dataDirOf } from './data-dir.js'
import { type GlobalOptions, printable, printJson, printLine } from './output.js'

interface ExportOptions extends GlobalOptions, DataOption {
  readonly out?: string
  readonly list?: boolean
}

export function exportCommand() {
  return defineCommand('export', COMMANDS.export)
    .argument('[workflow_id]', 'which workflow; left out: the newest')
    .option('--data <dir>', 'data directory (else TRACEVAR_DATA, else ./tracevar-data)')
    .option('--out <path>', 'directory to write, empty or missing; or a .tar file')
    .option('--list', 'list the workflows instead')
    .action(
      action(1, async (workflowId: string | undefined, options: ExportOptions) =>
        options.list ? list(options) : write(workflowId, options),
      ),
    )
}

async function list(options: ExportOptions): Promise<number> {
  const { workflowsOf } = await import('../wiring/export.js')
  const workflows = await workflowsOf(dataDirOf(options))
  if (options.json) printJson({ ok: true, workflows })
  else if (workflows.length === 0) printLine('no workflows')
  else
    for (const row of workflows) {
      printLine(
        `${row.workflow}  ${row.openedAt}  ${row.state.padEnd(8)}  ${row.receipts} receipts  ${printable(String(row.agentId))}`,
      )
    }
  return 0
}

async function write(workflowId: string | undefined, options: ExportOptions): Promise<number> {
  const { out } = options
  if (out === undefined) usage('export: --out PATH is missing (or use --list)')
  const { exportWorkflow } = await import('../wiring/export.js')
  const { workflowId: id, files } = await exportWorkflow(dataDirOf(options), out, workflowId)
  if (options.json) printJson({ ok: true, workflow_id: id, out, files: Object.fromEntries(files) })
  else {
    printLine(`workflow ${id} -> ${out}`)
    for (const [name, length] of files) printLine(`  ${name.padEnd(20)} ${length} bytes`)
    printLine(`verify it: tracevar verify ${out} --key FILE  (keys you trust, not those in the export)`)
  }
  return 0
}
