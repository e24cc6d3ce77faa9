// What every command shares: options, error printing and exit codes.
import { Command, CommanderError } from 'commander'
import { ERROR_CODES, TracevarError } from '../errors.js'
import { EXIT_USAGE, exitCodeOf, type GlobalOptions, printable, printJson, printNote } from './output.js'

/** A command with `--json` and `--debug`. `json: false` for commands whose stdout is not theirs (gateway). */
export function defineCommand(
  name: string,
  description: string,
  options: { readonly json?: false } = {},
): Command {
  const command = new Command(name)
    .description(description)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  if (options.json !== false) command.option('--json', 'print one JSON object')
  return command.option('--debug', 'print stack traces of errors')
}

/** A command that only holds others. It has no options of its own: they would take those of its commands. */
export function defineGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = new Command(name)
    .description(description)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  for (const command of commands) group.addCommand(command)
  return group
}

/**
 * Wraps the action of a command: its result is the exit code, its errors are printed with code and next step.
 *
 * @param failCode exit code for refusals of this command that have none of their own.
 */
export function action<Args extends readonly unknown[]>(
  failCode: number,
  run: (...args: Args) => Promise<number>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1)
    const options: GlobalOptions = command instanceof Command ? command.opts() : {}
    try {
      process.exitCode = await run(...args)
    } catch (error) {
      process.exitCode = printError(error, options, failCode)
    }
  }
}

/** Prints an error, to stderr or as the one JSON object, and gives the exit code. */
export function printError(error: unknown, options: GlobalOptions, failCode: number): number {
  if (error instanceof CommanderError) return usageError(error, options)
  const code = error instanceof TracevarError ? error.code : 'ERR_CLI_INTERNAL'
  const message = error instanceof Error ? error.message : String(error)
  if (options.json) printJson({ ok: false, error: { code, message } })
  else
    printNote(
      `tracevar: ${code}: ${message.split('\n').map(printable).join('\n')}\n  ${ERROR_CODES[code][1]}`,
    )
  if (options.debug && error instanceof Error) printNote(error.stack ?? '')
  return exitCodeOf(error, failCode)
}

/** commander's refusals: help is no error, everything else is usage. */
function usageError(error: CommanderError, options: GlobalOptions): number {
  if (error.exitCode === 0) return 0
  if (error.code === 'commander.help') return EXIT_USAGE // the help was printed
  const message = error.message.replace(/^error: /, '')
  if (options.json) printJson({ ok: false, error: { code: 'ERR_CLI_USAGE', message } })
  else printNote(`tracevar: ERR_CLI_USAGE: ${printable(message)}`)
  return EXIT_USAGE
}

/** A wrong argument. */
export function usage(message: string): never {
  throw new TracevarError('ERR_CLI_USAGE', message)
}

export { EXIT_INTERRUPTED } from './output.js'
