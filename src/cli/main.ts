#!/usr/bin/env node
// The command line. Commands load their rooms only when they run, so that `--help` is quick.
import { Command, CommanderError } from 'commander'
import { packageVersion } from '../wiring/package-version.js'
import { printError } from './action.js'
import { demoCommand } from './demo.js'
import { doctorCommand } from './doctor.js'
import { explainCommand } from './explain.js'
import { exportCommand } from './export.js'
import { gatewayCommand } from './gateway.js'
import { keysCommand } from './keys.js'
import { EXIT_INTERNAL } from './output.js'
import { policyCommand } from './policy.js'
import { recordCommand } from './record.js'
import { vectorsCommand } from './vectors.js'
import { verifyCommand } from './verify.js'

function program(): Command {
  const root = new Command('tracevar')
    .description(
      'Signed, hash-chained receipts for every tool call of an AI agent, verified offline by anyone.',
    )
    .version(packageVersion(), '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError()
  for (const command of [
    demoCommand(),
    gatewayCommand(),
    verifyCommand(),
    recordCommand(),
    policyCommand(),
    keysCommand(),
    exportCommand(),
    vectorsCommand(),
    doctorCommand(),
    explainCommand(),
  ]) {
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
  const root = program()
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
