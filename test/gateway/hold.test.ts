import { describe, expect, it } from 'vitest'
import { call, line, openGateway, result, settle, sha256 } from './support/harness.js'

const wire = (text: string): Uint8Array => Buffer.from(text.trimEnd())

describe('gateway: a call is held until its receipt is durable', () => {
  it('forwards nothing while the decision is open, and the very bytes afterwards', async () => {
    let decide: (decision: 'ALLOW') => void = () => {}
    const decision = new Promise<'ALLOW'>((resolve) => {
      decide = resolve
    })
    const g = openGateway({ decide: () => decision })
    const odd =
      '{"method" : "tools/call","x":1.50,"params":{"name":"echo","arguments":{"b":[1.0,2e0]}},"jsonrpc":"2.0","id":7}\r\n'
    await g.client.write(odd)
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.begun).toHaveLength(1)
    decide('ALLOW')
    await settle()
    expect(g.server.seen.text).toBe(odd)
    expect(g.workflow.events).toEqual(['R0 ALLOW', 'R0 forwarded'])
    expect(g.workflow.begun[0]).toMatchObject({
      tool: 'echo',
      args: { b: [1, 2] },
      facts: { rawDigest: sha256(Buffer.from(odd.slice(0, -2))) },
    })
  })

  it('lets every other frame pass a held call at once, in order', async () => {
    let decide: (decision: 'ALLOW') => void = () => {}
    const decision = new Promise<'ALLOW'>((resolve) => {
      decide = resolve
    })
    const g = openGateway({ decide: () => decision })
    const others = [
      line({ jsonrpc: '2.0', id: 2, method: 'ping' }),
      '\r\n',
      line({ jsonrpc: '2.0', id: 0, result: {} }),
    ]
    await g.client.write(call(1) + others.join(''))
    expect(g.server.seen.text).toBe(others.join(''))
    decide('ALLOW')
    await settle()
    expect(g.server.seen.text).toBe(others.join('') + call(1))
  })

  it('takes absent arguments as {}', async () => {
    const g = openGateway()
    await g.client.write(line({ jsonrpc: '2.0', id: 'a', method: 'tools/call', params: { name: 'echo' } }))
    expect(g.workflow.begun[0]).toMatchObject({ tool: 'echo', args: {} })
    expect(g.server.seen.messages).toHaveLength(1)
  })

  it('takes an escaped method or name for what it is', async () => {
    const g = openGateway({ decide: () => 'BLOCK' })
    await g.client.write(
      '{"jsonrpc":"2.0","id":1,"m\\u0065thod":"tools\\/call","params":{"name":"ec\\u0068o"}}\n',
    )
    expect(g.workflow.begun[0]).toMatchObject({ tool: 'echo' })
    expect(g.server.seen.text).toBe('')
  })

  it.each(['BLOCK', 'STEP_UP', 'FAIL_CLOSED'] as const)(
    'answers %s with -32000 and the facts of the receipt',
    async (decision) => {
      const g = openGateway({ decide: () => decision })
      await g.client.write(call('id-1'))
      expect(g.server.seen.text).toBe('')
      expect(g.client.seen.messages).toMatchObject([
        {
          jsonrpc: '2.0',
          id: 'id-1',
          error: {
            code: -32000,
            data: { receipt_id: 'R0', decision, reason: `reason of ${decision}`, workflow_id: 'W' },
          },
        },
      ])
      expect(g.workflow.concluded).toEqual([])
    },
  )

  it('fails closed when no receipt can be written', async () => {
    const g = openGateway({
      decide: () => {
        throw new Error('disk')
      },
    })
    await g.client.write(call(1))
    expect(g.server.seen.text).toBe('')
    expect(g.client.seen.messages).toMatchObject([
      { id: 1, error: { code: -32000, data: { decision: 'FAIL_CLOSED', receipt_id: null } } },
    ])
  })

  it('fails closed when the workflow cannot be opened, while other frames pass', async () => {
    const g = openGateway({ openWorkflow: () => Promise.reject(new Error('locked')) })
    await g.client.write(call(1) + line({ jsonrpc: '2.0', id: 2, method: 'ping' }))
    expect(g.server.seen.messages).toMatchObject([{ method: 'ping' }])
    expect(g.client.seen.messages).toMatchObject([{ id: 1, error: { data: { decision: 'FAIL_CLOSED' } } }])
  })

  it('fails closed when the mark that precedes the forwarding fails', async () => {
    const g = openGateway()
    const begin = g.workflow.begin.bind(g.workflow)
    g.workflow.begin = async (...args) => ({
      ...(await begin(...args)),
      forwarded: () => {
        throw new Error('disk')
      },
    })
    await g.client.write(call(1))
    expect(g.server.seen.text).toBe('')
    expect(g.workflow.events).toEqual(['R0 ALLOW', 'R0 CANCELED'])
    expect(g.client.seen.messages).toMatchObject([{ id: 1, error: { data: { decision: 'FAIL_CLOSED' } } }])
  })

  it('passes a FAIL_OPEN call on', async () => {
    const g = openGateway({ decide: () => 'FAIL_OPEN' })
    await g.client.write(call(1))
    expect(g.server.seen.text).toBe(call(1))
  })
})

describe('gateway: replies to calls', () => {
  it.each([
    ['a result', { content: [] }, 'SUCCESS'],
    ['isError false', { content: [], isError: false }, 'SUCCESS'],
    ['isError true', { content: [], isError: true }, 'ERROR'],
  ])('concludes %s as %3$s, with digests and the raw result bytes', async (_, value, outcome) => {
    const g = openGateway()
    await g.client.write(call(1))
    const raw = `{"result": ${JSON.stringify(value)} ,"jsonrpc":"2.0","id":1}\r\n`
    await g.server.write(raw)
    expect(g.client.seen.text).toBe(raw)
    const [[got, facts]] = g.workflow.concluded as [Parameters<never>] as never as [
      [string, { response: Uint8Array; rawDigests: unknown }],
    ]
    expect(got).toBe(outcome)
    expect(Buffer.from(facts.response).toString()).toBe(JSON.stringify(value))
    expect(facts.rawDigests).toEqual({ request: sha256(wire(call(1))), response: sha256(wire(raw)) })
  })

  it('concludes a JSON-RPC error as ERROR, without response', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    const raw = line({ jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'no' } })
    await g.server.write(raw)
    expect(g.client.seen.text).toBe(raw)
    expect(g.workflow.concluded).toMatchObject([['ERROR', { rawDigests: { response: sha256(wire(raw)) } }]])
    expect(g.workflow.concluded[0]![1]).not.toHaveProperty('response')
  })

  it('keeps numbers that no double holds', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    const raw = '{"jsonrpc":"2.0","id":1,"result":{"content":[],"n":12345678901234567890.0001,"e":1e999}}\n'
    await g.server.write(raw)
    expect(g.client.seen.text).toBe(raw)
    expect(Buffer.from(g.workflow.concluded[0]![1]!.response!).toString()).toContain(
      '12345678901234567890.0001',
    )
  })

  it('lets a reply out only when its post-receipt is durable, and nothing overtakes it', async () => {
    const g = openGateway()
    let durable: () => void = () => {}
    g.workflow.durable = new Promise((resolve) => {
      durable = resolve
    })
    await g.client.write(call(1))
    const note = line({ jsonrpc: '2.0', method: 'notifications/message', params: {} })
    await g.server.write(note + result(1) + note)
    expect(g.client.seen.text).toBe(note)
    durable()
    await settle()
    expect(g.client.seen.text).toBe(note + result(1) + note)
  })

  it('passes the reply on when its outcome cannot be recorded: the effect is past', async () => {
    const g = openGateway()
    g.workflow.durable = Promise.reject(new Error('disk'))
    g.workflow.durable.catch(() => {})
    await g.client.write(call(1))
    await g.server.write(result(1))
    expect(g.client.seen.text).toBe(result(1))
    expect(g.log.some((entry) => entry.includes('not recorded'))).toBe(true)
  })

  it('passes the first exact reply only', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    const lookalikes = [
      result('1'),
      '{"jsonrpc":"2.0","id":1.0,"result":{}}\n',
      '{"jsonrpc":"2.0","id":1e0,"result":{}}\n',
      '{"id":2,"jsonrpc":"2.0","id":1,"result":{}}\n',
      line([{ jsonrpc: '2.0', id: 1, result: {} }]),
    ]
    await g.server.write(lookalikes.join(''))
    expect(g.client.seen.text).toBe('')
    expect(g.workflow.concluded).toEqual([])
    await g.server.write(result(1) + result(1, { second: true }))
    expect(g.client.seen.text).toBe(result(1))
    expect(g.workflow.concluded).toHaveLength(1)
    expect(g.log.filter((entry) => entry.includes('dropped'))).toHaveLength(lookalikes.length + 1)
  })

  it.each([
    '{"jsonrpc":"2.0","id":1,"result":{"a":1},"result":{"a":2}}\n',
    '{"jsonrpc":"2.0","id":1,"id":1,"result":{}}\n',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"a"},"error":{"code":2,"message":"b"}}\n',
  ])('drops a reply that two readers could read differently: %s', async (raw) => {
    const g = openGateway()
    await g.client.write(call(1))
    await g.server.write(raw)
    expect(g.client.seen.text).toBe('')
    expect(g.workflow.concluded).toEqual([])
  })

  // Clients in other languages read these as the reply to 1, which no receipt would tell.
  it.each([
    ['NaN', '{"jsonrpc":"2.0","id":1,"result":{"x":NaN}}'],
    ['names in another case', '{"jsonrpc":"2.0","ID":1,"Result":{}}'],
    ['an id that ends at U+0000 for C strings', '{"jsonrpc":"2.0","id\\u0000":1,"result":{}}'],
    ['a result with an unseen character', '{"jsonrpc":"2.0","id":1,"re\\u200dsult":{}}'],
    ['an error with a blank', '{"jsonrpc":"2.0","id":1,"error ":{"code":1,"message":"a"}}'],
    ['after CR', '{"jsonrpc":"2.0","method":"notifications/x"}\r{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['between CRs', '{"method":"x","params":\r{"jsonrpc":"2.0","id":1,"result":{}}\r}'],
    ['UTF-16', Buffer.from(result(1), 'utf16le')],
    ['invalid UTF-8 in a name', Buffer.from('{"jsonrpc":"2.0","id":1,"re\xffsult":{}}', 'latin1')],
    ['a comment', '/**/{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['a method beside the result', '{"jsonrpc":"2.0","id":1,"method":"x","result":{}}'],
    ['an error beside the result', '{"jsonrpc":"2.0","id":1,"error":null,"result":{}}'],
    ['no id, which is 0 to readers with numbers', '{"jsonrpc":"2.0","result":{}}'],
    ['a null id', '{"jsonrpc":"2.0","id":null,"result":{}}'],
    ['an id in a list', '{"jsonrpc":"2.0","id":[1],"result":{}}'],
    ['isError in another case', '{"jsonrpc":"2.0","id":1,"result":{"IsError":true}}'],
    ['isError twice', '{"jsonrpc":"2.0","id":1,"result":{"isError":true,"isError":false}}'],
    ['pieces on several lines', '{"id":1,\n"result"\n:\n"x"\n}'],
  ])('drops what some client takes for a reply, and says so: %s', async (_, bytes) => {
    const g = openGateway()
    await g.client.write(call(1))
    await g.server.write(Buffer.concat([Buffer.from(bytes), Buffer.from('\n')]))
    expect(g.client.seen.text).toBe('')
    expect(g.workflow.concluded).toEqual([])
    expect(g.log.some((entry) => entry.includes('dropped'))).toBe(true)
    await g.server.write(result(1))
    expect(g.client.seen.text).toBe(result(1))
  })

  it('passes an error for nobody: the server could not read a request', async () => {
    const g = openGateway()
    const error = line({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } })
    await g.server.write(error)
    expect(g.client.seen.text).toBe(error)
  })

  it('drops a reply to a call that the server has not been given', async () => {
    const g = openGateway({ decide: () => new Promise(() => {}) })
    await g.client.write(call(1))
    await g.server.write(result(1))
    expect(g.client.seen.text).toBe('')
  })

  it('never lets the replies of blocked and answered calls mix: the id is free again', async () => {
    const g = openGateway({ decide: (tool) => (tool === 'echo' ? 'ALLOW' : 'BLOCK') })
    await g.client.write(call(1, 'refund'))
    await g.server.write(result(1))
    expect(g.client.seen.messages).toMatchObject([{ id: 1, error: {} }])
    await g.client.write(call(1))
    await g.server.write(result(1))
    expect(g.client.seen.messages).toMatchObject([
      { id: 1, error: {} },
      { id: 1, result: {} },
    ])
  })
})

describe('gateway: time-outs and cancellation', () => {
  it('concludes TIMEOUT after the ticket’s time; a late reply still passes', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    g.timers.fire(4_000)
    await settle()
    expect(g.workflow.events).toEqual(['R0 ALLOW', 'R0 forwarded', 'R0 TIMEOUT'])
    expect(g.client.seen.text).toBe('')
    await g.server.write(result(1) + result(1))
    expect(g.client.seen.text).toBe(result(1))
    expect(g.workflow.concluded).toHaveLength(1)
  })

  it('a cancel of a held call drops it: neither call nor cancel reach the server, nobody is answered', async () => {
    let decide: (decision: 'ALLOW') => void = () => {}
    const g = openGateway({
      decide: () =>
        new Promise((resolve) => {
          decide = resolve
        }),
    })
    await g.client.write(call(1))
    await g.client.write(
      line({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }),
    )
    decide('ALLOW')
    await settle()
    expect(g.server.seen.text).toBe('')
    expect(g.client.seen.text).toBe('')
    expect(g.workflow.events).toEqual(['R0 ALLOW', 'R0 CANCELED'])
  })

  it('a cancel of a forwarded call passes, the outcome is CANCELED, a late reply passes', async () => {
    const g = openGateway()
    await g.client.write(call(1))
    const cancel = line({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    await g.client.write(cancel)
    expect(g.server.seen.text).toBe(call(1) + cancel)
    expect(g.workflow.events).toEqual(['R0 ALLOW', 'R0 forwarded', 'R0 CANCELED'])
    await g.server.write(result(1))
    expect(g.client.seen.text).toBe(result(1))
  })

  it('a cancel names its request exactly: "1" is not 1', async () => {
    let decide: (decision: 'ALLOW') => void = () => {}
    const g = openGateway({
      decide: () =>
        new Promise((resolve) => {
          decide = resolve
        }),
    })
    const cancel = line({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: '1' } })
    await g.client.write(call(1) + cancel)
    decide('ALLOW')
    await settle()
    expect(g.server.seen.text).toBe(cancel + call(1))
  })
})
