import { describe, expect, it } from 'vitest'
import { readClientFrame } from '../../src/gateway/client-frame.js'
import { FrameSplitter } from '../../src/gateway/frames.js'
import { mcpFrameBytesMax } from '../../src/limits.js'
import { call, line, openGateway, result, settle } from './support/harness.js'

/** Small seeded generator (mulberry32), so that a failure can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const TEXTS = [
  '',
  '\u00c3\u00a9',
  '\u00e2\u0080\u00a8',
  '\\ud83d\\ude00',
  '12345678901234567890',
  '1.0',
  '"a":1,"a":2',
]

function fromClient(pick: (below: number) => number, id: number): string {
  const text = TEXTS[pick(TEXTS.length)] ?? ''
  const frames = [
    `{"method":"ping","jsonrpc":"2.0","id":${id}}`,
    `{ "jsonrpc" : "2.0" , "id":"s${id}", "method":"resources/read","params":{"uri":"x://${text.replaceAll('"', '')}","n":1e0,"big":${'9'.repeat(20)}} }`,
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":0.10,"progressToken":${id}},"extra":[1,2]}`,
    `{"jsonrpc":"2.0","id":${id},"result":{"content":{"type":"text","text":"${text.replaceAll('"', '')}"}}}`,
    `{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"${text.replaceAll('"', '')}"}}`,
    `[{"jsonrpc":"2.0","id":"b${id}","method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"}]`,
    '',
    ' \t',
    '{"no":"message"}',
    `{"jsonrpc":"2.0","id":${id},"result":{"lone":"\\ud800","twice":1,"twice":2}}`,
  ]
  return (frames[pick(frames.length)] ?? '') + (pick(4) === 0 ? '\r\n' : '\n')
}

function fromServer(pick: (below: number) => number, id: number): string {
  const frames = [
    `{"method":"sampling/createMessage","params":{"x":1.0},"jsonrpc":"2.0","id":${id}}`,
    `{"jsonrpc":"2.0","id":"${id}","method":"roots/list"}`,
    `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":${'9'.repeat(30)}}}`,
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
    '{"no":"message"}',
    '',
    '[]',
  ]
  return (frames[pick(frames.length)] ?? '') + (pick(4) === 0 ? '\r\n' : '\n')
}

describe('gateway: bytes pass untouched', () => {
  it('random frames in random chunks, both ways, while calls are held between them', async () => {
    const seed = Number(process.env.TRACEVAR_SEED ?? Math.trunc(performance.timeOrigin) % 1_000_000)
    console.info(`seed ${seed} (TRACEVAR_SEED repeats it)`)
    const pick = random(seed)
    const g = openGateway({ tools: 'mute' })
    let toServer = ''
    let withCalls = ''
    let toClient = ''
    for (let id = 10; id < 800; id++) {
      const frame = fromClient(pick, id)
      toServer += frame
      withCalls += frame + (pick(5) === 0 ? call(`held-${id}`) : '')
      toClient += fromServer(pick, id)
    }
    const feed = async (text: string, write: (bytes: Buffer) => Promise<void>): Promise<void> => {
      const bytes = Buffer.from(text, 'latin1')
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + pick(pick(3) === 0 ? 5 : 3_000)
        await write(bytes.subarray(at, end))
        at = end
      }
    }
    await Promise.all([feed(withCalls, g.client.write), feed(toClient, g.server.write)])
    await settle()
    expect(g.server.seen.text).toBe(toServer)
    expect(g.client.seen.text).toBe(toClient)
  })

  it('random damage: what any reader takes for a call is held as that very call, or refused', () => {
    const seed = Number(process.env.TRACEVAR_SEED ?? Math.trunc(performance.timeOrigin) % 1_000_000)
    console.info(`seed ${seed} (TRACEVAR_SEED repeats it)`)
    const pick = random(seed)
    const pieces = [
      '"method":"tools/call",',
      '"Method":"tools/call",',
      '"method":"ping",',
      '"m\\u0065thod":"tools\\/call",',
      '"id":1,',
      '"params":{"name":"echo","arguments":{"a":1,"A":2}},',
      '"params":{"name":"echo","name":"x"},',
      '"params":{"name":"y"},',
      '"id":1,"method":"tools/call","params":{"name":"y"},',
      '\r',
      '"x":9007199254740993,',
    ]
    let calls = 0
    let refusals = 0
    for (let round = 0; round < 20_000; round++) {
      let text = '{'
      for (let n = pick(6); n >= 0; n--) text += pieces[pick(pieces.length)]
      text += '"jsonrpc":"2.0"}'
      if (pick(5) === 0)
        text = text.slice(0, pick(text.length)) + ' {}[],:"\\'[pick(9)] + text.slice(pick(text.length))
      const frame = readClientFrame(Buffer.from(text))
      if (frame.kind === 'refused') refusals++
      if (frame.kind === 'call') {
        calls++
        const { method, params } = JSON.parse(text)
        const args = { ...params.arguments }
        expect([method, params.name, args], text).toEqual(['tools/call', frame.tool, { ...frame.args }])
      } else if (frame.kind !== 'refused') {
        // Whoever takes the first, the last or a differently spelled method finds no call in it. A quote after a
        // backslash begins no name: damage can make a member that is really called `x"method`.
        const methods = text.matchAll(/(?<!\\)"m(?:e|\\u0065)thod"\s*:\s*"([^"]*)"/gi)
        const isObject = frame.kind === 'message'
        if (isObject) for (const [, method] of methods) expect(method, text).not.toMatch(/^tools\\?\/call$/)
        else expect(text).not.toMatch(/tools\\?\/call/)
      }
    }
    expect(calls).toBeGreaterThan(100)
    expect(refusals).toBeGreaterThan(1_000)
  })

  it('every split of a frame gives the same frame', () => {
    const bytes = Buffer.from('{"a":1}\r\n\n{"b":"é"}\nrest')
    for (let cut = 0; cut <= bytes.length; cut++) {
      const splitter = new FrameSplitter()
      const frames = [...splitter.push(bytes.subarray(0, cut)), ...splitter.push(bytes.subarray(cut))]
      const rest = splitter.rest()
      expect([...frames, rest].map((frame) => Buffer.from(frame!.raw).toString())).toEqual([
        '{"a":1}\r\n',
        '\n',
        '{"b":"é"}\n',
        'rest',
      ])
      expect(Buffer.from(frames[0]!.message).toString()).toBe('{"a":1}')
    }
  })

  it('replies pass to whoever asked, in both directions, with ids of separate spaces', async () => {
    const g = openGateway()
    const ping = line({ jsonrpc: '2.0', id: 0, method: 'ping' })
    await g.client.write(ping)
    const ask = line({ jsonrpc: '2.0', id: 0, method: 'elicitation/create', params: {} })
    await g.server.write(ask)
    const answer = line({ jsonrpc: '2.0', id: 0, result: { action: 'accept' } })
    await g.client.write(answer)
    await g.server.write(result(0, {}))
    expect(g.server.seen.text).toBe(ping + answer)
    expect(g.client.seen.text).toBe(ask + result(0, {}))
  })

  it('a request with an odd id passes, and so does its reply', async () => {
    const g = openGateway()
    const odd = '{"jsonrpc":"2.0","id":3.0,"method":"ping"}\n'
    await g.client.write(odd)
    await g.server.write(result(3, {}))
    expect(g.server.seen.text).toBe(odd)
    expect(g.client.seen.text).toBe(result(3, {}))
  })

  it('replies to a batch pass together or not at all', async () => {
    const g = openGateway()
    const batch = line([
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { jsonrpc: '2.0', id: 2, method: 'ping' },
    ])
    await g.client.write(batch)
    const replies = line([
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 2, result: {} },
    ])
    await g.server.write(replies + replies)
    expect(g.client.seen.text).toBe(replies)
  })

  it('a last line without line ending is a frame too, and is held like one', async () => {
    const g = openGateway({ decide: () => 'BLOCK' })
    g.client.stream.write(call(1).trimEnd())
    await g.client.end()
    expect(g.server.seen.text).toBe('')
    expect(g.client.seen.messages).toMatchObject([{ id: 1, error: {} }])
  })

  it('notes what is outside the protocol, by length only', async () => {
    const g = openGateway()
    await g.server.write('other secret\n')
    expect(g.log).toEqual(['server: 13 bytes that are no clear JSON-RPC message were dropped'])
    expect(g.client.seen.text).toBe('')
  })

  it('a frame of the largest size passes; its cost is linear in its chunks', () => {
    const splitter = new FrameSplitter()
    const chunk = Buffer.alloc(1_024, 0x20)
    for (let sent = 0; sent < mcpFrameBytesMax; sent += chunk.length)
      expect([...splitter.push(chunk)]).toEqual([])
    const [frame] = splitter.push(Buffer.from('\n'))
    expect(frame?.message.length).toBe(mcpFrameBytesMax)
    expect(readClientFrame(frame!.message).kind).toBe('blank')
  })
})
