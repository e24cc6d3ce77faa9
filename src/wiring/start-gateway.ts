// The gateway as a program: config, policy, runtime and MCP server put together.
import { hardenProcess } from '../crypto/host.js'
import { TracevarError } from '../errors.js'
import { after, type GatewayResult, runGateway } from '../gateway/host.js'
import { within } from '../gateway/waits.js'
import type { WorkflowPort } from '../gateway/workflow-port.js'
import { gatewayLockWaitMs, gatewayOpenWaitMsMax } from '../limits.js'
import type { VarMode } from '../receipt/fields.js'
import type { Runtime } from '../runtime/runtime.js'
import type { WorkflowOptions } from '../runtime/workflow-options.js'
import { openPolicy } from './open-policy.js'
import { openRuntimeWith } from './open-runtime.js'

/** What {@link startGateway} needs. */
export interface StartGatewayOptions {
  /** Command and arguments of the MCP server. */
  readonly server: readonly [command: string, ...args: string[]]
  /** Further environment variables for the server, by name. Left out: none. */
  readonly passEnv?: readonly string[] | undefined
  readonly policy: string
  readonly dataDir: string
  /** Left out: the policy file's, else `observe`. */
  readonly mode?: VarMode | undefined
  readonly keyId?: string | undefined
  readonly workflow: Pick<WorkflowOptions, 'agentId' | 'initiatorId' | 'workflowOwner'>
  /** Structural facts, one line each; goes to stderr. */
  readonly log: (line: string) => void
}

/**
 * Runs the gateway on this process's stdin and stdout until a side leaves or a signal comes; then the workflow is
 * closed. The data directory is opened with the workflow, not before: MCP clients may start the command twice. Where the
 * addon is there, this process can be neither dumped nor traced from here on.
 *
 * @throws PolicyLoadError before anything is started; TracevarError `ERR_GATEWAY_SPAWN`, `ERR_GATEWAY_FRAME`, and after
 * the orderly end why the workflow never opened (`ERR_STORE_LOCKED` and the others of `openRuntime`).
 */
export async function startGateway(options: StartGatewayOptions): Promise<GatewayResult> {
  const { log, server, mode, passEnv } = options
  const policy = openPolicy(options.policy, mode)
  for (const warning of policy.warnings) log(`policy: ${warning}`)
  const whyNotHardened = hardenProcess()
  if (whyNotHardened !== undefined) log(`this process may be dumped and traced: ${whyNotHardened}`)
  const [command, ...args] = server
  let runtime: Runtime | undefined
  let isOver = false
  let failure: unknown = null

  async function open(declaredTools: readonly string[] | null): Promise<WorkflowPort> {
    runtime = await openRuntimeWith(policy, {
      dataDir: options.dataDir,
      isolation: 'process',
      lockWaitMs: gatewayLockWaitMs,
      ...(options.keyId === undefined ? {} : { keyId: options.keyId }),
    })
    if (isOver) await runtime.close() // nobody waits for it any more; it then opens no workflow
    const { backend, platform } = runtime.describe()
    const workflow = await runtime.openWorkflow({ ...options.workflow, declaredTools })
    const tried = backend.attempts.map(({ name, why }) => ` (${name}: ${why})`).join('')
    log(
      `workflow ${workflow.workflowId} open: mode ${policy.mode}, back end ${backend.name}${tried}, ${platform}`,
    )
    return workflow
  }

  async function openWorkflow(declaredTools: readonly string[] | null): Promise<WorkflowPort> {
    failure = new TracevarError('ERR_STORE_FAILED', `${options.dataDir} did not open in time`)
    try {
      const workflow = await within(after, open(declaredTools), gatewayOpenWaitMsMax, null)
      if (workflow === null) throw failure
      failure = null
      return workflow
    } catch (error) {
      failure = error
      throw error
    }
  }

  let result: GatewayResult
  try {
    result = await runGateway(
      { command, args, ...(passEnv === undefined ? {} : { passEnv }) },
      { log, openWorkflow },
    )
  } finally {
    isOver = true
    await runtime?.close()
  }
  if (failure !== null) throw failure
  return result
}
