// tracevar keys new|list|export: signing keys of a data directory.
import { writeNew } from '../wiring/write-new.js'
import { action, defineCommand, defineGroup } from './action.js'
import { COMMANDS } from './commands.js'
import { type DataOption, dataDirOf } from './data-dir.js'
import { type GlobalOptions, paint, printJson, printLine } from './output.js'

const DATA_HELP = 'data directory (else TRACEVAR_DATA, else ./tracevar-data)'

export function keysCommand() {
  return defineGroup('keys', COMMANDS.keys, [newCommand(), listCommand(), exportCommand()])
}

function newCommand() {
  return defineCommand('new', 'make a signing key: <key_id>.pem (private, 0600) and <key_id>.jwk (public)')
    .argument('<key_id>', '1 to 64 of A-Z a-z 0-9 _ -')
    .option('--data <dir>', DATA_HELP)
    .action(
      action(1, async (keyId: string, options: GlobalOptions & DataOption) => {
        const { createKey } = await import('../wiring/keys.js')
        const { created, jwk, path } = await createKey(dataDirOf(options), keyId)
        if (options.json) printJson({ ok: true, created, path, jwk })
        else printLine(`${created ? 'made' : 'already there:'} ${path}\n${JSON.stringify(jwk)}`)
        return 0
      }),
    )
}

function listCommand() {
  return defineCommand('list', 'list the public keys')
    .option('--data <dir>', DATA_HELP)
    .action(
      action(1, async (options: GlobalOptions & DataOption) => {
        const { listKeys } = await import('../wiring/keys.js')
        const keys = await listKeys(dataDirOf(options))
        if (options.json) printJson({ ok: true, keys })
        else if (keys.length === 0) printLine('no keys; tracevar keys new <key_id> makes one')
        else
          for (const { key_id, x, thumbprint } of keys)
            printLine(`${paint('bold', key_id)}  x ${x}  thumbprint ${thumbprint}`)
        return 0
      }),
    )
}

function exportCommand() {
  return defineCommand('export', 'print public keys as a JWKS, for auditors')
    .argument('[key_id]', 'one key; left out: all')
    .option('--data <dir>', DATA_HELP)
    .option('--out <file>', 'write here instead of to stdout')
    .action(
      action(1, async (keyId: string | undefined, options: GlobalOptions & DataOption & { out?: string }) => {
        const { exportKeys } = await import('../wiring/keys.js')
        const text = `${JSON.stringify(await exportKeys(dataDirOf(options), keyId), null, 2)}\n`
        if (options.out === undefined) process.stdout.write(text)
        else {
          await writeNew(options.out, text)
          if (options.json) printJson({ ok: true, out: options.out })
        }
        return 0
      }),
    )
}
