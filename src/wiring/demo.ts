// `tracevar demo`: a whole workflow on real input. The bundled MCP client calls tools of the bundled MCP server through
// a real gateway process; the result is exported and verified; then one byte is changed and verification must fail.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import { DemoClient, type DemoReply } from '../demo-peers/client.js'
import { TracevarError } from '../errors.js'
import { demoCallWaitMs } from '../limits.js'
import type { Report } from '../verify/report.js'
import { cannotRead } from './cannot-read.js'
import { DEMO_POLICY } from './demo-policy.js'
import { exportWorkflow } from './export.js'
import { verifyPath } from './verify-path.js'

/** One step of the demo, as it happens. */
export interface DemoStep {
  readonly step: string
  /** What happened is what should happen. */
  readonly ok: boolean
  readonly detail: string
}

/** What is left behind, and how the two verifications ended. */
export interface DemoResult {
  readonly ok: boolean
  readonly dir: string
  readonly steps: readonly DemoStep[]
  /** null when the calls could not be made. */
  readonly verified: Report | null
  readonly tampered: Report | null
}

const CLI = fileURLToPath(new URL('../cli/main.js', import.meta.url))
const SERVER = fileURLToPath(new URL('../demo-peers/server.js', import.meta.url))

/** Calls of the demo, and what the gateway should make of each. */
const CALLS: readonly (readonly [tool: string, args: JsonObject, expected: string])[] = [
  ['list_files', {}, 'allowed'],
  ['read_note', { name: 'orders.txt' }, 'allowed'],
  ['stripe_refund', { amount: 40_000 }, 'allowed'],
  ['stripe_refund', { amount: 75_000 }, 'STEP_UP'],
  ['delete_everything', {}, 'BLOCK'],
  ['slow_report', { ms: 10_000 }, 'timed out'],
]

/**
 * Runs the demo.
 *
 * @param outDir where everything is kept. Left out: a new temporary directory.
 * @param onStep called as each step ends.
 * @throws TracevarError `ERR_CLI_READ` when the directory cannot be used.
 */
export async function runDemo(
  outDir: string | undefined,
  onStep: (step: DemoStep) => void,
): Promise<DemoResult> {
  const dir = await makeDir(outDir)
  const steps: DemoStep[] = []
  const note = (step: string, ok: boolean, detail: string) => {
    steps.push({ step, ok, detail })
    onStep({ step, ok, detail })
  }
  if (!(await callTools(dir, note))) return { ok: false, dir, steps, verified: null, tampered: null }
  const exported = join(dir, 'export')
  const { workflowId, files } = await exportWorkflow(join(dir, 'data'), exported)
  note('export', true, `workflow ${workflowId}, ${files.size} files`)
  const keys = join(exported, 'public-keys.jwks')
  const verified = await verifyPath(exported, keys)
  note('verify', verified.ok && verified.chain.complete, summary(verified))
  const tampered = await verifyPath(await tamper(exported, join(dir, 'tampered')), keys)
  note('change one byte', tampered.exit_code === 1, summary(tampered))
  return { ok: steps.every(({ ok }) => ok), dir, steps, verified, tampered }
}

async function makeDir(outDir: string | undefined): Promise<string> {
  try {
    if (outDir === undefined) return await mkdtemp(join(tmpdir(), 'tracevar-demo-'))
    await mkdir(outDir, { recursive: true })
    if ((await readdir(outDir)).length === 0) return outDir
  } catch (cause) {
    throw cannotRead(outDir ?? tmpdir(), cause)
  }
  throw new TracevarError('ERR_STORE_EXPORT_EXISTS', `${outDir} is not empty`)
}

/** Starts the gateway in front of the server, calls the tools, leaves. */
async function callTools(
  dir: string,
  note: (step: string, ok: boolean, detail: string) => void,
): Promise<boolean> {
  const policy = join(dir, 'policy.yaml')
  await writeFile(policy, DEMO_POLICY)
  const args = [
    CLI,
    'gateway',
    '--policy',
    policy,
    '--data',
    join(dir, 'data'),
    '--',
    process.execPath,
    SERVER,
  ]
  const gateway = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = once(gateway, 'exit') as Promise<[number | null]>
  const log: Buffer[] = []
  gateway.stderr.on('data', (chunk: Buffer) => log.push(chunk))
  const client = new DemoClient(gateway.stdout, gateway.stdin)
  const hello = await client.initialize()
  const tools = await client.listTools()
  note(
    'connect',
    hello.kind === 'result',
    `an MCP client, through the gateway, to an MCP server with ${toolCount(tools)} tools`,
  )
  for (const [tool, toolArgs, expected] of CALLS) {
    const reply = await client.callTool(tool, toolArgs, { timeoutMs: demoCallWaitMs })
    const got = outcomeOf(reply)
    note(`call ${tool}`, got.word === expected, `${JSON.stringify(toolArgs)} -> ${got.text}`)
  }
  await client.close()
  const [code] = await exited
  const facts = Buffer.concat(log)
    .toString()
    .match(/workflow \S+ open: .*/)?.[0]
  note(
    'close',
    code === 0,
    code === 0 ? (facts ?? 'the workflow was closed') : Buffer.concat(log).toString().trim(),
  )
  return code === 0
}

function toolCount(reply: DemoReply): number {
  const tools = reply.kind === 'result' && isJsonObject(reply.result) ? reply.result.tools : undefined
  return Array.isArray(tools) ? tools.length : 0
}

function outcomeOf(reply: DemoReply): { readonly word: string; readonly text: string } {
  if (reply.kind === 'result') return { word: 'allowed', text: 'allowed, the tool answered' }
  if (reply.kind === 'timeout') return { word: 'timed out', text: 'timed out, the client gave up' }
  if (reply.kind === 'closed') return { word: 'closed', text: 'the connection was closed' }
  const data = isJsonObject(reply.data) ? reply.data : {}
  return {
    word: String(data.decision),
    text: `${String(data.decision)}: ${String(data.reason)} (receipt ${String(data.receipt_id)})`,
  }
}

/** A copy of the export in which one digit of one signed field is another. */
async function tamper(from: string, to: string): Promise<string> {
  await mkdir(to)
  for (const name of await readdir(from)) await copyFile(join(from, name), join(to, name))
  const path = join(to, 'receipts.ndjson')
  const bytes = await readFile(path)
  const at = bytes.indexOf('"decision":"BLOCK"') + '"decision":"'.length
  bytes[at] = 'C'.charCodeAt(0)
  await writeFile(path, bytes)
  return to
}

function summary(report: Report): string {
  const layers = Object.entries(report.layers).map(([name, { status }]) => `${name} ${status}`)
  const codes = [
    ...new Set(report.findings.filter(({ severity }) => severity === 'fail').map(({ code }) => code)),
  ]
  const more = [
    `annex ${report.annex?.status ?? 'none'}`,
    `record ${report.record?.status ?? 'none'}`,
    `evidence ${report.evidence?.status ?? 'none'}`,
  ]
  return `exit ${report.exit_code}: ${[...layers.slice(0, 3), ...more].join(', ')}${codes.length === 0 ? '' : ` (${codes.join(', ')})`}`
}
