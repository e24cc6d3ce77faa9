import { describe, expect, it } from 'vitest'
import {
  clientEndWaitMsMax,
  mcpAnswersBytesMax,
  mcpFrameBytesMax,
  mcpLateRepliesMax,
  mcpRequestsInFlightMax,
  toolsListBytesMax,
  toolsListNameCharsMax,
  toolsListNamesMax,
  toolsListPagesMax,
  toolsListRoundsMax,
  toolsListWaitMsMax,
} from '../../src/limits.js'
import { call, line, openGateway, PREFIX, result, settle } from './support/harness.js'

const VERSION = 'io.modelcontextprotocol/protocolVersion'
const envelope = (version = '2026-07-28') => ({
  [VERSION]: version,
  'io.modelcontextprotocol/clientCapabilities': { roots: {} },
  'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
})
const modern = (id: unknown, method: string, params = {}, version?: string): string =>
  line({ jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...envelope(version), extra: 1 } } })
const initialize = line({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25' },
})
const initialized = line({ jsonrpc: '2.0', method: 'notifications/initialized' })
const listChanged = line({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })

describe('gateway: the tools of the server', () => {
  it('legacy: asks after the handshake, never before, and the client sees nothing of it', async () => {
    const g = openGateway()
    await g.client.write(initialize)
    expect(g.ownRequests).toEqual([])
    await g.server.write(result(0, { protocolVersion: '2025-11-25' }))
    expect(g.ownRequests).toEqual([])
    await g.client.write(initialized)
    expect(g.ownRequests).toMatchObject([{ id: `${PREFIX}-0`, method: 'tools/list', params: {} }])
    expect(g.client.seen.messages).toHaveLength(1)
    expect(g.server.seen.text).toBe(initialize + initialized)
    await g.client.write(call(1))
    expect(g.opened).toEqual([['echo', 'refund']])
    expect(g.ownRequests).toHaveLength(1)
  })

  it('legacy: a call before the reply to initialize waits for it', async () => {
    const g = openGateway()
    await g.client.write(initialize + call(1))
    expect(g.ownRequests).toEqual([])
    expect(g.workflow.begun).toEqual([])
    await g.server.write(result(0, {}))
    expect(g.ownRequests).toHaveLength(1)
    expect(g.server.seen.text).toBe(initialize + call(1))
  })

  it('legacy: a call without any handshake has the tools asked for first', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    expect(g.ownRequests).toHaveLength(1)
    expect(g.opened).toEqual([['echo', 'refund']])
    expect(g.server.seen.text).toBe(call(1))
  })

  it('modern: a call as the very first frame has them asked for with the envelope of the client', async () => {
    const g = openGateway()
    const first = modern(1, 'tools/call', { name: 'echo' })
    await g.client.write(first)
    expect(g.ownRequests).toMatchObject([{ params: { _meta: envelope() } }])
    expect(g.ownRequests[0]!.params._meta).not.toHaveProperty('extra')
    expect(g.server.seen.text).toBe(first)
  })

  it('follows pages to the end', async () => {
    const pages = [
      { tools: [{ name: 'a' }], nextCursor: '' },
      { tools: [{ name: 'b' }, { name: 'a' }], nextCursor: 'c2' },
      { tools: [{ name: 'c' }] },
    ]
    const g = openGateway({
      onOwnRequest: ({ id }, send) => send(result(id, pages[Number(id.split('-').at(-1))])),
    })
    await g.client.write(call(1))
    expect(g.ownRequests.map(({ params }) => params.cursor)).toEqual([undefined, '', 'c2'])
    expect(g.opened).toEqual([['a', 'b', 'c']])
  })

  it.each([
    ['an error', null],
    ['no list', { x: 1 }],
    ['a tool without name', { tools: [{ name: 'a' }, { title: 'b' }] }],
    ['a tool whose name no receipt can hold', { tools: [{ name: '\ud800' }] }],
    [
      'names that no line of a receipt can hold',
      {
        tools: Array.from({ length: 3 }, (_, i) => ({
          name: `${i}${'x'.repeat(toolsListNameCharsMax / 3)}`,
        })),
      },
    ],
    [
      'too many tools',
      { tools: Array.from({ length: toolsListNamesMax + 1 }, (_, i) => ({ name: `t${i}` })) },
    ],
  ])('the list could not be had: %s', async (_, value) => {
    const g = openGateway({
      onOwnRequest: ({ id }, send) =>
        send(
          value ? result(id, value) : line({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }),
        ),
    })
    await g.client.write(call(1))
    expect(g.opened).toEqual([null])
  })

  it('the list could not be had: pages without end', async () => {
    const g = openGateway({
      onOwnRequest: ({ id }, send) => send(result(id, { tools: [], nextCursor: 'again' })),
    })
    await g.client.write(call(1))
    await expect.poll(() => g.opened).toEqual([null])
    expect(g.ownRequests).toHaveLength(toolsListPagesMax)
  })

  it('the list could not be had: pages that are too many bytes, whatever the names', async () => {
    const description = 'x'.repeat(8 * 1024 * 1024)
    const g = openGateway({
      onOwnRequest: ({ id }, send) =>
        send(result(id, { tools: [{ name: id, description }], nextCursor: id })),
    })
    await g.client.write(call(1))
    await expect.poll(() => g.opened).toEqual([null])
    expect(g.ownRequests).toHaveLength(Math.ceil(toolsListBytesMax / description.length))
  })

  it('the list could not be had: an envelope nested so deep that it cannot be copied', async () => {
    const g = openGateway()
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    await g.client.write(modern(1, 'ping').replace('{"roots":{}}', `{"roots":${deep}}`))
    await g.client.write(modern(2, 'tools/call', { name: 'echo' }))
    expect(g.opened).toEqual([null])
  })

  it('the list could not be had: no answer in time; a late one reaches nobody', async () => {
    const g = openGateway({ tools: 'mute' })
    await g.client.write(call(1))
    expect(g.opened).toEqual([])
    g.timers.fire(toolsListWaitMsMax)
    await settle()
    expect(g.opened).toEqual([null])
    await g.server.write(result(`${PREFIX}-0`, { tools: [] }))
    expect(g.client.seen.text).toBe('')
  })

  it('asks again when the list changed before the first call, in bounds', async () => {
    let asked = 0
    const g = openGateway({
      onOwnRequest: ({ id }, send) => send(listChanged + result(id, { tools: [{ name: `t${asked++}` }] })),
    })
    await g.client.write(initialize)
    await g.server.write(result(0, {}))
    await g.client.write(initialized + call(1))
    expect(g.opened).toEqual([[`t${toolsListRoundsMax - 1}`]])
    await g.client.write(call(2))
    expect(g.ownRequests).toHaveLength(toolsListRoundsMax)
    expect(g.client.seen.text.split(listChanged)).toHaveLength(toolsListRoundsMax + 1)
  })
})

describe('gateway: versions and eras', () => {
  it('a probe passes without opening anything', async () => {
    const g = openGateway()
    const probe = modern('server-discover-probe-1', 'server/discover')
    await g.client.write(probe)
    expect(g.server.seen.text).toBe(probe)
    g.gateway.stop()
    await g.done
    expect(g.opened).toEqual([])
    expect(g.ownRequests).toEqual([])
  })

  it('nor does the cancel of a probe open anything, or decide the era', async () => {
    const g = openGateway()
    const cancel = line({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'p' } })
    await g.client.write(modern('p', 'server/discover') + cancel + modern(1, 'tools/list'))
    expect(g.server.seen.messages).toHaveLength(3)
    expect(g.client.seen.text).toBe('')
  })

  it('a probe decides no era: initialize may follow', async () => {
    const g = openGateway()
    await g.client.write(modern('p', 'server/discover'))
    await g.server.write(line({ jsonrpc: '2.0', id: 'p', error: { code: -32601, message: 'no' } }))
    await g.client.write(initialize)
    await g.server.write(result(0, {}))
    await g.client.write(initialized + call(1))
    expect(g.server.seen.messages).toHaveLength(4)
  })

  it.each(['2030-01-01', '2025-11-25', ''])(
    'modern: version "%s" is refused on every frame, not only the first',
    async (version) => {
      const g = openGateway()
      await g.client.write(modern(1, 'tools/list') + modern(2, 'tools/list', {}, version))
      await g.client.write(modern(3, 'tools/call', { name: 'echo' }, version))
      expect(g.server.seen.text).toBe(modern(1, 'tools/list'))
      const data = { supported: ['2026-07-28'], requested: version }
      expect(g.client.seen.messages).toMatchObject([
        { id: 2, error: { code: -32022, data } },
        {
          id: 3,
          error: {
            code: -32022,
            data: { ...data, receipt_id: 'R0', decision: 'BLOCK', reason: 'protocol_version' },
          },
        },
      ])
    },
  )

  it('modern: a client that begins with an unknown version may go on with a known one', async () => {
    const g = openGateway()
    await g.client.write(modern(1, 'tools/call', { name: 'echo' }, '2030-01-01'))
    expect(g.client.seen.messages).toMatchObject([{ id: 1, error: { code: -32022 } }])
    expect(g.ownRequests).toMatchObject([{ params: { _meta: envelope() } }])
    await g.client.write(modern(2, 'tools/call', { name: 'echo' }))
    expect(g.server.seen.text).toBe(modern(2, 'tools/call', { name: 'echo' }))
  })

  it('modern: a call without envelope is refused, other frames without one pass', async () => {
    const g = openGateway()
    const ping = line({ jsonrpc: '2.0', id: 5, method: 'ping' })
    await g.client.write(modern(1, 'tools/list') + call(2) + ping)
    expect(g.server.seen.text).toBe(modern(1, 'tools/list') + ping)
    expect(g.workflow.begun).toMatchObject([{ facts: { refuse: 'protocol_version' } }])
  })

  it('legacy: a modern frame is refused', async () => {
    const g = openGateway()
    await g.client.write(initialize + modern(1, 'resources/list') + modern(2, 'tools/call', { name: 'echo' }))
    await g.server.write(result(0, {}))
    expect(g.server.seen.text).toBe(initialize)
    expect(g.client.seen.messages.filter(({ error }) => error)).toMatchObject([
      { id: 1, error: { code: -32022 } },
      { id: 2, error: { code: -32022, data: { reason: 'protocol_version' } } },
    ])
  })
})

describe('gateway: the end', () => {
  it('the client leaves: its calls get their replies, then the server’s input ends, the workflow closes', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    await g.client.end()
    expect(g.server.seen.ended).toBe(false)
    await g.server.write(result(1))
    await settle()
    expect(g.client.seen.text).toBe(result(1))
    expect(g.server.seen.ended).toBe(true)
    expect(g.workflow.events).toEqual([
      'R0 ALLOW',
      'R0 forwarded',
      'R0 SUCCESS',
      'closed connection_teardown',
    ])
    await g.server.end()
    await g.done
    expect(g.client.seen.ended).toBe(true)
  })

  it('the client leaves: what is still held or unanswered in time is not made, or CANCELED', async () => {
    const g = openGateway({ decide: (tool) => (tool === 'echo' ? 'ALLOW' : new Promise(() => {})) })
    await g.client.write(call(1) + call(2, 'refund'))
    await g.client.end()
    expect(g.server.seen.ended).toBe(false)
    g.timers.fire(clientEndWaitMsMax)
    await settle()
    expect(g.server.seen.text).toBe(call(1))
    expect(g.server.seen.ended).toBe(true)
    expect(g.workflow.events).toContain('R0 CANCELED')
  })

  it('the server ends: forwarded calls are ERROR with unknown outcome, the client is told, the workflow closes', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    await g.server.end()
    await g.done
    expect(g.workflow.events).toEqual(['R0 ALLOW', 'R0 forwarded', 'R0 ERROR', 'closed connection_teardown'])
    expect(g.client.seen.messages).toMatchObject([
      {
        id: 1,
        error: { code: -32000, data: { receipt_id: 'R0', reason: 'outcome_unknown', workflow_id: 'W' } },
      },
    ])
    expect(g.client.seen.ended).toBe(true)
  })

  it('the server ends: a held call is not made, and the client is told', async () => {
    let decide: (decision: 'ALLOW') => void = () => {}
    const g = openGateway({
      decide: () =>
        new Promise((resolve) => {
          decide = resolve
        }),
    })
    await g.client.write(call(1))
    await g.server.end()
    decide('ALLOW')
    await g.done
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.events).toEqual(['R0 ALLOW', 'R0 CANCELED', 'closed connection_teardown'])
    expect(g.client.seen.messages).toMatchObject([{ id: 1, error: { data: { reason: 'connection_ended' } } }])
  })

  it('a stop (SIGTERM) closes the workflow at once, whatever the server does (GV-14)', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    g.gateway.stop()
    await g.done
    expect(g.workflow.events).toEqual(['R0 ALLOW', 'R0 forwarded', 'R0 CANCELED', 'closed explicit_close'])
  })

  it('a stop comes through although neither side reads', async () => {
    const g = openGateway()
    g.clientOut.pause()
    g.clientOut.removeAllListeners('data')
    await g.client.write(call(1))
    const note = line({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { data: 'x'.repeat(100_000) },
    })
    for (let i = 0; i < 20; i++) g.server.stream.write(note)
    await settle()
    g.gateway.stop()
    await settle()
    expect(g.workflow.closed).toBe('explicit_close')
    await g.done
  })

  it('the client no longer reads (EPIPE): the same as leaving', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    g.clientOut.destroy(new Error('EPIPE'))
    await g.done
    expect(g.workflow.events).toEqual([
      'R0 ALLOW',
      'R0 forwarded',
      'R0 CANCELED',
      'closed connection_teardown',
    ])
  })

  it('the server no longer reads: calls are not made, and the client is told', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    await g.server.write(result(1))
    g.serverIn.destroy()
    await settle()
    await g.client.write(call(2))
    expect(g.workflow.events.slice(3)).toEqual(['R1 ALLOW', 'R1 CANCELED'])
    expect(g.client.seen.messages[1]).toMatchObject({
      id: 2,
      error: { data: { reason: 'connection_ended' } },
    })
  })

  it('a workflow without calls is opened and closed at the end', async () => {
    const g = openGateway()
    await g.client.write(initialize)
    await g.server.write(result(0, {}))
    await g.client.write(initialized)
    await g.client.end()
    expect(g.opened).toEqual([['echo', 'refund']])
    expect(g.workflow.closed).toBe('connection_teardown')
  })

  it('what the client sends after the server has ended is neither decided nor forwarded', async () => {
    const g = openGateway()
    g.workflow.close = () => new Promise(() => {})
    await g.client.write(call(1))
    await g.server.end()
    await g.client.write(call(2))
    expect(g.workflow.begun).toHaveLength(1)
    expect(g.server.seen.text).toBe(call(1))
  })

  it('a close that does not come is not waited for for ever', async () => {
    const g = openGateway()
    g.workflow.close = () => new Promise(() => {})
    await g.client.write(call(1))
    g.gateway.stop()
    await settle()
    for (let round = 0; round < 3; round++) {
      for (const ms of g.timers.waits) g.timers.fire(ms)
      await settle()
    }
    await g.done
    expect(g.log.at(-1)).toContain('not closed in time')
  })

  it.each(['client', 'server'] as const)(
    'a frame of the %s that is too large ends the connection in order',
    async (side) => {
      const g = openGateway()
      await g.client.write(call(1))
      g[side].stream.write(Buffer.alloc(mcpFrameBytesMax + 1, 0x20))
      if (side === 'client') await g.server.write(result(1))
      await settle()
      await expect.poll(() => g.workflow.closed).toBe('connection_teardown')
      await g.server.end()
      await expect(g.done).rejects.toMatchObject({ code: 'ERR_GATEWAY_FRAME' })
      expect(g.workflow.events[2]).toBe(side === 'client' ? 'R0 SUCCESS' : 'R0 ERROR')
    },
  )
})

describe('gateway: bounds', () => {
  it('refuses requests beyond what may be in flight, and takes more when replies have come', async () => {
    const g = openGateway()
    const pings = Array.from({ length: mcpRequestsInFlightMax + 1 }, (_, id) =>
      line({ jsonrpc: '2.0', id, method: 'ping' }),
    )
    await g.client.write(pings.join(''))
    expect(g.client.seen.messages).toMatchObject([{ id: mcpRequestsInFlightMax, error: { code: -32000 } }])
    await g.server.write(result(0, {}))
    await g.client.write(line({ jsonrpc: '2.0', id: 'more', method: 'ping' }))
    expect(g.server.seen.text).toContain('more')
  })

  it('forgets the oldest cancelled request first', async () => {
    const g = openGateway()
    let text = ''
    for (let id = 0; id <= mcpLateRepliesMax; id++) {
      text += line({ jsonrpc: '2.0', id, method: 'ping' })
      text += line({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })
    }
    await g.client.write(text)
    await g.server.write(result(0, {}) + result(1, {}))
    expect(g.client.seen.text).toBe(result(1, {}))
  })

  it.each([
    ['calls that are blocked', (id: string) => call(id, 'refund')],
    ['frames that are refused', (id: string) => call(id).replace('"a":1', '"a":1,"a":2')],
    ['requests of another version', (id: string) => modern(id, 'ping', {}, '2030-01-01')],
  ])('reads no more from a client that does not take its answers: %s', async (_, frame) => {
    const g = openGateway({ decide: () => 'BLOCK' })
    g.clientOut.pause()
    let accepted = 0
    // What is not read stays in the stream, which then says so.
    while (accepted < 8 * mcpAnswersBytesMax) {
      const bytes = frame(`${'x'.repeat(1_000)}${accepted}`)
      accepted += bytes.length
      const isTaken = g.client.stream.write(bytes)
      await settle()
      if (!isTaken && g.client.stream.writableNeedDrain) break
    }
    expect(accepted).toBeLessThan(3 * mcpAnswersBytesMax)
    g.clientOut.resume()
    await expect.poll(() => g.client.stream.writableNeedDrain).toBe(false)
    expect(g.client.seen.bytes.length).toBeGreaterThan(mcpAnswersBytesMax)
  })

  it('reads no more from a side while the other does not take it', async () => {
    const g = openGateway({ tools: 'mute' })
    g.clientOut.pause()
    const note = Buffer.from(
      line({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(60_000) } }),
    )
    let accepted = 0
    while (g.server.stream.write(note) && accepted < 1_000) {
      accepted++
      await settle()
    }
    expect(accepted).toBeLessThan(20)
    g.clientOut.resume()
    await settle()
    expect(g.client.seen.bytes.length).toBe((accepted + 1) * note.length)
  })
})
