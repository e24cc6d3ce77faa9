// tracevar explain CODE: what a code means and what to do next.
import { ERROR_CODES } from '../errors.js'
import { action, defineCommand, usage } from './action.js'
import { COMMANDS } from './commands.js'
import { type GlobalOptions, paint, printJson, printLine } from './output.js'

export function explainCommand() {
  return defineCommand('explain', COMMANDS.explain)
    .argument('[code]', 'the code; left out: list all')
    .action(
      action(1, async (code: string | undefined, options: GlobalOptions) => {
        const all = await registry()
        const rows =
          code === undefined
            ? [...all]
            : [...all].filter(([name]) => name.toLowerCase() === code.toLowerCase())
        if (rows.length === 0)
          usage(`no such code: ${JSON.stringify(code)}; without an argument this command lists all`)
        if (options.json)
          printJson({
            ok: true,
            codes: rows.map(([name, [meaning, next]]) => ({ code: name, meaning, next })),
          })
        else
          for (const [name, [meaning, next]] of rows)
            printLine(`${paint('bold', name)}\n  ${meaning}\n  -> ${next}`)
        return 0
      }),
    )
}

async function registry(): Promise<Map<string, readonly [string, string]>> {
  const { VERIFICATION_CODES } = await import('../verify/codes.js')
  return new Map<string, readonly [string, string]>([
    ...Object.entries(ERROR_CODES),
    ...Object.entries(VERIFICATION_CODES),
  ])
}
