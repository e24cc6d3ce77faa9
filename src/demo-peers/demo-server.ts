// A small, real MCP server (legacy era, line JSON-RPC) for `tracevar demo`: a shop with notes, refunds and one tool
// that nobody should call. Nothing it does has an effect.
import type { Readable, Writable } from 'node:stream'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { demoReportMsMax } from '../limits.js'
import { readMessages, sendMessage } from './messages.js'

const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']
const NOTES: ReadonlyMap<string, string> = new Map([
  ['welcome.txt', 'Refunds above 500.00 need a second pair of eyes.'],
  ['orders.txt', 'Order 1001: 400.00 USD. Order 1002: 75.50 USD.'],
])

interface DemoTool {
  readonly description: string
  /** JSON Schema `properties` of the arguments; all are required. */
  readonly properties: Readonly<Record<string, JsonObject>>
  /** Text of the result. @throws Error for arguments that make no sense: becomes `isError`. */
  run(args: JsonObject, canceled: AbortSignal): string | Promise<string>
}

const TOOLS: Readonly<Record<string, DemoTool>> = {
  list_files: {
    description: 'Lists the notes.',
    properties: {},
    run: () => [...NOTES.keys()].join('\n'),
  },
  read_note: {
    description: 'Reads one note.',
    properties: { name: { type: 'string' } },
    run: ({ name }) => {
      const text = typeof name === 'string' ? NOTES.get(name) : undefined
      if (text === undefined) throw new Error('no such note')
      return text
    },
  },
  stripe_refund: {
    description: 'Refunds an amount in minor units (pretends to).',
    properties: { amount: { type: 'integer' } },
    run: ({ amount }) => {
      if (!Number.isSafeInteger(amount) || Number(amount) <= 0) throw new Error('amount: a positive integer')
      return `refunded ${String(amount)}`
    },
  },
  slow_report: {
    description: 'Answers after some milliseconds.',
    properties: { ms: { type: 'integer' } },
    run: ({ ms }, canceled) => {
      if (!Number.isSafeInteger(ms) || Number(ms) < 0 || Number(ms) > demoReportMsMax)
        throw new Error(`ms: an integer from 0 to ${demoReportMsMax}`)
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, Number(ms), `report after ${String(ms)} ms`)
        canceled.addEventListener('abort', () => clearTimeout(timer))
      })
    },
  },
  delete_everything: {
    description: 'Deletes all notes (pretends to).',
    properties: {},
    run: () => 'everything is gone',
  },
}

/** Serves one client until `input` ends. Calls under way then still answer. */
export async function serveDemo(input: Readable, output: Writable): Promise<void> {
  const running = new Map<JsonValue, AbortController>()
  for await (const request of readMessages(input)) {
    if (request.method === 'notifications/cancelled' && isJsonObject(request.params))
      running.get(request.params.requestId ?? null)?.abort()
    const { id } = request
    if (id === undefined) continue
    const canceled = new AbortController()
    running.set(id, canceled)
    void answer(request, canceled.signal).then((reply) => {
      running.delete(id)
      if (!canceled.signal.aborted) sendMessage(output, { id, ...reply })
    })
  }
}

async function answer(request: JsonObject, canceled: AbortSignal): Promise<JsonObject> {
  const params = isJsonObject(request.params) ? request.params : {}
  switch (request.method) {
    case 'initialize':
      return { result: initializeResult(params) }
    case 'ping':
      return { result: {} }
    case 'tools/list':
      return { result: { tools: Object.entries(TOOLS).map(describeTool) } }
    case 'tools/call':
      return callTool(params, canceled)
    default:
      return { error: { code: -32601, message: 'Method not found' } }
  }
}

function initializeResult({ protocolVersion }: JsonObject): JsonObject {
  const known = VERSIONS.find((version) => version === protocolVersion)
  return {
    protocolVersion: known ?? VERSIONS[0] ?? '',
    capabilities: { tools: {} },
    serverInfo: { name: 'tracevar-demo-server', version: '1.0.0' },
  }
}

function describeTool([name, { description, properties }]: [string, DemoTool]): JsonObject {
  const inputSchema = { type: 'object', properties: { ...properties }, required: Object.keys(properties) }
  return { name, description, inputSchema }
}

async function callTool(params: JsonObject, canceled: AbortSignal): Promise<JsonObject> {
  const name = String(params.name)
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined
  if (tool === undefined) return { error: { code: -32602, message: 'Unknown tool' } }
  try {
    const text = await tool.run(isJsonObject(params.arguments) ? params.arguments : {}, canceled)
    return { result: { content: [{ type: 'text', text }] } }
  } catch (error) {
    const text = error instanceof Error ? error.message : 'failed'
    return { result: { content: [{ type: 'text', text }], isError: true } }
  }
}
