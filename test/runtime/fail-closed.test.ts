// DESIGN decision 4: no receipt, no effect. Whatever keeps a receipt from the disk keeps the call from the tool.
import { describe, expect, it } from 'vitest'
import { PLATFORMS } from '../../src/attest/platform.js'
import { sha256String } from '../../src/crypto/hash.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { TracevarError } from '../../src/errors.js'
import { createUlidSource } from '../../src/receipt/ulid.js'
import { Runtime } from '../../src/runtime/runtime.js'
import type { Journal, JournalRow } from '../../src/store/journal.js'

/** A journal in memory that stops working when told to. */
function brittleJournal() {
  const rows: JournalRow[] = []
  const state = { broken: false, hasRoom: true }
  const journal: Journal = {
    async append(more) {
      if (state.broken) throw new TracevarError('ERR_STORE_FAILED', 'the disk is gone')
      rows.push(...more)
    },
    note: (row) => void rows.push(row),
    async *read() {
      yield* rows
    },
    get hasRoom() {
      return state.hasRoom
    },
    facts: { segments: 1, truncatedTailBytes: 0, rows: 0, notesDropped: 0 },
    close: async () => {},
  }
  return { journal, rows, state }
}

function openTestRuntime(journal: Journal, queueTimeoutMs = 1_000) {
  const backend = createPureBackend({ randomBytes: (length) => new Uint8Array(length).fill(7) })
  const randomBytes = (length: number) => new Uint8Array(length).fill(9)
  return new Runtime({
    journal,
    signer: {
      backend,
      key: backend.importSeed(new Uint8Array(32).fill(1), ['receipt', 'record', 'annex']),
      keyId: 'test-1',
    },
    policy: {
      config: { default: 'ALLOW', rules: [] },
      bundleHash: `sha256:${'0'.repeat(64)}`,
      defaults: {},
      queueTimeoutMs: () => queueTimeoutMs,
    },
    mode: 'enforce',
    clock: {
      wallMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      after(ms, call) {
        const timer = setTimeout(call, ms)
        return () => clearTimeout(timer)
      },
    },
    ulid: createUlidSource(randomBytes),
    sha256String,
    platform: PLATFORMS.get('software-only')!,
    packageDigest: `sha256:${'1'.repeat(64)}`,
    bootId: null,
    challenge: null,
    record: {},
    isolation: 'in-process',
    runtimeVersion: '0.0.0',
    release: async () => {},
  })
}

describe('fail closed', () => {
  it('a receipt that cannot be written keeps the call from the tool, with the cause', async () => {
    const { journal, state } = brittleJournal()
    const runtime = openTestRuntime(journal)
    const workflow = await runtime.openWorkflow({ declaredTools: ['a'] })
    state.broken = true
    let calls = 0
    const error = await workflow.call('a', {}, () => calls++).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ERR_RUNTIME_FAIL_CLOSED', cause: { code: 'ERR_STORE_FAILED' } })
    expect(calls).toBe(0)
  })

  it('after a receipt that was lost the chain takes no other: there is never a gap', async () => {
    const { journal, rows, state } = brittleJournal()
    const workflow = await openTestRuntime(journal).openWorkflow({ declaredTools: ['a'] })
    state.broken = true
    await expect(workflow.call('a', {}, () => 1)).rejects.toMatchObject({ code: 'ERR_RUNTIME_FAIL_CLOSED' })
    state.broken = false
    await expect(workflow.call('a', {}, () => 1)).rejects.toMatchObject({ code: 'ERR_RUNTIME_FAIL_CLOSED' })
    await expect(workflow.close()).rejects.toMatchObject({ code: 'ERR_RUNTIME_FAIL_CLOSED' })
    expect(rows.filter((row) => row.t === 'receipt')).toHaveLength(1)
  })

  it('a workflow whose manifest cannot be written does not open', async () => {
    const { journal, state } = brittleJournal()
    state.broken = true
    await expect(openTestRuntime(journal).openWorkflow({ declaredTools: [] })).rejects.toMatchObject({
      code: 'ERR_RUNTIME_FAIL_CLOSED',
    })
  })

  it('push-back comes before anything is sealed: the chain has no hole afterwards', async () => {
    const { journal, rows, state } = brittleJournal()
    const workflow = await openTestRuntime(journal).openWorkflow({ declaredTools: ['a'] })
    state.hasRoom = false
    await expect(workflow.call('a', {}, () => 1)).rejects.toMatchObject({ code: 'ERR_STORE_PUSHBACK' })
    state.hasRoom = true
    await expect(workflow.call('a', {}, () => 1)).resolves.toBe(1)
    const numbers = rows.flatMap((row) =>
      row.t === 'receipt' ? [JSON.parse(new TextDecoder().decode(row.bytes)).sequence_number] : [],
    )
    expect(numbers).toEqual([0, 1, 2])
  })

  it('a call that waits too long for its turn is a dead letter and never goes out', async () => {
    const { journal, rows } = brittleJournal()
    const workflow = await openTestRuntime(journal, 25).openWorkflow({ declaredTools: ['a'] })
    const tickets = await Promise.all(Array.from({ length: 256 }, (_, n) => workflow.authorize('a', { n })))
    let calls = 0
    await expect(workflow.call('a', { late: true }, () => calls++)).rejects.toMatchObject({
      decision: 'FAIL_CLOSED',
      reason: 'queue_timeout',
    })
    expect(calls).toBe(0)
    const last = rows.findLast((row) => row.t === 'receipt')!
    expect(JSON.parse(new TextDecoder().decode((last as { bytes: Uint8Array }).bytes))).toMatchObject({
      queue_status: 'DEAD_LETTER',
      failure_reason: 'queue_timeout',
      fallback_policy: 'fail_closed',
      upstream_call_initiated: false,
    })
    await tickets[0]!.conclude('SUCCESS')
    await expect(workflow.call('a', { late: false }, () => 'in time')).resolves.toBe('in time')
  })
})
