import { describe, expect, it } from 'vitest'
import { call, line, openGateway, result, settle, sha256 } from './support/harness.js'

const BIG = '9007199254740993'
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const params = (args: string): string => `"params":{"name":"echo","arguments":${args}}`
const frame = (rest: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call",${rest}}`
const CALL = frame(params('{}'))
const spelled = (method: string): string => CALL.replace('tools/call', method)

/** Frames in which some reader may find another call than we do, or a call where we find none. */
const AMBIGUOUS: readonly (readonly [string, string])[] = [
  ['a duplicate name in the arguments', frame(params('{"a":1,"a":2}'))],
  ['a duplicate name, one of them escaped', frame(params('{"a":1,"\\u0061":2}'))],
  ['names that differ in case, deep in the arguments', frame(params('{"x":[{"amount":1,"Amount":2}]}'))],
  ['names that differ in case by the Kelvin sign', frame(params('{"k":1,"\u212a":2}'))],
  ['names that differ in case by the long s', frame(params('{"s":1,"\u017f":2}'))],
  ['an unsafe integer', frame(params(`{"a":${BIG}}`))],
  ['an unsafe integer in another spelling', frame(params('{"a":1e17}'))],
  ['a number out of range', frame(params('{"a":1e400}'))],
  ['a lone surrogate', frame(params('{"a":"\\ud800"}'))],
  ['invalid nesting depth', frame(params(`{"a":${deep(80)}}`))],
  ['two tool names', frame('"params":{"name":"echo","name":"refund"}')],
  ['a second tool name in another case', frame('"params":{"name":"echo","Name":"refund"}')],
  ['a tool name in another case only', frame('"params":{"Name":"refund"}')],
  ['arguments in another case', frame('"params":{"name":"echo","Arguments":{"a":1}}')],
  ['a second params in another case', frame('"params":{"name":"echo"},"Params":{"name":"refund"}')],
  ['an id in another case', '{"jsonrpc":"2.0","ID":1,"id":1,"method":"tools/call","params":{"name":"echo"}}'],
  ['a method that is overridden', '{"id":1,"method":"tools/call","method":"ping","params":{"name":"echo"}}'],
  ['a method that overrides', '{"id":1,"method":"ping","method":"tools/call","params":{"name":"echo"}}'],
  [
    'an overridden method that is escaped',
    '{"id":1,"me\\u0074hod":"tools\\/call","method":"ping","params":{}}',
  ],
  ['the name of the method in another case', '{"id":1,"Method":"tools/call","params":{"name":"echo"}}'],
  [
    'a method beside one in another case',
    '{"id":1,"method":"ping","METHOD":"tools/call","params":{"name":"echo"}}',
  ],
  ['invalid UTF-8 in the arguments', Buffer.from(frame(params('{"a":"\xff"}')), 'latin1').toString('latin1')],
  ['a byte order mark', `\u00ef\u00bb\u00bf${frame(params('{}'))}`],
  ['something after the call', `${frame(params('{}'))}x`],
  ['a call after another message', `{"jsonrpc":"2.0","id":9,"method":"ping"}${frame(params('{}'))}`],
  ['a trailing comma', frame(`${params('{}')},`)],
  ['a comment', frame(`/* */${params('{}')}`)],
  ['single quotes', "{'method':'tools/call'}"],
  ['escapes beyond JSON', "{'method':'t\\x6fols\\/c\\all'}"],
  [
    'a call on a line of its own for readers that split at CR',
    `{"method":"ping","id":1,"x":\r${frame(params('{}'))}\r}`,
  ],
  ['a piece of a pretty-printed call', '  "method": "tools/call",'],
  ['the method alone, as a piece', '"tools/call"'],
  ['a method that ends at U+0000 for C strings', spelled('tools/call\\u0000')],
  ['a method with more after U+0000', spelled('tools/call\\u0000x')],
  ['a method with U+0000 inside', spelled('tools\\u0000/call')],
  ['a method with a lone surrogate', spelled('tools/call\\ud800')],
  ['a method in another case', spelled('TOOLS/Call')],
  ['a method with blanks around', spelled(' tools/call\\t')],
  ['a method with a zero width space', spelled('tools/\\u200bcall')],
  ['a method with a filler that is never shown', spelled('tools/\\u3164call')],
  ['a method that JavaScript turns into text', CALL.replace('"tools/call"', '["tools/call"]')],
  ['a name that ends at U+0000 for C strings', CALL.replace('"method"', '"method\\u0000"')],
  ['a name with blanks around', CALL.replace('"method"', '" method"')],
  ['a name of params with U+0000', CALL.replace('"name"', '"name\\u0000"')],
  ['an argument with U+0000 in its name', frame(params('{"amount\\u0000":1}'))],
  ['an id in another case, of a request that would not be tracked', '{"ID":1,"method":"resources/read"}'],
  ['two ids of another request', '{"id":1,"id":2,"method":"ping"}'],
  ['a name of a batch that ends at U+0000', `[${CALL.replace('"method"', '"method\\u0000"')}]`],
  ['a batch in a batch', `[[${CALL}]]`],
  ['a batch nested so deep that recursion fails', `[${deep(200_000)}]`],
  ['raw bytes within the method', spelled('tools/\x81call')],
  ['an overlong form in the method', spelled('tools\xc0\xafcall')],
  ['invalid UTF-8 anywhere', '{"method":"ping","params":{"a":"\xff"}}'],
  ['no JSON', 'not json at all'],
  ['a call in a string, where JSON is not strict', `{"method":"x","params":{"a":"tools\\/call","n":${BIG}}}`],
  ['a call beside a lone surrogate', `{"method":"x","params":["\\ud800",${CALL}]}`],
]

const bytesOf = (text: string, bytes: 2 | 4, isBig: boolean): Buffer => {
  const out = Buffer.alloc(text.length * bytes)
  for (let i = 0; i < text.length; i++) out[i * bytes + (isBig ? bytes - 1 : 0)] = text.charCodeAt(i)
  return out
}

describe('gateway: what may be taken for another call is refused', () => {
  it.each(AMBIGUOUS)('%s', async (_, text) => {
    const g = openGateway()
    const bytes = Buffer.from(text, text.includes('\u212a') || text.includes('\u017f') ? 'utf8' : 'latin1')
    await g.client.write(Buffer.concat([bytes, Buffer.from('\n')]))
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.begun).toMatchObject([
      { args: {}, facts: { refuse: 'params_not_canonical', rawDigest: sha256(bytes) } },
    ])
    expect(g.client.seen.messages).toMatchObject([
      {
        error: {
          code: -32000,
          data: { receipt_id: 'R0', decision: 'BLOCK', reason: 'params_not_canonical', workflow_id: 'W' },
        },
      },
    ])
  })

  // Python's json.loads(bytes) finds out the encoding by itself. The line ending may be cut off or belong to the frame.
  it.each([
    ['UTF-16BE', bytesOf(`${CALL}\n`, 2, true)],
    ['UTF-16LE', bytesOf(`${CALL}\n`, 2, false)],
    [
      'UTF-16LE with byte order mark',
      Buffer.concat([Buffer.from([0xff, 0xfe]), bytesOf(`${CALL}\n`, 2, false)]),
    ],
    ['UTF-32BE', bytesOf(`${CALL}\n`, 4, true)],
    ['UTF-32LE', bytesOf(`${CALL}\n`, 4, false)],
    ['UTF-7', Buffer.from(`+AHs-${CALL.slice(1)}\n`)],
    ['raw U+0000 after the call', Buffer.from(`${CALL}\0\n`)],
    ['raw U+0000 alone', Buffer.from('\0\n')],
  ])('encodings: %s', async (_, bytes) => {
    const g = openGateway()
    await g.client.write(bytes)
    await g.client.end()
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.begun.length).toBeGreaterThan(0)
    for (const { facts } of g.workflow.begun) expect(facts.refuse).toBe('params_not_canonical')
  })

  it('a pretty-printed call never comes together on the other side', async () => {
    const g = openGateway()
    await g.client.write(JSON.stringify(JSON.parse(frame(params('{}'))), null, 2).concat('\n'))
    expect(g.server.seen.text).toBe('')
    expect(new Set(g.workflow.begun.map(({ facts }) => facts.refuse))).toEqual(
      new Set(['params_not_canonical']),
    )
  })

  it('names the tool and answers the id where they can be read', async () => {
    const g = openGateway()
    await g.client.write(`${frame(params('{"a":1,"a":2}'))}\n`)
    expect(g.workflow.begun[0]?.tool).toBe('echo')
    expect(g.client.seen.messages).toMatchObject([{ id: 1 }])
  })

  it('is never forwarded, even where the mode only observes', async () => {
    const g = openGateway()
    const begin = g.workflow.begin.bind(g.workflow)
    g.workflow.begin = async (...args) => ({ ...(await begin(...args)), allowed: true })
    await g.client.write(`${frame(params('{"a":1,"a":2}'))}\n`)
    expect(g.server.seen.text).toBe('')
    expect(g.client.seen.messages).toMatchObject([{ id: 1, error: {} }])
    expect(g.workflow.events).toEqual(['R0 BLOCK', 'R0 CANCELED'])
  })

  it.each([
    ['no id', '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}', null],
    ['a null id', '{"id":null,"method":"tools/call","params":{"name":"echo"}}', null],
    ['a fractional id', '{"id":1.5,"method":"tools/call","params":{"name":"echo"}}', 1.5],
    ['an id with a fraction of zero', '{"id":1.0,"method":"tools/call","params":{"name":"echo"}}', 1],
    ['minus zero', '{"id":-0,"method":"tools/call","params":{"name":"echo"}}', -0],
    ['an endless id', `{"id":"${'x'.repeat(2_000)}","method":"tools/call","params":{"name":"echo"}}`, null],
    ['no params', '{"id":1,"method":"tools/call"}', 1],
    ['params that are a list', '{"id":1,"method":"tools/call","params":["echo"]}', 1],
    ['no name', '{"id":1,"method":"tools/call","params":{}}', 1],
    ['a name that is no string', '{"id":1,"method":"tools/call","params":{"name":7}}', 1],
    [
      'a name that ends at U+0000 for C strings',
      '{"id":1,"method":"tools/call","params":{"name":"x\\u0000"}}',
      1,
    ],
    ['an endless name', `{"id":1,"method":"tools/call","params":{"name":"${'x'.repeat(2_000)}"}}`, 1],
    [
      'arguments that are null',
      '{"id":1,"method":"tools/call","params":{"name":"echo","arguments":null}}',
      1,
    ],
    [
      'arguments that are a list',
      '{"id":1,"method":"tools/call","params":{"name":"echo","arguments":[]}}',
      1,
    ],
  ])('request_not_valid: %s', async (_, text, id) => {
    const g = openGateway()
    await g.client.write(`${text}\n`)
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.begun).toMatchObject([{ facts: { refuse: 'request_not_valid' } }])
    expect(g.client.seen.messages).toMatchObject([{ id, error: { data: { reason: 'request_not_valid' } } }])
  })

  it('batch_not_allowed: a method that is only like the real one', async () => {
    const g = openGateway()
    await g.client.write(`[${spelled('tools/call\\u0000')}]\n`)
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.begun).toMatchObject([{ tool: 'echo', facts: { refuse: 'batch_not_allowed' } }])
  })

  it('batch_not_allowed: every request of the batch is answered', async () => {
    const g = openGateway()
    await g.client.write(line([JSON.parse(call(1)), { jsonrpc: '2.0', id: 2, method: 'ping' }]))
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.begun).toMatchObject([{ tool: 'echo', facts: { refuse: 'batch_not_allowed' } }])
    expect(g.client.seen.messages).toMatchObject([
      { id: 1, error: { data: { reason: 'batch_not_allowed' } } },
      { id: 2, error: { data: { reason: 'batch_not_allowed' } } },
    ])
  })

  it('a batch that is not strict JSON and spells a call is refused', async () => {
    const g = openGateway()
    await g.client.write('[{"method":"tools/call","method":"ping","id":1}]\n')
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.begun).toMatchObject([{ facts: { refuse: 'params_not_canonical' } }])
  })

  it('id_in_use: answered under no id, so that the first call keeps its own answer', async () => {
    const g = openGateway()
    await g.client.write(call(1) + call(1, 'refund'))
    expect(g.server.seen.text).toBe(call(1))
    expect(g.client.seen.messages).toMatchObject([{ id: null, error: { data: { reason: 'id_in_use' } } }])
    await g.server.write(result(1))
    expect(g.client.seen.messages[1]).toMatchObject({ id: 1, result: {} })
    await g.client.write(call(1, 'refund'))
    expect(g.server.seen.text).toBe(call(1) + call(1, 'refund'))
  })

  it('a refused frame under an id in flight is answered under no id', async () => {
    const g = openGateway()
    const ping = line({ jsonrpc: '2.0', id: 1, method: 'ping' })
    await g.client.write(`${ping}${frame(params('{"a":1,"a":2}'))}\n`)
    expect(g.client.seen.messages).toMatchObject([
      { id: null, error: { data: { reason: 'params_not_canonical' } } },
    ])
    await g.server.write(result(1, {}))
    expect(g.client.seen.messages[1]).toMatchObject({ id: 1, result: {} })
  })

  it('an id in flight is refused for every method', async () => {
    const g = openGateway()
    const ping = line({ jsonrpc: '2.0', id: 1, method: 'ping' })
    await g.client.write(ping + ping + call(1))
    expect(g.server.seen.text).toBe(ping)
    expect(g.client.seen.messages).toMatchObject([
      { id: null, error: { code: -32600 } },
      { id: null, error: { code: -32000, data: { reason: 'id_in_use' } } },
    ])
  })

  it('what only mentions a call passes', async () => {
    const g = openGateway()
    const texts = [
      '{"jsonrpc":"2.0","id":0,"result":{"text":"tools/call"}}\n',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"method":"tools/call"}}\n',
      '[{"jsonrpc":"2.0","id":5,"method":"ping","params":{"x":"tools/call"}}]\n',
    ]
    await g.client.write(texts.join(''))
    expect(g.server.seen.text).toBe(texts.join(''))
    expect(g.workflow.begun).toEqual([])
  })

  it('pushes back, visibly, when too many bytes are held', async () => {
    const g = openGateway({ decide: () => new Promise(() => {}) })
    const pad = 'x'.repeat(8 * 1024 * 1024)
    for (let id = 0; id < 5; id++) g.client.stream.write(call(id, 'echo', { pad }))
    await settle()
    await expect.poll(() => g.client.seen.messages.length).toBeGreaterThan(0)
    expect(g.client.seen.messages[0]).toMatchObject({
      error: { code: -32000, data: { reason: 'gateway_busy' } },
    })
    expect(g.workflow.begun.length).toBe(3)
  })
})
