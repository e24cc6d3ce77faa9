// The golden scenarios of VAR 1.27, but for velocity (GV-12) and time stamps (GV-17), which are not built yet.
import { describe, expect, it } from 'vitest'
import { DecisionError } from '../../src/errors.js'
import type { PolicyInput } from '../../src/policy/types.js'
import { ofKind, rule, scenario } from './support.js'

const policy = (...rules: ReturnType<typeof rule>[]) =>
  ({ default: 'ALLOW', rules }) as unknown as PolicyInput

describe('golden scenarios', () => {
  it('GV-01 open and close: manifest and closed, no calls', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await workflow.close()
    })
    expect(receipts.map((receipt) => receipt.record_type)).toEqual(['workflow_manifest', 'workflow_closed'])
    expect(receipts[0]).toMatchObject({
      declared_tools: ['a'],
      mode: 'enforce',
      sequence_number: 0,
      prev_receipt_hash: null,
    })
    expect(receipts[1]).toMatchObject({ total_calls: 0, total_blocked: 0, close_reason: 'explicit_close' })
  })

  it('GV-02 and GV-06 tool list unavailable: said in the manifest, every call blocked', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: null })
      await expect(workflow.call('a', {}, () => 1)).rejects.toThrow('declared_tools_unavailable')
    })
    expect(receipts[0]).toMatchObject({ declared_tools: [], declared_tools_fetch_failed: true })
    expect(receipts[1]).toMatchObject({
      decision: 'BLOCK',
      decision_reason: 'declared_tools_unavailable',
      blast_radius: 'CRITICAL',
    })
  })

  it('GV-03 ALLOW: called, response_hash null, post-receipt SUCCESS', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('a', { x: 1 }, (args) => ({ got: args }))).resolves.toEqual({
        got: { x: 1 },
      })
    })
    const [action] = ofKind(receipts, 'action_receipt')
    expect(action).toMatchObject({
      decision: 'ALLOW',
      upstream_call_initiated: true,
      response_hash: null,
      money_action: false,
    })
    expect(ofKind(receipts, 'post_receipt')).toMatchObject([
      { terminal_outcome: 'SUCCESS', pre_receipt_id: action!.receipt_id, tool_name: 'a' },
    ])
  })

  it('GV-04 policy BLOCK: not called', async () => {
    let calls = 0
    const receipts = await scenario({ policy: policy(rule('a', 'BLOCK')) }, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      const error = await workflow.call('a', {}, () => calls++).catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(DecisionError)
      expect(error).toMatchObject({ code: 'ERR_RUNTIME_DECISION', decision: 'BLOCK', reason: 'rule for a' })
    })
    expect(calls).toBe(0)
    expect(ofKind(receipts, 'action_receipt')).toMatchObject([
      { decision: 'BLOCK', upstream_call_initiated: false },
    ])
    expect(ofKind(receipts, 'post_receipt')).toEqual([])
    expect(ofKind(receipts, 'workflow_closed')).toMatchObject([{ total_calls: 1, total_blocked: 1 }])
  })

  it('GV-05 undeclared tool: BLOCK', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('b', {}, () => 1)).rejects.toThrow('undeclared')
    })
    expect(receipts[1]!.decision_reason).toContain('undeclared')
  })

  it('GV-07 params BLOCK, GV-08 type error BLOCK', async () => {
    const limit = rule('a', 'BLOCK', { params: { conditions: [{ field: 'amount', op: 'gt', value: 10 }] } })
    const receipts = await scenario({ policy: policy(limit) }, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('a', { amount: 11 }, () => 1)).rejects.toThrow('rule for a')
      await expect(workflow.call('a', { amount: '11' }, () => 1)).rejects.toThrow('params_type_error')
      await expect(workflow.call('a', { amount: 10 }, () => 'fine')).resolves.toBe('fine')
    })
    expect(ofKind(receipts, 'action_receipt').map((receipt) => receipt.decision)).toEqual([
      'BLOCK',
      'BLOCK',
      'ALLOW',
    ])
  })

  it('GV-09 params above 1 MiB: BLOCK params_too_large', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('a', { text: 'x'.repeat(1024 * 1024) }, () => 1)).rejects.toThrow(
        'params_too_large',
      )
    })
    expect(receipts[1]).toMatchObject({ decision: 'BLOCK', upstream_call_initiated: false })
  })

  it('GV-10 STEP_UP: not called', async () => {
    const receipts = await scenario({ policy: policy(rule('a', 'STEP_UP')) }, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('a', {}, () => 1)).rejects.toMatchObject({ decision: 'STEP_UP' })
    })
    expect(receipts[1]).toMatchObject({ decision: 'STEP_UP', upstream_call_initiated: false })
    expect(ofKind(receipts, 'workflow_closed')).toMatchObject([{ total_blocked: 1 }])
  })

  it('GV-11 FAIL_OPEN: called, COMPLETED', async () => {
    const receipts = await scenario({ policy: policy(rule('a', 'FAIL_OPEN')) }, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await expect(workflow.call('a', {}, () => 7)).resolves.toBe(7)
    })
    expect(receipts[1]).toMatchObject({
      decision: 'FAIL_OPEN',
      upstream_call_initiated: true,
      queue_status: 'COMPLETED',
    })
  })

  it('GV-13 as in DESIGN decision 13: a time-out after forwarding is a post-receipt TIMEOUT', async () => {
    const slow = { ...rule('a', 'ALLOW'), queue_timeout_ms: 30 }
    let aborted = false
    const receipts = await scenario({ policy: policy(slow) }, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      const never = (_: unknown, signal: AbortSignal) =>
        new Promise(() =>
          signal.addEventListener('abort', () => {
            aborted = true
          }),
        )
      await expect(workflow.call('a', {}, never)).rejects.toMatchObject({ code: 'ERR_RUNTIME_TIMEOUT' })
    })
    expect(aborted).toBe(true)
    expect(ofKind(receipts, 'action_receipt')).toMatchObject([
      { decision: 'ALLOW', queue_status: 'COMPLETED', upstream_call_initiated: true, queue_timeout_ms: 30 },
    ])
    expect(ofKind(receipts, 'post_receipt')).toMatchObject([
      { terminal_outcome: 'TIMEOUT', upstream_response_digest: null },
    ])
  })

  it('GV-14 closing the runtime closes its workflows', async () => {
    const receipts = await scenario({}, async (runtime) => {
      await runtime.openWorkflow({ declaredTools: [] })
    })
    expect(receipts.at(-1)).toMatchObject({
      record_type: 'workflow_closed',
      close_reason: 'connection_teardown',
    })
  })

  it('GV-15 a session that outlives its time is closed with ttl_expired', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'], sessionTtlMs: 20 })
      await expect
        .poll(() =>
          workflow.call('a', {}, () => 1).catch((error: unknown) => (error as { code: string }).code),
        )
        .toBe('ERR_RUNTIME_CLOSED')
      await workflow.close()
    })
    expect(receipts.at(-1)).toMatchObject({ record_type: 'workflow_closed', close_reason: 'ttl_expired' })
  })

  it('GV-16 three calls, complete chain', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      for (const n of [1, 2, 3]) await workflow.call('a', { n }, () => n)
      await workflow.close()
    })
    expect(receipts).toHaveLength(8)
    expect(receipts.at(-1)).toMatchObject({
      record_type: 'workflow_closed',
      total_calls: 3,
      total_blocked: 0,
    })
  })

  it('GV-18 response_hash stands in the receipt as null', async () => {
    const receipts = await scenario({}, async (runtime) => {
      const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
      await workflow.call('a', {}, () => null)
    })
    expect(Object.hasOwn(receipts[1]!, 'response_hash')).toBe(true)
    expect(receipts[1]!.response_hash).toBeNull()
  })
})
