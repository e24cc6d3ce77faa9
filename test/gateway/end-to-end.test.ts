// The gateway as a program, between the official clients and real servers from the registry; then its export must verify.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client as ClientV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CLI, tracevar } from '../cli/run.js'

const serverPath = (name: string) =>
  createRequire(import.meta.url).resolve(`@modelcontextprotocol/${name}/dist/index.js`)

const POLICY = `version: "1.0"
mode: enforce
workflow: { agent_id: e2e-agent, initiator_id: tester, workflow_owner: tests }
policy:
  default: ALLOW
  rules:
    - { tool: write_file, decision: BLOCK, reason: read only here, blast_radius: HIGH, reversible: false }
    - { tool: move_file, decision: STEP_UP, reason: ask first, blast_radius: HIGH, reversible: false }
`

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tracevar-e2e-'))
  await writeFile(join(dir, 'policy.yaml'), POLICY)
  await writeFile(join(dir, 'hello.txt'), 'hello')
})
afterEach(() => rm(dir, { recursive: true }))

const gatewayArgs = (...server: string[]) => [
  CLI,
  'gateway',
  '--policy',
  join(dir, 'policy.yaml'),
  '--data',
  join(dir, 'data'),
  '--',
  process.execPath,
  ...server,
]

/** Exports the last workflow and verifies it; gives its receipts. */
async function verifiedReceipts(): Promise<Record<string, unknown>[]> {
  const out = join(dir, 'export')
  const exported = await tracevar(['export', '--data', join(dir, 'data'), '--out', out])
  expect(exported.code, exported.stderr).toBe(0)
  const verified = await tracevar([
    'verify',
    out,
    '--key',
    join(out, 'public-keys.jwks'),
    '--require-complete',
  ])
  expect(verified.code, verified.stdout).toBe(0)
  const text = await readFile(join(out, 'receipts.ndjson'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** The clients hand on little of the environment; an addon with sanitizers needs theirs (native/check.mjs). */
const PRELOADED: Record<string, string> = Object.fromEntries(
  ['LD_PRELOAD', 'ASAN_OPTIONS', 'UBSAN_OPTIONS'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  }),
)

describe('tracevar gateway', () => {
  it('official client 1.x, server-filesystem: calls pass, are blocked, and the record verifies', async () => {
    const client = new ClientV1({ name: 'e2e', version: '1' })
    await client.connect(
      new StdioV1({
        command: process.execPath,
        args: gatewayArgs(serverPath('server-filesystem'), dir),
        env: PRELOADED,
        stderr: 'ignore',
      }),
    )
    const { tools } = await client.listTools()
    expect(tools.map((tool) => tool.name)).toContain('read_text_file')
    const read = await client.callTool({
      name: 'read_text_file',
      arguments: { path: join(dir, 'hello.txt') },
    })
    expect(JSON.stringify(read)).toContain('hello')
    const missing = await client.callTool({
      name: 'read_text_file',
      arguments: { path: join(dir, 'nothing.txt') },
    })
    expect(missing.isError).toBe(true)
    const blocked = await client
      .callTool({ name: 'write_file', arguments: { path: join(dir, 'x'), content: 'x' } })
      .catch((error: unknown) => error)
    expect(blocked).toMatchObject({
      code: -32000,
      data: {
        decision: 'BLOCK',
        reason: 'read only here',
        receipt_id: expect.any(String),
        workflow_id: expect.any(String),
      },
    })
    await expect(
      client.callTool({ name: 'move_file', arguments: { source: 'a', destination: 'b' } }),
    ).rejects.toMatchObject({ code: -32000, data: { decision: 'STEP_UP' } })
    await expect(client.callTool({ name: 'not_declared', arguments: {} })).rejects.toMatchObject({
      code: -32000,
    })
    await client.close()
    const receipts = await verifiedReceipts()
    const actions = receipts.filter((receipt) => receipt.record_type === 'action_receipt')
    expect(actions.map((receipt) => [receipt.tool_name, receipt.decision])).toEqual([
      ['read_text_file', 'ALLOW'],
      ['read_text_file', 'ALLOW'],
      ['write_file', 'BLOCK'],
      ['move_file', 'STEP_UP'],
      ['not_declared', 'BLOCK'],
    ])
    const posts = receipts.filter((receipt) => receipt.record_type === 'post_receipt')
    expect(posts.map((receipt) => receipt.terminal_outcome)).toEqual(['SUCCESS', 'ERROR'])
    expect(receipts[0]).toMatchObject({
      agent_id: 'e2e-agent',
      declared_tools: expect.arrayContaining(['read_text_file']),
    })
    expect(receipts.at(-1)).toMatchObject({
      close_reason: 'connection_teardown',
      total_calls: 5,
      total_blocked: 3,
    })
  })

  it('official client 2.x, negotiating by itself (the command is started twice), server-memory', async () => {
    const client = new ClientV2({ name: 'e2e', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(
      new StdioV2({
        command: process.execPath,
        args: gatewayArgs(serverPath('server-memory')),
        env: PRELOADED,
        stderr: 'ignore',
      }),
    )
    await client.listTools()
    const graph = await client.callTool({ name: 'read_graph', arguments: {} })
    expect(graph.isError ?? false).toBe(false)
    await client.close()
    const receipts = await verifiedReceipts()
    expect(receipts.map((receipt) => receipt.record_type)).toEqual([
      'workflow_manifest',
      'action_receipt',
      'post_receipt',
      'workflow_closed',
    ])
    const listed = JSON.parse(
      (await tracevar(['export', '--list', '--json', '--data', join(dir, 'data')])).stdout,
    )
    expect(listed.workflows).toHaveLength(1) // the probe process made none
  })

  it('SIGTERM closes the workflow (GV-14) and ends with 0, SIGINT with 130', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 0],
      ['SIGINT', 130],
    ] as const) {
      await rm(join(dir, 'data'), { recursive: true, force: true })
      await rm(join(dir, 'export'), { recursive: true, force: true })
      const gateway = spawn(process.execPath, gatewayArgs(serverPath('server-memory')), {
        stdio: ['pipe', 'pipe', 'ignore'],
      })
      const exited = once(gateway, 'exit')
      const send = (message: object) =>
        gateway.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
      send({
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
      })
      await once(gateway.stdout, 'data')
      send({ method: 'notifications/initialized' })
      send({ id: 2, method: 'tools/call', params: { name: 'read_graph', arguments: {} } })
      await once(gateway.stdout, 'data')
      gateway.kill(signal)
      expect((await exited)[0]).toBe(code)
      expect((await verifiedReceipts()).at(-1)).toMatchObject({
        record_type: 'workflow_closed',
        total_calls: 1,
      })
    }
  })

  it('a server that cannot be started, or ends at once, is one clear message', async () => {
    const none = await tracevar([
      'gateway',
      '--policy',
      join(dir, 'policy.yaml'),
      '--data',
      join(dir, 'data'),
      '--',
      '/nonexistent/server',
    ])
    expect(none.code).toBe(1)
    expect(none.stderr).toMatch(/ERR_GATEWAY_SPAWN: .*ENOENT/)
    const ended = await tracevar([
      'gateway',
      '--policy',
      join(dir, 'policy.yaml'),
      '--data',
      join(dir, 'data'),
      '--',
      process.execPath,
      '-e',
      'process.exit(3)',
    ])
    expect(ended.code).toBe(1)
    expect(ended.stdout).toBe('')
  })

  const initialize = {
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  }
  const frame = (message: object): string => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`
  const call = (id: unknown, name: string): string => frame({ id, method: 'tools/call', params: { name } })
  const session = frame(initialize) + frame({ method: 'notifications/initialized' })
  const DEMO_SERVER = join(CLI, '../../demo-peers/server.js')

  it('SIGTERM ends it although nobody reads its stdout', async () => {
    const gateway = spawn(process.execPath, gatewayArgs(DEMO_SERVER), { stdio: ['pipe', 'pipe', 'pipe'] })
    const exited = once(gateway, 'exit')
    gateway.stdin.on('error', () => {})
    gateway.stdin.write(session)
    for (let id = 0; id < 1_000; id++) gateway.stdin.write(call(`${'x'.repeat(1_000)}${id}`, 'not_declared'))
    let blocked = 0
    for await (const chunk of gateway.stderr) {
      blocked += String(chunk).split('BLOCK').length - 1
      if (blocked >= 900) break // 1 MB of answers, far more than a pipe holds
    }
    gateway.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })

  it('goes on, and ends, although nobody reads its stderr', async () => {
    const gateway = spawn(process.execPath, gatewayArgs(DEMO_SERVER), { stdio: ['pipe', 'pipe', 'pipe'] })
    const exited = once(gateway, 'exit')
    gateway.stdin.write(session)
    for (let id = 1; id <= 2_000; id++) gateway.stdin.write(call(id, 'not_declared')) // 200 bytes of log each
    let answers = -1 // the reply to initialize
    for await (const chunk of gateway.stdout) {
      answers += String(chunk).split('\n').length - 1
      if (answers === 2_000) break
    }
    gateway.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })

  it('a server that somebody kills is exit code 1, and is named', async () => {
    const server = `process.stdin.resume(); process.kill(process.pid, 'SIGKILL')`
    const killed = await tracevar(gatewayArgs('-e', server).slice(1))
    expect(killed.code).toBe(1)
    expect(killed.stderr).toContain('the server ended by itself: SIGKILL')
  })

  it('a server that must be told to end is no failure', async () => {
    const told = await tracevar(gatewayArgs('-e', 'setInterval(() => {}, 1000)').slice(1))
    expect([told.code, told.stdout]).toEqual([0, ''])
  })

  it.each([
    ['a key id that is none', ['--key-id', '../x'], 'ERR_RECEIPT_KEY_ID'],
    ['a data directory that cannot be made', ['--data', '/proc/nope'], 'ERR_STORE_FAILED'],
  ])('a workflow that never opens is exit code 1 and one clear error: %s', async (_, flags, code) => {
    const [, , ...args] = gatewayArgs(DEMO_SERVER)
    const ended = await tracevar(['gateway', ...args.slice(0, 4), ...flags, ...args.slice(4)], {
      input: session + call(1, 'list_files'),
    })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(new RegExp(`^tracevar: ${code}: `, 'm'))
  })
})
