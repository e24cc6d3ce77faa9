// One tools/call on its way: held, then forwarded, then over; or over without having been forwarded.
import type { CallFrame } from './client-frame.js'
import type { Frame } from './frames.js'
import { createLatch } from './waits.js'
import type { CallOutcome, CallTicket, GatewayDeps, WorkflowPort } from './workflow-port.js'

/** The reply as far as receipts need it. */
export interface CallReply {
  /** Frame without line ending. */
  readonly message: Uint8Array
  /** Raw bytes of `result`; null for JSON-RPC errors. */
  readonly response: Uint8Array | null
}

/** State of one call of the client. */
export class Call {
  readonly frame: CallFrame
  readonly raw: Uint8Array
  readonly #requestDigest: string
  readonly #deps: GatewayDeps
  readonly #over = createLatch()
  #state: 'held' | 'forwarded' | 'over' = 'held'
  #ticket: CallTicket | null = null
  #cancelTimer = (): void => undefined
  #canceled = false

  constructor(frame: CallFrame, bytes: Frame, deps: GatewayDeps) {
    this.frame = frame
    this.raw = bytes.raw
    this.#deps = deps
    this.#requestDigest = deps.sha256(bytes.message)
  }

  get state(): 'held' | 'forwarded' | 'over' {
    return this.#state
  }

  /** Resolves when the call is over. */
  get over(): Promise<void> {
    return this.#over.opened
  }

  /** The client cancelled the call: it gets no answer (MCP, cancellation). */
  get canceled(): boolean {
    return this.#canceled
  }

  /** The ticket once there is one. */
  get ticket(): CallTicket | null {
    return this.#ticket
  }

  /** Asks for the decision. Null when the call was over before it could be asked. */
  async decide(workflow: WorkflowPort): Promise<CallTicket | null> {
    if (this.#state === 'over') return null
    this.#ticket = await workflow.begin(this.frame.tool, this.frame.args, { rawDigest: this.#requestDigest })
    return this.#ticket
  }

  /** A held call ends without being forwarded. */
  drop(canceled: boolean): void {
    this.#state = 'over'
    this.#canceled = canceled
    this.#over.open()
  }

  /** Notes that the call is handed to the server now. `onTimeout`: no reply within the tool's time. */
  forward(ticket: CallTicket, onTimeout: () => void): void {
    ticket.forwarded()
    this.#state = 'forwarded'
    this.#cancelTimer = this.#deps.after(ticket.timeoutMs, onTimeout)
  }

  /** Has the outcome recorded; resolves when it is durable, or cannot be made so: the effect is past, so that is logged. */
  async conclude(outcome: CallOutcome, reply: CallReply | null): Promise<void> {
    this.#cancelTimer()
    this.#state = 'over'
    this.#over.open()
    const ticket = this.#ticket
    if (ticket === null) return
    const rawDigests = {
      request: this.#requestDigest,
      response: reply && this.#deps.sha256(reply.message),
    }
    try {
      await ticket.conclude(
        outcome,
        reply?.response ? { response: reply.response, rawDigests } : { rawDigests },
      )
      this.#deps.log(`receipt ${ticket.receiptId}: outcome ${outcome}`)
    } catch (error) {
      this.#deps.log(`receipt ${ticket.receiptId}: outcome ${outcome} not recorded: ${errorText(error)}`)
    }
  }
}

/** Text of an error for the log: its code where it has one. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  return 'code' in error ? `${String(error.code)}: ${error.message}` : `${error.name}: ${error.message}`
}
