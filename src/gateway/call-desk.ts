// Where calls wait for their decision: hold, refuse, forward, cancel, conclude.
import type { JsonValue } from '../codec/json-value.js'
import { gatewayCloseWaitMsMax, mcpHeldBytesMax, mcpRequestsInFlightMax } from '../limits.js'
import { ANSWER_CODES, errorFrame } from './answers.js'
import { Call, errorText } from './call.js'
import type { CallFrame } from './client-frame.js'
import type { FrameSink } from './frame-sink.js'
import type { Frame } from './frames.js'
import type { InFlight } from './in-flight.js'
import type { Opening } from './opening.js'
import type { RequestId } from './request-id.js'
import type { ReplyFrame } from './server-frame.js'
import { within } from './waits.js'
import type { CallTicket, GatewayDeps, RefuseReason } from './workflow-port.js'

/** What the desk works with; all shared with the gateway. */
export interface DeskParts {
  readonly deps: GatewayDeps
  readonly inFlight: InFlight
  readonly opening: Opening
  readonly toClient: FrameSink
  readonly toServer: FrameSink
}

/** A call that is refused whatever the policy says. */
export interface Refusal {
  readonly reason: RefuseReason
  readonly tool: string
  /** Requests to answer; none: the answer has a null id. */
  readonly ids: readonly RequestId[]
  /** Code of the answer. Left out: -32000. */
  readonly code?: number
  /** Further members of the answer's `data`. */
  readonly data?: Readonly<Record<string, JsonValue>>
}

interface Answer {
  readonly ids: readonly RequestId[]
  readonly message: string
  readonly reason: string
  readonly ticket?: CallTicket | null
  /** What must be durable before the answer leaves. */
  readonly gate?: Promise<void>
  readonly code?: number
  readonly data?: Readonly<Record<string, JsonValue>>
}

/** All calls of one connection. */
export class CallDesk {
  readonly #parts: DeskParts
  readonly #deciding = new Set<Promise<void>>()
  #heldBytes = 0

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  /** Holds a call until it is decided, then forwards or answers it. */
  hold(frame: CallFrame, bytes: Frame): void {
    if (this.#isFull(bytes)) {
      this.#answerBusy([frame.id])
      return
    }
    const call = new Call(frame, bytes, this.#parts.deps)
    this.#parts.inFlight.add(frame.id.key, { kind: 'call', call })
    this.#run(this.#serve(call), bytes)
  }

  /** Has a BLOCK receipt written, then answers. The frame goes no further. */
  refuse(refusal: Refusal, bytes: Frame): void {
    if (this.#isFull(bytes)) this.#answerBusy(refusal.ids)
    else this.#run(this.#serveRefusal(refusal, this.#parts.deps.sha256(bytes.message)), bytes)
  }

  /** The client cancels a call. True when the call was still held, so that the server must not hear of it. */
  cancel(call: Call): boolean {
    if (call.state === 'held') {
      call.drop(true)
      return true
    }
    if (call.state === 'forwarded') {
      this.#parts.inFlight.markLate(call.frame.id.key)
      this.#track(call.conclude('CANCELED', null))
    }
    return false
  }

  /** The server's reply to a forwarded call, no longer in flight: passes once its post-receipt is durable. */
  reply(call: Call, reply: ReplyFrame, bytes: Frame): void {
    const { toClient, deps } = this.#parts
    if (call.state === 'over') {
      deps.log(`receipt ${call.ticket?.receiptId}: late reply passed`)
      toClient.write(bytes.raw)
      return
    }
    const facts = { message: bytes.message, response: reply.response }
    toClient.write(bytes.raw, this.#track(call.conclude(reply.outcome, facts)))
  }

  /** Resolves when no call is held or waits for a reply. */
  async idle(): Promise<void> {
    await Promise.all([...this.#parts.inFlight.calls().map((call) => call.over), ...this.#deciding])
  }

  /** Ends every held call without forwarding it. */
  dropHeld(): void {
    for (const call of this.#parts.inFlight.calls()) if (call.state === 'held') call.drop(false)
  }

  /** The server is gone: ends every call, answers the client. `outcome`: of calls that had been forwarded. */
  async end(outcome: 'ERROR' | 'CANCELED'): Promise<void> {
    this.dropHeld()
    for (const call of this.#parts.inFlight.calls()) {
      if (call.state !== 'forwarded') continue
      this.#parts.inFlight.delete(call.frame.id.key)
      const gate = this.#track(call.conclude(outcome, null))
      const message = 'tracevar: the server ended, the outcome of the call is unknown'
      const { ticket } = call
      this.#answer({ ids: [call.frame.id], message, reason: 'outcome_unknown', ticket, gate })
    }
    await within(this.#parts.deps.after, Promise.all(this.#deciding), gatewayCloseWaitMsMax, undefined)
  }

  async #serve(call: Call): Promise<void> {
    const { deps, inFlight, opening, toServer } = this.#parts
    const { id, tool } = call.frame
    let ticket: CallTicket | null = null
    let failed = false
    try {
      ticket = await call.decide(await opening.workflow())
      if (ticket) this.#logDecision(ticket, tool)
      if (call.state === 'held' && ticket?.allowed && !toServer.gone) {
        call.forward(ticket, () => this.#timeOut(call))
        toServer.write(call.raw)
        return
      }
    } catch (error) {
      failed = true
      deps.log(`call of ${JSON.stringify(tool)} fails closed: ${errorText(error)}`)
    }
    inFlight.delete(id.key)
    if (ticket?.allowed) await call.conclude('CANCELED', null)
    if (call.canceled) return
    if (failed) this.#answerDecision([id], null)
    else if (ticket && !ticket.allowed) this.#answerDecision([id], ticket)
    else {
      const message = 'tracevar: the connection ended, the call was not made'
      this.#answer({ ids: [id], message, reason: 'connection_ended', ticket })
    }
  }

  async #serveRefusal(refusal: Refusal, rawDigest: string): Promise<void> {
    const { deps, opening } = this.#parts
    let ticket: CallTicket | null = null
    try {
      const workflow = await opening.workflow()
      ticket = await workflow.begin(refusal.tool, {}, { refuse: refusal.reason, rawDigest })
      this.#logDecision(ticket, refusal.tool)
      if (ticket.allowed) await ticket.conclude('CANCELED') // observe mode: decided, yet not forwarded
    } catch (error) {
      deps.log(`refusal ${refusal.reason} without receipt: ${errorText(error)}`)
    }
    this.#answerDecision(refusal.ids, ticket, refusal)
  }

  #timeOut(call: Call): void {
    this.#parts.inFlight.markLate(call.frame.id.key)
    this.#track(call.conclude('TIMEOUT', null))
  }

  #logDecision(ticket: CallTicket, tool: string): void {
    const { receiptId, workflowId, decision, reason } = ticket
    this.#parts.deps.log(
      `receipt ${receiptId}: workflow ${workflowId}, tool ${JSON.stringify(tool)}, ${decision}, ${JSON.stringify(reason)}`,
    )
  }

  #answerDecision(ids: readonly RequestId[], ticket: CallTicket | null, refusal?: Refusal): void {
    const reason = ticket?.reason ?? 'receipt_not_written'
    const message = `tracevar: the call was not made (${ticket?.decision ?? 'FAIL_CLOSED'}: ${reason})`
    this.#answer({ ...refusal, ids, message, reason, ticket })
  }

  /** DESIGN decision 12: what the client is told of a call that was not made, or whose outcome is not known. */
  #answer({ ids, message, reason, ticket = null, gate, code, data }: Answer): void {
    const fullData = {
      receipt_id: ticket?.receiptId ?? null,
      decision: ticket?.decision ?? 'FAIL_CLOSED',
      reason,
      workflow_id: ticket?.workflowId ?? null,
      ...data,
    }
    // Under the id of a request in flight, the answer would be taken for that request's reply.
    const free = ids.filter((id) => !this.#parts.inFlight.has(id.key))
    for (const id of free.length === 0 ? [null] : free)
      this.#parts.toClient.answer(
        errorFrame(id, code ?? ANSWER_CODES.notAllowed, message, fullData),
        gate ?? null,
      )
  }

  #answerBusy(ids: readonly RequestId[]): void {
    this.#answer({ ids, message: 'tracevar: too many calls are under way', reason: 'gateway_busy' })
  }

  #isFull(bytes: Frame): boolean {
    const full = !this.#parts.inFlight.hasRoom(1) || this.#deciding.size >= mcpRequestsInFlightMax
    return full || this.#heldBytes + bytes.raw.length > mcpHeldBytesMax
  }

  #run(work: Promise<void>, bytes: Frame): void {
    this.#heldBytes += bytes.raw.length
    this.#track(
      work.finally(() => {
        this.#heldBytes -= bytes.raw.length
      }),
    )
  }

  #track(work: Promise<void>): Promise<void> {
    this.#deciding.add(work)
    return work.finally(() => this.#deciding.delete(work))
  }
}
