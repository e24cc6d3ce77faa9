// The gateway's core: frames between one client and one server, over streams. Every frame passes untouched and at once,
// but for `tools/call`, which is held until its receipt is durable (DESIGN decisions 4 and 12).
import type { Readable, Writable } from 'node:stream'
import type { JsonObject } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'
import { clientEndWaitMsMax, gatewayCloseWaitMsMax } from '../limits.js'
import { ANSWER_CODES, errorFrame } from './answers.js'
import { CallDesk } from './call-desk.js'
import { Catalogue, type Page } from './catalogue.js'
import {
  type BatchFrame,
  type CallFrame,
  type MessageFrame,
  type RefusedFrame,
  readClientFrame,
} from './client-frame.js'
import { ERA_VERSIONS, type Era, envelopeFrom, envelopeVersion } from './era.js'
import { FrameSink } from './frame-sink.js'
import { type Frame, FrameSplitter } from './frames.js'
import { InFlight } from './in-flight.js'
import { Opening } from './opening.js'
import { type RequestId, readRequestId } from './request-id.js'
import { type ReplyFrame, readServerFrame, type ServerFrame } from './server-frame.js'
import { within } from './waits.js'
import type { GatewayDeps } from './workflow-port.js'

/** The four streams of a gateway. The caller ends the server when `serverIn` has ended; `serverOut` must end then. */
export interface GatewayPeers {
  readonly clientIn: Readable
  readonly clientOut: Writable
  readonly serverIn: Writable
  readonly serverOut: Readable
}

type CloseReason = 'connection_teardown' | 'explicit_close'

/** One connection of one client with one server. */
export class Gateway {
  readonly #peers: GatewayPeers
  readonly #deps: GatewayDeps
  readonly #toClient: FrameSink
  readonly #toServer: FrameSink
  readonly #inFlight = new InFlight()
  readonly #opening: Opening
  readonly #catalogue: Catalogue
  readonly #desk: CallDesk
  #era: Era | null = null
  #ownRequests = 0
  #finishing: Promise<void> | null = null
  /** Why the workflow closes, once the client or the host, not the server, began the end. */
  #leaving: CloseReason | null = null
  #failure: TracevarError | null = null

  constructor(peers: GatewayPeers, deps: GatewayDeps) {
    this.#peers = peers
    this.#deps = deps
    this.#toClient = new FrameSink(peers.clientOut, () => this.stop('connection_teardown'))
    this.#toServer = new FrameSink(peers.serverIn, () => deps.log('the server no longer reads'))
    this.#catalogue = new Catalogue((params) => this.#askPage(params), deps.after)
    this.#opening = new Opening(deps, this.#catalogue)
    this.#desk = new CallDesk({
      deps,
      inFlight: this.#inFlight,
      opening: this.#opening,
      toClient: this.#toClient,
      toServer: this.#toServer,
    })
  }

  /**
   * Serves until both sides have ended and the workflow is closed. To be called once.
   * @throws TracevarError `ERR_GATEWAY_FRAME` after that orderly end, when a peer sent a frame that is too large.
   */
  async run(): Promise<void> {
    await Promise.all([this.#clientSide(), this.#serverSide()])
    if (this.#failure) throw this.#failure
  }

  /** Ends the connection now: held calls are dropped, the workflow closes, then `run` resolves. */
  stop(reason: CloseReason = 'explicit_close'): void {
    this.#leaving ??= reason
    void this.#finish()
    this.#peers.clientIn.destroy()
    this.#peers.serverOut.destroy()
  }

  async #clientSide(): Promise<void> {
    await this.#pump(
      this.#peers.clientIn,
      (frame) => this.#onClientFrame(frame),
      async () => {
        await this.#toServer.ready()
        await this.#toClient.answersTaken()
      },
    )
    if (this.#finishing === null) this.#leaving ??= 'connection_teardown'
    await within(this.#deps.after, this.#desk.idle(), clientEndWaitMsMax, undefined)
    this.#desk.dropHeld()
    await this.#toServer.end()
    await this.#finish()
  }

  async #serverSide(): Promise<void> {
    await this.#pump(
      this.#peers.serverOut,
      (frame) => this.#onServerFrame(frame),
      () => this.#toClient.ready(),
    )
    await this.#finish()
    this.#peers.clientIn.destroy()
    await within(this.#deps.after, this.#toClient.end(), gatewayCloseWaitMsMax, undefined)
  }

  /** Ends calls and workflow, once: when the client has left and its calls are over, or when the server has ended. */
  #finish(): Promise<void> {
    this.#finishing ??= this.#finishNow()
    return this.#finishing
  }

  async #finishNow(): Promise<void> {
    this.#toClient.release()
    this.#toServer.release()
    this.#opening.initializeAnswered()
    this.#inFlight.endOwn()
    await this.#desk.end(this.#leaving ? 'CANCELED' : 'ERROR')
    await this.#opening.close(this.#leaving ?? 'connection_teardown')
  }

  /** Reads frames until the stream ends or breaks; `ready` holds the reading back. */
  async #pump(input: Readable, take: (frame: Frame) => void, ready: () => Promise<void>): Promise<void> {
    const splitter = new FrameSplitter()
    try {
      for await (const chunk of input) {
        for (const frame of splitter.push(chunk as Uint8Array)) take(frame)
        await ready()
      }
      const rest = splitter.rest()
      if (rest) take(rest)
    } catch (error) {
      if (error instanceof TracevarError) this.#fail(error)
      else if (!(error instanceof Error && 'code' in error)) throw error // else: the stream broke, which is its end
    }
  }

  #fail(error: TracevarError): void {
    this.#failure ??= error
    this.#deps.log(`${error.code}: ${error.message}`)
  }

  // --- from the client ---

  #onClientFrame(bytes: Frame): void {
    if (this.#finishing !== null) return // nobody is there to take it
    const frame = readClientFrame(bytes.message)
    if (frame.kind === 'blank') this.#toServer.write(bytes.raw)
    else {
      this.#pin(frame)
      if (frame.kind === 'batch') {
        if (this.#track(frame.ids, '')) this.#toServer.write(bytes.raw)
      } else if (frame.kind === 'message') this.#onClientMessage(frame, bytes)
      else this.#onCall(frame, bytes)
    }
  }

  /** The first request pins the era; a probe does not: its process may see nothing else, and gets no workflow. */
  #pin(frame: CallFrame | RefusedFrame | MessageFrame | BatchFrame): void {
    const isProbe = frame.kind === 'message' && (frame.id === null || frame.method === 'server/discover')
    if (this.#era !== null || isProbe) return
    this.#era = frame.kind === 'batch' || envelopeVersion(frame.params) === null ? 'legacy' : 'modern'
    this.#opening.connectionBegun()
  }

  #onCall(frame: CallFrame | RefusedFrame, bytes: Frame): void {
    const problem = this.#versionProblem(frame)
    this.#askTools(frame)
    if (frame.kind === 'refused') {
      this.#desk.refuse(frame, bytes)
      return
    }
    const { id, tool } = frame
    if (problem) {
      const code = ANSWER_CODES.protocolVersion
      this.#desk.refuse({ reason: 'protocol_version', tool, ids: [id], code, data: problem }, bytes)
    } else if (this.#inFlight.has(id.key)) this.#desk.refuse({ reason: 'id_in_use', tool, ids: [] }, bytes)
    else this.#desk.hold(frame, bytes)
  }

  /** Modern servers are asked for their tools as soon as the client has shown an envelope to copy. */
  #askTools(frame: CallFrame | RefusedFrame | MessageFrame): void {
    if (this.#era === 'modern') this.#catalogue.ask(envelopeFrom(frame.params))
  }

  #onClientMessage(frame: MessageFrame, bytes: Frame): void {
    const { id, method } = frame
    const problem = this.#versionProblem(frame)
    if (problem) {
      this.#deps.log('client: a frame of another protocol version was refused')
      if (id) this.#answer(id, ANSWER_CODES.protocolVersion, 'unsupported protocol version', problem)
      return
    }
    if (method === 'notifications/cancelled' && this.#isCancelOfHeld(frame)) return
    if (id !== null && !this.#track([id], method ?? '')) return
    if (method === 'initialize') this.#opening.initializeSent()
    this.#toServer.write(bytes.raw)
    this.#askTools(frame)
    if (method === 'notifications/initialized' && this.#era === 'legacy') this.#catalogue.ask(null)
  }

  /** Notes requests that are about to pass. False: they were answered with an error instead. */
  #track(ids: readonly RequestId[], method: string): boolean {
    if (ids.some((id) => this.#inFlight.has(id.key))) {
      this.#answer(null, ANSWER_CODES.invalidRequest, 'the id belongs to a request in flight')
      return false
    }
    if (!this.#inFlight.hasRoom(ids.length)) {
      for (const id of ids)
        this.#answer(id, ANSWER_CODES.notAllowed, 'tracevar: too many requests are in flight')
      return false
    }
    for (const id of ids) this.#inFlight.add(id.key, { kind: 'request', method })
    return true
  }

  #isCancelOfHeld(frame: MessageFrame): boolean {
    const key = readRequestId(frame.params.requestId)?.key
    const entry = key === undefined ? undefined : this.#inFlight.get(key)
    if (entry?.kind === 'call') return this.#desk.cancel(entry.call)
    if (entry?.kind === 'request' && key !== undefined) this.#inFlight.markLate(key)
    return false
  }

  /** `data` of the refusal when the frame names a version, or is of an era, that the connection does not have. */
  #versionProblem(frame: CallFrame | RefusedFrame | MessageFrame): JsonObject | null {
    const requested = envelopeVersion(frame.params)
    const era = this.#era ?? 'modern' // not yet pinned: a probe, which is modern
    if (requested === null && (era === 'legacy' || frame.kind === 'message')) return null
    if (requested !== null && era === 'modern' && ERA_VERSIONS.modern.includes(requested)) return null
    return { supported: [...ERA_VERSIONS[era]], requested }
  }

  #answer(id: RequestId | null, code: number, message: string, data?: JsonObject): void {
    this.#toClient.answer(errorFrame(id, code, message, data))
  }

  // --- from the server ---

  #onServerFrame(bytes: Frame): void {
    const frame = readServerFrame(bytes.message)
    if (isListChanged(frame)) this.#catalogue.changed()
    if (frame.kind === 'unclear')
      this.#deps.log(`server: ${bytes.raw.length} bytes that are no clear JSON-RPC message were dropped`)
    else if (frame.kind === 'reply') this.#onReply(frame, bytes)
    else if (frame.kind === 'replies' && !this.#takeReplies(frame.keys)) this.#dropReply(bytes)
    else this.#toClient.write(bytes.raw)
  }

  /**
   * Only the first exact reply to a request passes. Clients take a reply with id "1" for request 1, and the first of
   * two: another one would let the client see what the receipt does not say.
   */
  #onReply(reply: ReplyFrame, bytes: Frame): void {
    const entry = reply.key === null ? undefined : this.#inFlight.get(reply.key)
    // A server cannot answer a call that it has not been given yet.
    if (reply.key === null || !entry || (entry.kind === 'call' && entry.call.state === 'held')) {
      this.#dropReply(bytes)
      return
    }
    this.#inFlight.delete(reply.key)
    if (entry.kind === 'call') this.#desk.reply(entry.call, reply, bytes)
    else if (entry.kind === 'own') entry.answer({ value: reply.value, bytes: bytes.raw.length })
    else {
      if (entry.method === 'initialize') this.#opening.initializeAnswered()
      this.#toClient.write(bytes.raw)
    }
  }

  /** Calls never go out in a batch, so no reply to one may come in a batch. */
  #takeReplies(keys: readonly (string | null)[]): boolean {
    const known = keys.every((key) => key !== null && this.#inFlight.get(key)?.kind === 'request')
    if (known) for (const key of keys) this.#inFlight.delete(key ?? '')
    return known
  }

  #dropReply(bytes: Frame): void {
    this.#deps.log(
      `server: a reply of ${bytes.raw.length} bytes matches no request in flight and was dropped`,
    )
  }

  /** Sends a `tools/list` of the gateway's own. */
  #askPage(params: JsonObject): Promise<Page | null> {
    if (this.#finishing !== null || this.#toServer.gone) return Promise.resolve(null)
    const id = `${this.#deps.requestIdPrefix}-${this.#ownRequests++}`
    const request = { jsonrpc: '2.0', id, method: 'tools/list', params }
    return new Promise((resolve) => {
      this.#inFlight.add(`s:${id}`, { kind: 'own', answer: resolve })
      this.#toServer.write(Buffer.from(`${JSON.stringify(request)}\n`))
    })
  }
}

function isListChanged(frame: ServerFrame): boolean {
  return frame.kind === 'message' && frame.method === 'notifications/tools/list_changed'
}
