// tracevar gateway: between an MCP client and one MCP server, over stdio. stdout belongs to the protocol.

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
  const { signal, server } = await startGateway({
    server: [name, ...args],
    passEnv: options.passEnv ?? config.passEnv,
    policy,
    dataDir: options.data ?? (process.env.TRACEVAR_DATA || (config.data ?? dataDirOf({}))),
    mode,
    keyId: options.keyId ?? config.keyId,
    workflow: {
      ...(agentId === undefined ? {} : { agentId }),
      ...(config.initiatorId === undefined ? {} : { initiatorId: config.initiatorId }),
      ...(config.workflowOwner === undefined ? {} : { workflowOwner: config.workflowOwner }),
    },
    log: (line) => printNote(`tracevar gateway: ${printable(line)}`),
  })
  if (signal === 'SIGINT') return EXIT_INTERRUPTED
  return signal === null && server.code !== 0 && server.code !== null ? 1 : 0
}
