// The gateway as a process between the official clients and real servers.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client as ClientV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it } from 'vitest'
import { type Event, gatewayFor, MODERN_SERVER, scratchFolder, serverEntry } from './support/process.js'

const INFO = { name: 'test', version: '1.0.0' }
const outcomes = (events: Event[]): unknown[] =>
  events.filter(({ outcome }) => outcome).map(({ tool, outcome }) => [tool, outcome])
const text = (result: unknown): string => (result as { content: { text: string }[] }).content[0]!.text

describe('gateway: client 1.x', () => {
  it('server-filesystem: roots, an allowed call, a blocked call', async () => {
    const folder = scratchFolder('files')
    const gateway = await gatewayFor([serverEntry('filesystem'), folder], { block: ['write_file'] })
    const client = new Client(INFO, { capabilities: { roots: {} } })
    let rootsAsked = 0
    client.setRequestHandler(ListRootsRequestSchema, () => {
      rootsAsked++
      return { roots: [{ uri: `file://${folder}` }] }
    })
    await client.connect(new StdioClientTransport(gateway))
    const { tools } = await client.listTools()
    expect(text(await client.callTool({ name: 'list_allowed_directories', arguments: {} }))).toContain(folder)
    await expect(
      client.callTool({ name: 'write_file', arguments: { path: join(folder, 'x'), content: 'x' } }),
    ).rejects.toMatchObject({
      code: -32000,
      data: { receipt_id: 'R', decision: 'BLOCK', reason: 'test', workflow_id: 'W' },
    })
    expect(
      text(await client.callTool({ name: 'list_directory', arguments: { path: folder } })),
    ).not.toContain('x')
    await client.close()
    const [events] = gateway.processes()
    expect(rootsAsked).toBe(1)
    expect(events!.find(({ declared }) => declared)).toEqual({ declared: tools.map(({ name }) => name) })
    expect(outcomes(events!)).toEqual([
      ['list_allowed_directories', 'SUCCESS'],
      ['list_directory', 'SUCCESS'],
    ])
    expect(events!.find(({ closed }) => closed)).toEqual({ closed: 'connection_teardown' })
  })

  it('server-everything: sampling, elicitation, progress, cancellation, tools that appear late, environment', async () => {
    const gateway = await gatewayFor([serverEntry('everything'), 'stdio'], {
      passEnv: ['TRACEVAR_TEST_PASSED'],
    })
    const client = new Client(INFO, { capabilities: { sampling: {}, elicitation: {}, roots: {} } })
    const asked: string[] = []
    client.setRequestHandler(CreateMessageRequestSchema, () => {
      asked.push('sampling')
      return { model: 'm', role: 'assistant', content: { type: 'text', text: 'sampled' } }
    })
    client.setRequestHandler(ElicitRequestSchema, () => {
      asked.push('elicitation')
      return { action: 'decline' }
    })
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [] }))
    let changes = 0
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      changes++
    })
    await client.connect(
      new StdioClientTransport({
        ...gateway,
        env: { TRACEVAR_TEST_PASSED: 'yes', TRACEVAR_TEST_SECRET: 'no' },
      }),
    )
    await client.listTools()
    const sampled = await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: 'p' } })
    expect(JSON.stringify(sampled)).toContain('sampled')
    await client.callTool({ name: 'trigger-elicitation-request', arguments: {} })
    expect(asked).toEqual(['sampling', 'elicitation'])
    expect(changes).toBeGreaterThan(0)

    const steps: number[] = []
    await client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 } },
      undefined,
      {
        onprogress: ({ progress }) => steps.push(progress),
      },
    )
    // The client loses the last one when it arrives together with the reply.
    expect([
      [1, 2],
      [1, 2, 3],
    ]).toContainEqual(steps)

    const abort = new AbortController()
    const canceled = client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 1 } },
      undefined,
      {
        signal: abort.signal,
      },
    )
    setTimeout(() => abort.abort(), 200)
    await expect(canceled).rejects.toThrow()

    const env = JSON.parse(text(await client.callTool({ name: 'get-env', arguments: {} }))) as Record<
      string,
      string
    >
    expect(env.TRACEVAR_TEST_PASSED).toBe('yes')
    expect(
      Object.keys(env).filter(
        (name) =>
          !['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'TRACEVAR_TEST_PASSED'].includes(name),
      ),
    ).toEqual([])
    await client.close()
    const [events] = gateway.processes()
    expect(outcomes(events!)).toEqual([
      ['trigger-sampling-request', 'SUCCESS'],
      ['trigger-elicitation-request', 'SUCCESS'],
      ['trigger-long-running-operation', 'SUCCESS'],
      ['trigger-long-running-operation', 'CANCELED'],
      ['get-env', 'SUCCESS'],
    ])
    expect(events!.find(({ declared }) => declared)!.declared).toContain('trigger-elicitation-request')
  })
})

describe('gateway: client 2.x', () => {
  it('legacy, server-memory: many calls at once', async () => {
    const gateway = await gatewayFor([serverEntry('memory')], { passEnv: ['MEMORY_FILE_PATH'] })
    const client = new ClientV2(INFO)
    const env = { MEMORY_FILE_PATH: join(scratchFolder('memory'), 'm.json') }
    await client.connect(new StdioV2({ ...gateway, env }))
    const results = await Promise.all(
      Array.from({ length: 20 }, () => client.callTool({ name: 'read_graph', arguments: {} })),
    )
    expect(results).toHaveLength(20)
    await client.close()
    const [events] = gateway.processes()
    expect(outcomes(events!)).toHaveLength(20)
    expect(events!.at(-1)).toMatchObject({ result: {} })
  })

  it('auto against a modern server: the process that is only probed opens no workflow', async () => {
    const gateway = await gatewayFor([MODERN_SERVER], { block: ['wipe'] })
    const client = new ClientV2(INFO, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StdioV2(gateway))
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
    expect(text(await client.callTool({ name: 'echo' }))).toBe('hello')
    await expect(client.callTool({ name: 'wipe' })).rejects.toMatchObject({
      code: -32000,
      data: { decision: 'BLOCK' },
    })
    await client.close()
    const processes = gateway.processes()
    expect(processes).toHaveLength(2)
    const served = processes.find((events) => outcomes(events).length > 0)
    const probe = processes.find((events) => events !== served)
    expect(probe!.filter(({ declared, closed }) => declared || closed)).toEqual([])
    expect(served!.find(({ declared }) => declared)).toEqual({ declared: ['echo', 'wipe'] })
    expect(outcomes(served!)).toEqual([['echo', 'SUCCESS']])
    expect(served!.find(({ closed }) => closed)).toBeDefined()
  })

  it('auto against a legacy server falls back', async () => {
    const gateway = await gatewayFor([serverEntry('everything'), 'stdio'])
    const client = new ClientV2(INFO, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StdioV2(gateway))
    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25')
    expect(text(await client.callTool({ name: 'echo', arguments: { message: 'm' } }))).toContain('m')
    await client.close()
    expect(gateway.processes().flatMap(outcomes)).toEqual([['echo', 'SUCCESS']])
  })

  it('pinned to modern, the call is the first frame', async () => {
    const gateway = await gatewayFor([MODERN_SERVER])
    const client = new ClientV2(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    await client.connect(new StdioV2(gateway))
    expect(text(await client.callTool({ name: 'echo' }))).toBe('hello')
    await client.close()
    expect(gateway.processes().flatMap(outcomes)).toEqual([['echo', 'SUCCESS']])
  })
})

describe('gateway: process', () => {
  const script = (name: string, body: string): string => {
    const path = join(scratchFolder(name), 'server.mjs')
    writeFileSync(path, body)
    return path
  }
  const SERVER = `
    import { createInterface } from 'node:readline'
    const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
    const tools = [{ name: 'go', inputSchema: { type: 'object' } }]
    const serverInfo = { name: 's', version: '1' }
    createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line)
      if (method === 'initialize') send({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo } })
      if (method === 'tools/list') send({ id, result: { tools } })
      if (method === 'tools/call') onCall(id)
    })
  `

  it('a server that dies in a call: the outcome is unknown, the client is told', async () => {
    const path = script('dies', `${SERVER}\nfunction onCall() { process.exit(3) }`)
    const gateway = await gatewayFor([path])
    const client = new Client(INFO)
    await client.connect(new StdioClientTransport(gateway))
    await expect(client.callTool({ name: 'go', arguments: {} })).rejects.toMatchObject({
      code: -32000,
      data: { reason: 'outcome_unknown' },
    })
    await client.close()
    const [events] = gateway.processes()
    expect(outcomes(events!)).toEqual([['go', 'ERROR']])
    expect(events!.at(-1)).toEqual({
      result: { signal: null, server: { code: 3, signal: null, asked: false } },
    })
  })

  it('a server whose grandchild keeps the pipe open does not keep the gateway', async () => {
    const path = script(
      'fork',
      `import { spawn } from 'node:child_process'\n${SERVER}
      function onCall() { spawn('sleep', ['30'], { stdio: ['ignore', 'inherit', 'ignore'] }); setTimeout(() => process.exit(0), 100) }`,
    )
    const gateway = await gatewayFor([path])
    const client = new Client(INFO)
    await client.connect(new StdioClientTransport(gateway))
    await expect(client.callTool({ name: 'go', arguments: {} })).rejects.toMatchObject({ code: -32000 })
    await client.close()
  })

  it('SIGTERM closes the workflow and ends a server that ignores everything but SIGKILL', async () => {
    const path = script(
      'stubborn',
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)\n${SERVER}\nfunction onCall(id) { send({ id, result: { content: [{ type: 'text', text: String(process.pid) }] } }) }`,
    )
    const gateway = await gatewayFor([path])
    const client = new Client(INFO)
    const transport = new StdioClientTransport(gateway)
    await client.connect(transport)
    const server = Number(text(await client.callTool({ name: 'go', arguments: {} })))
    const closed = new Promise<void>((resolve) => {
      client.onclose = resolve
    })
    process.kill(transport.pid!, 'SIGTERM')
    await closed
    const [events] = gateway.processes()
    expect(events!.find(({ closed }) => closed)).toEqual({ closed: 'explicit_close' })
    expect(events!.at(-1)).toEqual({
      result: { signal: 'SIGTERM', server: { code: null, signal: 'SIGKILL', asked: true } },
    })
    expect(() => process.kill(server, 0)).toThrow()
  })

  it('a signal while the server is being started ends both in order', async () => {
    const gateway = await gatewayFor([serverEntry('memory')], { signalAtOnce: 'SIGTERM' })
    const child = spawn(gateway.command, gateway.args, { stdio: ['pipe', 'pipe', 'ignore'] })
    expect(await once(child, 'exit')).toEqual([0, null])
    const [events] = gateway.processes()
    expect(events!.at(-1)).toMatchObject({ result: { signal: 'SIGTERM', server: { asked: true } } })
  })

  it('a command that cannot be started is ERR_GATEWAY_SPAWN', async () => {
    const gateway = await gatewayFor([], { command: 'tracevar-no-such-command' })
    await expect(new Client(INFO).connect(new StdioClientTransport(gateway))).rejects.toThrow()
    await expect.poll(() => gateway.processes()[0]?.at(-1)).toEqual({ failed: 'ERR_GATEWAY_SPAWN' })
  })
})
