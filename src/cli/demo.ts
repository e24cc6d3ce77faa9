// tracevar demo: the product's main job, from a tool call to a verdict, on this machine.
import { relative } from 'node:path'
import { action, defineCommand, usage } from './action.js'
import { COMMANDS } from './commands.js'
import { type GlobalOptions, paint, printable, printJson, printLine } from './output.js'

export function demoCommand() {
  return defineCommand('demo', COMMANDS.demo)
    .option('--out <dir>', 'keep everything here; must be empty or missing (else a temporary directory)')
    .option('--platform <platform>', 'software', 'software')
    .action(
      action(1, async (options: GlobalOptions & { readonly out?: string; readonly platform: string }) => {
        if (options.platform !== 'software')
          usage(`--platform: this version knows software, got ${JSON.stringify(options.platform)}`)
        const { runDemo } = await import('../wiring/demo.js')
        const result = await runDemo(options.out, (step) => {
          if (!options.json)
            printLine(
              `${step.ok ? paint('green', 'ok  ') : paint('red', 'FAIL')} ${step.step.padEnd(24)} ${printable(step.detail)}`,
            )
        })
        if (options.json) printJson(result)
        else printEnd(result.ok, result.dir)
        return result.ok ? 0 : 1
      }),
    )
}

function printEnd(ok: boolean, dir: string): void {
  printLine()
  printLine(
    ok
      ? paint('green', 'As it should be: the record verifies, and one changed byte is noticed.')
      : paint('red', 'Something is not as it should be.'),
  )
  printLine('Platform: software-only. Nothing here is vouched for by hardware.')
  printLine(`Everything is in ${dir}. Look at it:`)
  printLine(`  ${self()} verify ${dir}/export --key ${dir}/export/public-keys.jwks`)
}

/** This command as the reader can type it: the program of a checkout is not on the path. */
function self(): string {
  const program = process.argv[1] ?? ''
  if (!program.endsWith('main.js')) return program.includes('node_modules') ? 'npx tracevar' : 'tracevar'
  return `node ${relative(process.cwd(), program)}`
}
