// The bundled demo client and server: with each other, through the gateway, and against the official peers.

import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { DemoClient } from '../../src/demo-peers/client.js'
import { serveDemo } from '../../src/demo-peers/demo-server.js'
import { Gateway } from '../../src/gateway/proxy.js'
import { FakeWorkflow, ManualTimers, sha256 } from './support/harness.js'
import { scratchFolder } from './support/process.js'

function pair() {
  return { toServer: new PassThrough(), toClient: new PassThrough() }
}

describe('demo peers', () => {
  it('all tools, directly', async () => {
    const { toServer, toClient } = pair()
    const served = serveDemo(toServer, toClient).then(() => toClient.end())
    const client = new DemoClient(toClient, toServer)
    expect(await client.initialize()).toMatchObject({
      kind: 'result',
      result: { protocolVersion: '2025-11-25' },
    })
    const list = await client.listTools()
    expect(list).toMatchObject({ kind: 'result' })
    const text = (value: string, isError?: boolean) => ({
      kind: 'result',
      result: { content: [{ type: 'text', text: value }], ...(isError && { isError }) },
    })
    expect(await client.callTool('list_files', {})).toEqual(text('welcome.txt\norders.txt'))
    expect(await client.callTool('read_note', { name: 'nope' })).toEqual(text('no such note', true))
    expect(await client.callTool('stripe_refund', { amount: 40_000 })).toEqual(text('refunded 40000'))
    expect(await client.callTool('stripe_refund', { amount: -1 })).toMatchObject({
      result: { isError: true },
    })
    expect(await client.callTool('slow_report', { ms: 1 })).toEqual(text('report after 1 ms'))
    expect(await client.callTool('delete_everything', {})).toEqual(text('everything is gone'))
    expect(await client.callTool('__proto__', {})).toMatchObject({ kind: 'error', code: -32602 })
    expect(await client.callTool('slow_report', { ms: 30_000 }, { timeoutMs: 10 })).toEqual({
      kind: 'timeout',
    })
    const left = client.callTool('slow_report', { ms: 30_000 })
    await client.close()
    await served
    expect(await left).toEqual({ kind: 'closed' })
    expect(await client.callTool('list_files', {})).toEqual({ kind: 'closed' })
  })

  it('through the gateway: allowed, blocked, cancelled on the client’s time-out', async () => {
    const [outer, inner] = [pair(), pair()]
    const workflow = new FakeWorkflow((tool) => (tool === 'delete_everything' ? 'BLOCK' : 'ALLOW'))
    const gateway = new Gateway(
      {
        clientIn: outer.toServer,
        clientOut: outer.toClient,
        serverIn: inner.toServer,
        serverOut: inner.toClient,
      },
      {
        openWorkflow: async (declared) => {
          workflow.declared = declared
          return workflow
        },
        log: () => {},
        sha256,
        after: new ManualTimers().after,
        requestIdPrefix: 'own',
      },
    )
    const ran = gateway.run()
    void serveDemo(inner.toServer, inner.toClient).then(() => inner.toClient.end())
    const client = new DemoClient(outer.toClient, outer.toServer)
    await client.initialize()
    expect(await client.callTool('list_files', {})).toMatchObject({ kind: 'result' })
    expect(await client.callTool('delete_everything', {})).toMatchObject({
      kind: 'error',
      code: -32000,
      data: { receipt_id: 'R1' },
    })
    expect(await client.callTool('slow_report', { ms: 30_000 }, { timeoutMs: 10 })).toEqual({
      kind: 'timeout',
    })
    await client.close()
    await ran
    expect(workflow.declared).toContain('stripe_refund')
    expect(workflow.events).toEqual([
      'R0 ALLOW',
      'R0 forwarded',
      'R0 SUCCESS',
      'R1 BLOCK',
      'R2 ALLOW',
      'R2 forwarded',
      'R2 CANCELED',
      'closed connection_teardown',
    ])
  })

  it('the demo server serves an official client', async () => {
    const outfile = join(scratchFolder('demo'), 'server.mjs')
    await build({
      entryPoints: [resolve(import.meta.dirname, '../../src/demo-peers/server.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    const client = new Client({ name: 'c', version: '1' })
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [outfile] }))
    await client.ping()
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('slow_report')
    expect(await client.callTool({ name: 'read_note', arguments: { name: 'orders.txt' } })).toMatchObject({
      content: [{ type: 'text', text: expect.stringContaining('Order 1001') }],
    })
    await client.close()
  })
})
