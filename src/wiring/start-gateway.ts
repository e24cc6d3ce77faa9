// The gateway as a program: config, policy, runtime and MCP server put together.

import { type GatewayResult, runGateway } from '../gateway/host.js'
import type { WorkflowPort } from '../gateway/workflow-port.js'
import { gatewayLockWaitMs } from '../limits.js'
import type { VarMode } from '../receipt/fields.js'
import type { Runtime } from '../runtime/runtime.js'
import type { WorkflowOptions } from '../runtime/workflow-options.js'
import { openPolicy } from './open-policy.js'
import { openRuntime } from './open-runtime.js'

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
 * closed. The data directory is opened with the workflow, not before: MCP clients may start the command twice.
 *
 * @throws PolicyLoadError before anything is started; TracevarError `ERR_GATEWAY_SPAWN`, `ERR_GATEWAY_FRAME`.
 */
export async function startGateway(options: StartGatewayOptions): Promise<GatewayResult> {
  const { log, server, mode } = options
  const policy = openPolicy(options.policy, mode)
  for (const warning of policy.warnings) log(`policy: ${warning}`)
  const [command, ...args] = server
  let runtime: Runtime | undefined
  try {
    return await runGateway(
      { command, args, ...(options.passEnv === undefined ? {} : { passEnv: options.passEnv }) },
      {
        log,
        async openWorkflow(declaredTools): Promise<WorkflowPort> {
          runtime = await openRuntime({
            dataDir: options.dataDir,
            policy: options.policy,
            mode: policy.mode,
            isolation: 'process',
            lockWaitMs: gatewayLockWaitMs,
            ...(options.keyId === undefined ? {} : { keyId: options.keyId }),
          })
          const { backend, platform } = runtime.describe()
          const workflow = await runtime.openWorkflow({ ...options.workflow, declaredTools })
          log(
            `workflow ${workflow.workflowId} open: mode ${policy.mode}, back end ${backend.name}, ${platform}`,
          )
          return workflow
        },
      },
    )
  } finally {
    await runtime?.close()
  }
}
