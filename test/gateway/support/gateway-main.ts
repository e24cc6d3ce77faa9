// The gateway as a process of its own, with a fake workflow that writes what happens to a file, one JSON a line.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runGateway, type ServerCommand } from '../../../src/gateway/host.js'
import type { WorkflowPort } from '../../../src/gateway/workflow-port.js'

interface Job extends ServerCommand {
  /** Folder for one file of events per process. */
  readonly events: string
  readonly block: readonly string[]
  /** Signal that the process sends itself before the server has started. */
  readonly signalAtOnce?: NodeJS.Signals
}

const job = JSON.parse(process.argv[2] ?? '{}') as Job
mkdirSync(job.events, { recursive: true })
const note = (event: object): void =>
  appendFileSync(join(job.events, `${process.pid}.ndjson`), `${JSON.stringify(event)}\n`)

const workflow: WorkflowPort = {
  workflowId: 'W',
  async begin(tool, _args, facts) {
    const decision = facts?.refuse || job.block.includes(tool) ? 'BLOCK' : 'ALLOW'
    note({ tool, decision })
    return {
      receiptId: 'R',
      workflowId: 'W',
      decision,
      reason: facts?.refuse ?? 'test',
      allowed: decision === 'ALLOW',
      timeoutMs: 30_000,
      forwarded: () => note({ tool, forwarded: true }),
      conclude: async (outcome) => note({ tool, outcome }),
    }
  },
  close: async (reason) => note({ closed: reason }),
}

note({ started: true })
runGateway(job, {
  openWorkflow: async (declared) => {
    note({ declared })
    return workflow
  },
  log: (line) => note({ log: line }),
}).then(
  (result) => note({ result }),
  (error: { code: string }) => {
    note({ failed: error.code })
    process.exitCode = 1
  },
)
if (job.signalAtOnce !== undefined) process.kill(process.pid, job.signalAtOnce)
