// tracevar gateway: between an MCP client and one MCP server, over stdio. stdout belongs to the protocol.

import { gatewayExitWaitMsMax, gatewayLogBytesMax } from '../limits.js'
import { action, defineCommand, EXIT_INTERRUPTED, usage } from './action.js'
import { COMMANDS } from './commands.js'
import { type DataOption, dataDirOf } from './data-dir.js'
import { printable, printNote } from './output.js'
import { readInput } from './read-input.js'

interface GatewayOptions extends DataOption {
  readonly config?: string
  readonly policy?: string
  readonly mode?: string
  readonly agentId?: string
  readonly keyId?: string
  readonly passEnv?: string[]
}

export function gatewayCommand() {
  return defineCommand('gateway', COMMANDS.gateway, {
    json: false,
  })
    .usage('[options] -- <command> [args...]')
    .argument('[command...]', 'the MCP server to start, after --')
    .option('--config <file>', 'tracevar.yaml; flags go before it')
    .option('--policy <file>', 'policy that decides the calls')
    .option('--data <dir>', 'data directory (else TRACEVAR_DATA, else ./tracevar-data)')
    .option('--mode <mode>', 'observe or enforce; left out: what the policy says')
    .option('--agent-id <id>', 'agent_id of the receipts')
    .option('--key-id <id>', 'signing key, made on first use')
    .option(
      '--pass-env <name>',
      'environment variable that the server gets; may be repeated',
      (name, names: string[] = []) => [...names, name],
    )
    .action(action(1, run))
}

async function run(command: string[], options: GatewayOptions): Promise<number> {
  const { parseGatewayConfig } = await import('../gateway/config.js')
  const { startGateway } = await import('../wiring/start-gateway.js')
  const { config: file } = options
  const config = file === undefined ? {} : parseGatewayConfig(await readInput(file), file)
  const [name, ...args] = command.length > 0 ? command : (config.server ?? [])
  const policy = options.policy ?? config.policy
  const mode = options.mode ?? (process.env.TRACEVAR_MODE || config.mode)
  if (name === undefined) usage('gateway: no MCP server; put its command after --')
  if (policy === undefined) usage('gateway: --policy FILE is missing')
  if (mode !== undefined && mode !== 'observe' && mode !== 'enforce')
    usage(`--mode: expected observe or enforce, got ${JSON.stringify(mode)}`)
  const agentId = options.agentId ?? config.agentId
  const log = createLog()
  try {
    const { signal, server } = await startGateway({
      server: [name, ...args],
      passEnv: options.passEnv ?? config.passEnv,
      policy,
      dataDir: dataDirOf({ data: options.data ?? (process.env.TRACEVAR_DATA || config.data) }),
      mode,
      keyId: options.keyId ?? config.keyId,
      workflow: {
        ...(agentId === undefined ? {} : { agentId }),
        ...(config.initiatorId === undefined ? {} : { initiatorId: config.initiatorId }),
        ...(config.workflowOwner === undefined ? {} : { workflowOwner: config.workflowOwner }),
      },
      log,
    })
    if (signal === 'SIGINT') return EXIT_INTERRUPTED
    if (signal !== null || server.asked || server.code === 0) return 0
    log(`the server ended by itself: ${server.signal ?? `exit code ${server.code}`}`)
    return 1
  } finally {
    // What a peer does not read, and files that never open, must not keep the process.
    setTimeout(() => process.exit(), gatewayExitWaitMsMax).unref()
  }
}

/** Lines for stderr. While nobody reads them they are counted, not kept. */
function createLog(): (line: string) => void {
  let lost = 0
  const print = (line: string): void => printNote(`tracevar gateway: ${printable(line)}`)
  return (line) => {
    if (process.stderr.writableLength > gatewayLogBytesMax) {
      lost++
      return
    }
    if (lost > 0) print(`${lost} lines are missing here: nobody read them`)
    lost = 0
    print(line)
  }
}
