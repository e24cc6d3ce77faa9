// A sample agent host: the process inside the confidential VM that runs an agent's tool calls through tracevar.
// It reads requests, one JSON object a line, from standard input: {"id": 1, "tool": "read_note", "args": {"name": "a"}}
// and answers on standard output: {"id": 1, "result": …} or {"id": 1, "error": {"code", "message"}}.
// Replace TOOLS with your own; keep the order: open the runtime, call through the workflow, close on the way out.
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openRuntime } from 'tracevar'

const notes = new Map([['welcome', 'Every call you make here leaves a signed receipt.']])

const TOOLS = {
  read_note: ({ name }) => notes.get(name) ?? null,
  write_note: ({ name, text }) => {
    notes.set(name, text)
    return { written: text.length }
  },
  refund: ({ amount, currency }) => ({ status: 'refunded', amount, currency }),
}

const { values } = parseArgs({
  options: {
    policy: { type: 'string', default: fileURLToPath(new URL('policy.yaml', import.meta.url)) },
    data: { type: 'string', default: process.env.TRACEVAR_DATA ?? './tracevar-data' },
  },
})

const runtime = await openRuntime({ dataDir: values.data, policy: values.policy, mode: 'enforce' })
const workflow = await runtime.openWorkflow({ declaredTools: Object.keys(TOOLS) })
process.stderr.write(
  `agent-host: workflow ${workflow.workflowId}, back end ${runtime.describe().backend.name}\n`,
)

let ending
async function end(code) {
  ending ??= (async () => {
    const { trustRecord } = await workflow.close()
    await runtime.close()
    process.stderr.write(`agent-host: closed, transcript ${trustRecord.tool_transcript.hash}\n`)
    process.exit(code)
  })()
  await ending
}
process.stdout.on('error', () => end(1)) // whoever asked is gone: close what was begun
process.once('SIGTERM', () => end(0))
process.once('SIGINT', () => end(130))

const open = new Set()
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue
  const answered = answer(line).finally(() => open.delete(answered))
  open.add(answered)
}
await Promise.all(open)
await end(0)

async function answer(line) {
  let id = null
  try {
    const request = JSON.parse(line)
    id = request.id ?? null
    const tool = Object.hasOwn(TOOLS, request.tool) ? TOOLS[request.tool] : undefined
    const result = await workflow.call(String(request.tool), request.args ?? {}, (args) => tool(args))
    process.stdout.write(`${JSON.stringify({ id, result })}\n`)
  } catch (error) {
    process.stdout.write(
      `${JSON.stringify({ id, error: { code: error.code ?? 'ERROR', message: error.message } })}\n`,
    )
  }
}
