import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PolicyInput } from '../../src/policy/types.js'
import { canonicalHash } from '../../src/receipt/hash.js'
import { openRuntime } from '../../src/wiring/open-runtime.js'
import { ofKind, rule, scenario } from './support.js'

describe('workflow', () => {
  it('parallel calls never fork the chain and are numbered within their batch', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      await Promise.all(Array.from({ length: 50 }, (_, n) => workflow.call('a', { n }, () => sleep(n % 7))))
    })
    expect(receipts).toHaveLength(102)
    expect(receipts.map((receipt) => receipt.sequence_number)).toEqual(receipts.map((_, n) => n))
    expect(ofKind(receipts, 'action_receipt').map((receipt) => receipt.decision_order)).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 1),
    )
  })

  it('the receipt is durable before the tool runs', async () => {
    await scenario({}, async (runtime, dir) => {
      const { readReceipts } = await import('./support.js')
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      const seen = await workflow.call('a', { secret: 'value' }, async () => (await readReceipts(dir)).at(-1))
      expect(seen).toMatchObject({
        record_type: 'action_receipt',
        params_canonical_hash: canonicalHash({ secret: 'value' }),
      })
    })
  })

  it('the tool gets a frozen copy of what was hashed, whatever the caller does to its own', async () => {
    await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      const args = { list: [1, 2], nested: { amount: 5 } }
      const called = workflow.call('a', args, (got) => got)
      args.nested.amount = 1_000_000
      const got = await called
      expect(got).toEqual({ list: [1, 2], nested: { amount: 5 } })
      expect(Object.isFrozen(got) && Object.isFrozen((got as typeof args).nested)).toBe(true)
    })
  })

  it('what is decided is what was hashed: a change while the call waits for its turn changes nothing', async () => {
    const limit = rule('a', 'BLOCK', { params: { conditions: [{ field: 'amount', op: 'gt', value: 10 }] } })
    const policy = { default: 'ALLOW', rules: [limit] } as unknown as PolicyInput
    await scenario({ policy }, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      const held = await Promise.all(
        Array.from({ length: 256 }, () => workflow.authorize('a', { amount: 1 })),
      )
      const args = { amount: 11 }
      const waiting = workflow.call('a', args, () => 'ran')
      args.amount = 1
      await held[0]!.conclude('SUCCESS')
      await expect(waiting).rejects.toMatchObject({ decision: 'BLOCK' })
    })
  })

  it('closing waits for calls that have begun; a ticket that was canceled cannot be forwarded', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      let ran = 0
      const call = workflow.call('a', { n: 1 }, () => ++ran)
      const [, ticket] = await Promise.all([
        workflow.close(),
        workflow.authorize('a', { n: 2 }).catch(() => undefined),
        call,
      ])
      expect(ran).toBe(1)
      expect(ticket).toBeUndefined() // closing had begun
      const other = await runtime.openWorkflow({ declaredTools: ['a'] })
      const early = await other.authorize('a', {})
      await other.close()
      expect(() => early.forwarded()).toThrow(expect.objectContaining({ code: 'ERR_RUNTIME_CLOSED' }))
    })
    expect(ofKind(receipts, 'post_receipt')).toMatchObject([{ terminal_outcome: 'CANCELED' }])
  })

  it('an error of the tool is recorded as ERROR and handed on', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(
        workflow.call('a', {}, () => {
          throw new Error('tool broke')
        }),
      ).rejects.toThrow('tool broke')
    })
    expect(ofKind(receipts, 'post_receipt')).toMatchObject([
      { terminal_outcome: 'ERROR', upstream_response_digest: null },
    ])
    expect(JSON.stringify(receipts)).not.toContain('tool broke')
  })

  it('observe never blocks, and the receipt says what enforcement would have answered', async () => {
    const policy = { default: 'ALLOW', rules: [rule('a', 'BLOCK')] } as unknown as PolicyInput
    const receipts = await scenario({ policy, mode: 'observe' }, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('a', {}, () => 'ran')).resolves.toBe('ran')
      await expect(workflow.call('undeclared', {}, () => 'ran')).resolves.toBe('ran')
      const { trustRecord } = await workflow.close()
      expect(trustRecord.policy.enforcement_mode).toBe('advisory')
    })
    expect(ofKind(receipts, 'action_receipt').map((receipt) => receipt.decision_reason)).toEqual([
      'observe: would be BLOCK: rule for a',
      expect.stringContaining('observe: would be BLOCK: undeclared_tool'),
    ])
    expect(receipts[0]!.mode).toBe('observe')
  })

  it('authorize hands out a ticket; what is never concluded is CANCELED at the close', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      const done = await workflow.authorize('a', { n: 1 })
      done.forwarded()
      await done.conclude('SUCCESS', { response: 'text' })
      await done.conclude('ERROR') // a second outcome changes nothing
      await workflow.authorize('a', { n: 2 })
      await workflow.close()
      await expect(workflow.authorize('a', {})).rejects.toMatchObject({ code: 'ERR_RUNTIME_CLOSED' })
    })
    expect(ofKind(receipts, 'post_receipt').map((receipt) => receipt.terminal_outcome)).toEqual([
      'SUCCESS',
      'CANCELED',
    ])
  })

  it('money actions: the amount is in the receipt, an unreadable one needs a human, a negative one is blocked', async () => {
    const money = rule('pay', 'ALLOW', { money_action: true, amount_field: 'amount' })
    const receipts = await scenario(
      { policy: { default: 'BLOCK', rules: [money] } as unknown as PolicyInput },
      async (runtime) => {
        const workflow = await runtime.openWorkflow({ declaredTools: ['pay'] })
        await workflow.call('pay', { amount: 1250 }, () => 'paid')
        await expect(workflow.call('pay', { amount: 12.5 }, () => 1)).rejects.toMatchObject({
          decision: 'STEP_UP',
          reason: 'AMOUNT_FIELD_UNRESOLVABLE',
        })
        await expect(workflow.call('pay', { amount: -1 }, () => 1)).rejects.toMatchObject({
          decision: 'BLOCK',
          reason: 'AMOUNT_INVALID',
        })
      },
    )
    expect(ofKind(receipts, 'action_receipt').map((receipt) => receipt.amount_minor_units)).toEqual([
      1250,
      null,
      null,
    ])
  })

  it('a refused attempt on a money tool is tagged whichever guard refused it; other tools are not', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('stripe_refund', {}, () => 1)).rejects.toThrow('undeclared')
      await expect(workflow.call('b', {}, () => 1)).rejects.toThrow('undeclared')
    })
    expect(ofKind(receipts, 'action_receipt').map((receipt) => receipt.money_action)).toEqual([true, false])
  })

  it('a tool that throws at once, before its time-out, leaves nothing behind that rejects later', async () => {
    const impatient = {
      default: 'ALLOW',
      rules: [{ ...rule('a', 'ALLOW'), queue_timeout_ms: 1 }],
    } as unknown as PolicyInput
    const rejections: unknown[] = []
    const note = (reason: unknown) => void rejections.push(reason)
    process.on('unhandledRejection', note)
    try {
      await scenario({ policy: impatient }, async (runtime) => {
        const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
        const broken = () => {
          throw new Error('broken')
        }
        await expect(workflow.call('a', {}, broken)).rejects.toThrow('broken')
        await new Promise((resolve) => setTimeout(resolve, 30))
      })
    } finally {
      process.off('unhandledRejection', note)
    }
    expect(rejections).toEqual([])
  })

  it('an answer that cannot be read is recorded without digest, and its outcome stands', async () => {
    const odd = {
      get value(): never {
        throw new RangeError('odd')
      },
    }
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('a', {}, () => odd)).resolves.toBe(odd)
      const ticket = await workflow.authorize('a', {})
      expect(() => ticket.conclude('OK' as never)).toThrow(TypeError)
      await ticket.conclude('SUCCESS')
    })
    expect(
      ofKind(receipts, 'post_receipt').map((receipt) => [
        receipt.terminal_outcome,
        receipt.upstream_response_digest,
      ]),
    ).toEqual([
      ['SUCCESS', null],
      ['SUCCESS', null],
    ])
  })

  it('observe runs what was hashed, however large', async () => {
    await scenario({ mode: 'observe' }, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      const text = 'x'.repeat(2 * 1024 * 1024)
      await expect(
        workflow.call('a', { text }, (args) => (args as { text: string }).text.length),
      ).resolves.toBe(text.length)
    })
  })

  it('refuses options of openWorkflow that are unknown or make no sense', async () => {
    await scenario({}, async (runtime) => {
      const refused = expect.objectContaining({ code: 'ERR_RUNTIME_OPTION' })
      for (const sessionTtlMs of [0, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '7' as never]) {
        await expect(runtime.openWorkflow({ declaredTools: [], sessionTtlMs })).rejects.toEqual(refused)
      }
      await expect(runtime.openWorkflow({ declaredTools: 'a' as never })).rejects.toEqual(refused)
      await expect(runtime.openWorkflow({ declaredTools: [], speed: 1 } as never)).rejects.toEqual(refused)
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'], sessionTtlMs: 30 * 86_400_000 })
      await new Promise((resolve) => setTimeout(resolve, 20))
      await expect(workflow.call('a', {}, () => 'still open')).resolves.toBe('still open')
      await expect(workflow.call(7 as never, {}, () => 1)).rejects.toThrow(TypeError)
    })
    await expect(scenario({ dataDir: '' }, async () => {})).rejects.toMatchObject({
      code: 'ERR_RUNTIME_OPTION',
    })
  })

  it('fails closed when the lock of the data directory, or its journal, is taken away', async () => {
    for (const victim of ['LOCK', 'journal']) {
      const dataDir = await mkdtemp(join(tmpdir(), 'tracevar-victim-'))
      try {
        const runtime = await openRuntime({
          dataDir,
          policy: { default: 'ALLOW', rules: [] },
          mode: 'enforce',
        })
        const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
        await workflow.call('a', {}, () => 1)
        await rm(join(dataDir, victim), { recursive: true })
        let ran = false
        const call = workflow.call('a', {}, () => {
          ran = true
        })
        await expect(call, victim).rejects.toMatchObject({ code: 'ERR_RUNTIME_FAIL_CLOSED' })
        expect(ran).toBe(false)
        await expect(runtime.close()).rejects.toThrow()
      } finally {
        await rm(dataDir, { recursive: true })
      }
    }
  })

  it('a stored policy that is not the one of its name stops the opening', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tracevar-policy-'))
    try {
      const options = { dataDir, policy: { default: 'ALLOW', rules: [] }, mode: 'enforce' } as const
      const runtime = await openRuntime(options)
      const { policyBundleHash } = runtime.describe()
      await runtime.close()
      await writeFile(
        join(dataDir, 'policies', `${policyBundleHash.slice(7)}.json`),
        '{"default":"ALLOW","rules":[] }',
      )
      await expect(openRuntime(options)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' })
      await expect(openRuntime(options), 'the lock was given back').rejects.toMatchObject({
        code: 'ERR_STORE_DAMAGED',
      })
    } finally {
      await rm(dataDir, { recursive: true })
    }
  })

  it('refuses arguments without a canonical form and unknown options', async () => {
    await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('a', { n: Number.NaN }, () => 1)).rejects.toMatchObject({
        code: 'ERR_RUNTIME_PARAMS',
      })
      await expect(workflow.call('a', [1], () => 1)).rejects.toThrow('params_not_an_object')
      await expect(workflow.call('a', { n: 1e20 }, () => 1)).rejects.toMatchObject({
        code: 'ERR_RUNTIME_PARAMS',
      })
    })
    await expect(scenario({ speed: 'fast' } as object, async () => {})).rejects.toMatchObject({
      code: 'ERR_RUNTIME_OPTION',
    })
    await expect(scenario({ mode: 'attest' }, async () => {})).rejects.toMatchObject({
      code: 'ERR_RUNTIME_OPTION',
    })
  })

  it('closing gives record and evidence over exactly this chain', async () => {
    const { readWorkflowDocument } = await import('../../src/record/workflow-document.js')
    expect(readWorkflowDocument).toBeTypeOf('function')
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await workflow.call('a', {}, () => 1)
      const { trustRecord, evidence } = await workflow.close()
      expect(trustRecord.tool_transcript?.call_count).toBe(1)
      expect(trustRecord.runtime.platform).toBe('software-only')
      expect(trustRecord.appraisal.status).toBe('none')
      expect(evidence.binding.closing?.document.receipt_count).toBe(4)
    })
    expect(receipts).toHaveLength(4)
  })
})
