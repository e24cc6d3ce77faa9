// The workflow of one connection: opened when the server's tools are known and the first call, or the end, has come.
import { gatewayCloseWaitMsMax, toolsListWaitMsMax } from '../limits.js'
import { errorText } from './call.js'
import type { Catalogue } from './catalogue.js'
import { createLatch, type Latch, within } from './waits.js'
import type { GatewayDeps, WorkflowPort } from './workflow-port.js'

/** Opens and closes the workflow, each once. */
export class Opening {
  readonly #deps: GatewayDeps
  readonly #catalogue: Catalogue
  #due = false
  #initialize: Latch | null = null
  #workflow: Promise<WorkflowPort> | null = null

  constructor(deps: GatewayDeps, catalogue: Catalogue) {
    this.#deps = deps
    this.#catalogue = catalogue
  }

  /** The connection is more than a probe: it gets a workflow, at its end at the latest. */
  connectionBegun(): void {
    this.#due = true
  }

  /** The client sent `initialize`: the server may be asked nothing else until it has answered. */
  initializeSent(): void {
    this.#initialize = createLatch()
  }

  initializeAnswered(): void {
    this.#initialize?.open()
  }

  /** The workflow. `listRoundsMax`: see {@link Catalogue.names}. Rejects when it could not be opened. */
  workflow(listRoundsMax?: number): Promise<WorkflowPort> {
    this.#workflow ??= this.#open(listRoundsMax)
    return this.#workflow
  }

  /** Closes the workflow if there is one, or is to be one. Never rejects. */
  async close(reason: 'connection_teardown' | 'explicit_close'): Promise<void> {
    if (!this.#due) return
    try {
      const closed = this.workflow(1).then((workflow) => workflow.close(reason).then(() => 'closed'))
      const state = await within(this.#deps.after, closed, gatewayCloseWaitMsMax, 'not closed in time')
      this.#deps.log(`workflow ${state}: ${reason}`)
    } catch (error) {
      this.#deps.log(`workflow not closed: ${errorText(error)}`)
    }
  }

  async #open(listRoundsMax?: number): Promise<WorkflowPort> {
    // A call may come before the reply to initialize; v1 servers even serve calls without any handshake.
    if (this.#initialize)
      await within(this.#deps.after, this.#initialize.opened, toolsListWaitMsMax, undefined)
    return this.#deps.openWorkflow(await this.#catalogue.names(listRoundsMax))
  }
}
