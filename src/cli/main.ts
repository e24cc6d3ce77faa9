#!/usr/bin/env node
// The command line. Commands load their rooms only when they run, so that `--help` is quick.
import { Command, CommanderError } from 'commander'
import { packageVersion } from '../wiring/package-version.js'
import { printError } from './action.js'
import { COMMANDS, type CommandName } from './commands.js'
import { EXIT_INTERNAL } from './output.js'

/** Loads the file of one command, which loads its rooms only when it runs. */
const LOAD: Readonly<Record<CommandName, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.js')).demoCommand(),
  gateway: async () => (await import('./gateway.js')).gatewayCommand(),
  verify: async () => (await import('./verify.js')).verifyCommand(),
  record: async () => (await import('./record.js')).recordCommand(),
  policy: async () => (await import('./policy.js')).policyCommand(),
  keys: async () => (await import('./keys.js')).keysCommand(),
  export: async () => (await import('./export.js')).exportCommand(),
  vectors: async () => (await import('./vectors.js')).vectorsCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
  explain: async () => (await import('./explain.js')).explainCommand(),
}

/** The program with the one command that is asked for; the others stand there by name, for the help. */
async function program(asked: string | undefined): Promise<Command> {
  const root = new Command('tracevar')
    .description(
      'Signed, hash-chained receipts for every tool call of an AI agent, verified offline by anyone.',
    )
    .version(packageVersion(), '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError()
  for (const [name, description] of Object.entries(COMMANDS)) {
    const command =
      name === asked ? await LOAD[name as CommandName]() : new Command(name).description(description)
    root.addCommand(command)
  }
  return root
}

async function main(argv: readonly string[]): Promise<void> {
  process.stderr.on('error', () => {}) // nobody reads it: remarks get lost, work does not
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads the pipe has enough: the command goes on without output, and its verdict stays its exit code.
    if (error.code === 'EPIPE') return
    process.stderr.write(`tracevar: ERR_CLI_INTERNAL: standard output cannot be written: ${error.code}\n`)
    process.exit(EXIT_INTERNAL)
  })
  // `tracevar help verify` asks for verify too.
  const root = await program(argv.find((word) => Object.hasOwn(COMMANDS, word)))
  try {
    if (argv.length === 0) root.help({ error: true })
    await root.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.code === 'commander.help')
      process.stderr.write(root.helpInformation())
    process.exitCode = printError(
      error,
      { json: argv.includes('--json'), debug: argv.includes('--debug') },
      1,
    )
  }
}

await main(process.argv.slice(2))
