// A small, real MCP client (legacy era, line JSON-RPC over two streams) for `tracevar demo`.
import type { Readable, Writable } from 'node:stream'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { demoReplyWaitMsMax } from '../limits.js'
import { readMessages, sendMessage } from './messages.js'

/** What became of a request. */
export type DemoReply =
  | { readonly kind: 'result'; readonly result: JsonValue }
  /** A JSON-RPC error: a call that the gateway did not allow carries `data` with the receipt id. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly data: JsonValue }
  /** No reply in time; the server was told with `notifications/cancelled`. */
  | { readonly kind: 'timeout' }
  /** The connection ended first. */
  | { readonly kind: 'closed' }

/** Options of {@link DemoClient.callTool}. */
export interface DemoCallOptions {
  /** Wait for the reply, ms. Left out: `demoReplyWaitMsMax`. */
  readonly timeoutMs?: number
}

/** One connection. `close()` ends the output stream; the server, or the gateway, then ends the input. */
export class DemoClient {
  readonly #output: Writable
  readonly #waiting = new Map<JsonValue, (reply: DemoReply) => void>()
  readonly #ended: Promise<void>
  #nextId = 0
  #closed = false

  /** @param input What the server writes. @param output What the server reads. */
  constructor(input: Readable, output: Writable) {
    this.#output = output
    output.on('error', () => this.#end())
    this.#ended = this.#read(input)
  }

  /** The handshake of MCP: `initialize`, then `notifications/initialized`. */
  async initialize(): Promise<DemoReply> {
    const reply = await this.#request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'tracevar-demo-client', version: '1.0.0' },
    })
    if (reply.kind === 'result') sendMessage(this.#output, { method: 'notifications/initialized' })
    return reply
  }

  /** Asks for the tools; one page. */
  listTools(): Promise<DemoReply> {
    return this.#request('tools/list', {})
  }

  callTool(name: string, args: JsonObject, options: DemoCallOptions = {}): Promise<DemoReply> {
    return this.#request('tools/call', { name, arguments: args }, options.timeoutMs)
  }

  /** Resolves when the other side has ended too. */
  async close(): Promise<void> {
    this.#output.end()
    await this.#ended
  }

  #request(method: string, params: JsonObject, timeoutMs = demoReplyWaitMsMax): Promise<DemoReply> {
    if (this.#closed) return Promise.resolve({ kind: 'closed' })
    const id = this.#nextId++
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        sendMessage(this.#output, {
          method: 'notifications/cancelled',
          params: { requestId: id, reason: 'timeout' },
        })
        this.#settle(id, { kind: 'timeout' })
      }, timeoutMs)
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer)
        resolve(reply)
      })
      sendMessage(this.#output, { id, method, params })
    })
  }

  async #read(input: Readable): Promise<void> {
    try {
      for await (const message of readMessages(input)) this.#take(message)
    } catch {
      // A broken stream is the end of the connection; whoever waits is told `closed`.
    }
    this.#end()
  }

  #take({ id, result, error }: JsonObject): void {
    if (id === undefined) return
    if (result !== undefined) this.#settle(id, { kind: 'result', result })
    else if (isJsonObject(error)) {
      const { code, message, data = null } = error
      this.#settle(id, { kind: 'error', code: Number(code), message: String(message), data })
    }
  }

  #settle(id: JsonValue, reply: DemoReply): void {
    this.#waiting.get(id)?.(reply)
    this.#waiting.delete(id)
  }

  #end(): void {
    this.#closed = true
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { kind: 'closed' })
  }
}
