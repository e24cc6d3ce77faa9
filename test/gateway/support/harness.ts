// A gateway over in-memory streams with a fake workflow, and ways to look at both ends.
import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { Gateway } from '../../../src/gateway/proxy.js'
import type { CallTicket, GatewayDeps, WorkflowPort } from '../../../src/gateway/workflow-port.js'

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export type BeginFacts = NonNullable<Parameters<WorkflowPort['begin']>[2]>

/** What the fake workflow answers: a decision, a wait for one, or an error to throw. */
export type Decide = (
  tool: string,
  args: unknown,
  facts: BeginFacts,
) => CallTicket['decision'] | Promise<CallTicket['decision']>

/** Workflow that notes everything it is asked. */
export class FakeWorkflow implements WorkflowPort {
  readonly workflowId = 'W'
  readonly events: string[] = []
  readonly concluded: Parameters<CallTicket['conclude']>[] = []
  readonly begun: { tool: string; args: unknown; facts: BeginFacts }[] = []
  closed: string | null = null
  declared: readonly string[] | null | undefined
  /** Resolves when a conclusion may become durable. */
  durable: Promise<void> = Promise.resolve()
  #receipts = 0
  readonly #decide: Decide

  constructor(decide: Decide) {
    this.#decide = decide
  }

  async begin(tool: string, args: unknown, facts: BeginFacts = {}): Promise<CallTicket> {
    this.begun.push({ tool, args, facts })
    const decision = facts.refuse ? 'BLOCK' : await this.#decide(tool, args, facts)
    const receiptId = `R${this.#receipts++}`
    this.events.push(`${receiptId} ${decision}`)
    return {
      receiptId,
      workflowId: this.workflowId,
      decision,
      reason: facts.refuse ?? `reason of ${decision}`,
      allowed: decision === 'ALLOW' || decision === 'FAIL_OPEN',
      timeoutMs: 4_000,
      forwarded: () => {
        this.events.push(`${receiptId} forwarded`)
      },
      conclude: async (...outcome) => {
        this.concluded.push(outcome)
        await this.durable
        this.events.push(`${receiptId} ${outcome[0]}`)
      },
    }
  }

  async close(reason: string): Promise<void> {
    this.closed = reason
    this.events.push(`closed ${reason}`)
  }
}

/** Timers that fire when told to. */
export class ManualTimers {
  #timers: { ms: number; call: () => void }[] = []

  readonly after = (ms: number, call: () => void): (() => void) => {
    const timer = { ms, call }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  get waits(): number[] {
    return this.#timers.map(({ ms }) => ms)
  }

  /** Fires every timer that waits for exactly `ms`. */
  fire(ms: number): void {
    for (const timer of this.#timers.filter((timer) => timer.ms === ms)) timer.call()
    this.#timers = this.#timers.filter((timer) => timer.ms !== ms)
  }
}

/** Bytes that arrived at one end. */
export class Tap {
  readonly stream = new PassThrough()
  readonly #chunks: Buffer[] = []
  ended = false

  constructor() {
    this.stream.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
    })
    this.stream.on('end', () => {
      this.ended = true
    })
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.bytes.toString('latin1')
  }

  /** Lines as JSON. */
  get messages(): Record<string, never>[] {
    return this.bytes
      .toString()
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line))
  }
}

export interface Options {
  readonly decide?: Decide
  /** Names that `tools/list` gives; null: an error; 'mute': no answer. Asked only by the gateway itself. */
  readonly tools?: readonly string[] | null | 'mute'
  readonly openWorkflow?: GatewayDeps['openWorkflow']
  /** Answers the gateway's own `tools/list` requests instead of `tools`. */
  readonly onOwnRequest?: (
    request: { id: string; params: Record<string, unknown> },
    send: (text: string) => void,
  ) => void
}

export const PREFIX = 'own-7f3a'

/** A running gateway. The gateway's own requests are answered and kept apart from what the server sees. */
export function openGateway(options: Options = {}) {
  const clientIn = new PassThrough()
  const serverOut = new PassThrough()
  const client = new Tap()
  const server = new Tap()
  const ownRequests: { id: string; params: Record<string, unknown> }[] = []
  const log: string[] = []
  const timers = new ManualTimers()
  const workflow = new FakeWorkflow(options.decide ?? (() => 'ALLOW'))
  const serverIn = new PassThrough()
  const opened: (readonly string[] | null)[] = []

  const answerOwn = (request: { id: string; params: Record<string, unknown> }): void => {
    ownRequests.push(request)
    const send = (text: string): void => void serverOut.write(text)
    if (options.onOwnRequest) {
      options.onOwnRequest(request, send)
      return
    }
    const { tools = ['echo', 'refund'] } = options
    if (tools === 'mute') return
    const body = tools
      ? { result: { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) } }
      : { error: { code: -32601, message: 'no' } }
    send(`${JSON.stringify({ jsonrpc: '2.0', id: request.id, ...body })}\n`)
  }
  // Own requests arrive as whole writes, so they can be told from the client's bytes.
  serverIn.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1')
    if (text.includes(PREFIX)) answerOwn(JSON.parse(text))
    else server.stream.write(chunk)
  })
  serverIn.on('end', () => server.stream.end())

  const deps: GatewayDeps = {
    openWorkflow:
      options.openWorkflow ??
      (async (names) => {
        opened.push(names)
        workflow.declared = names
        return workflow
      }),
    log: (line) => log.push(line),
    sha256,
    after: timers.after,
    requestIdPrefix: PREFIX,
  }
  const gateway = new Gateway({ clientIn, clientOut: client.stream, serverIn, serverOut }, deps)
  const done = gateway.run()
  done.catch(() => {})
  return {
    gateway,
    workflow,
    timers,
    log,
    opened,
    ownRequests,
    done,
    /** What the client received, and a way to write as the client. */
    client: { ...ends(clientIn), seen: client },
    server: { ...ends(serverOut), seen: server },
    serverIn,
    clientOut: client.stream,
  }
}

function ends(stream: PassThrough) {
  return {
    async write(data: string | Uint8Array): Promise<void> {
      stream.write(data)
      await settle()
    },
    async end(): Promise<void> {
      stream.end()
      await settle()
    },
    stream,
  }
}

/** Lets everything run that waits for nothing but streams and promises. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await setImmediate()
}

export const line = (message: unknown): string => `${JSON.stringify(message)}\n`

export const call = (id: unknown, name = 'echo', args: unknown = { a: 1 }): string =>
  line({ method: 'tools/call', params: { name, arguments: args }, jsonrpc: '2.0', id })

export const result = (id: unknown, value: unknown = { content: [] }): string =>
  line({ result: value, jsonrpc: '2.0', id })
