// The sealer: order, coalescing, threads, push-back. A thread starts from dist/, so the build comes first.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import type { SyncBackend } from '../../src/crypto/backend.js'
import { openBackend } from '../../src/crypto/host.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { sealBatchItemsMax, sealQueueItemsMax } from '../../src/limits.js'
import { systemUlidSource } from '../../src/receipt/host.js'
import type { SealedReceipt } from '../../src/receipt/seal.js'
import { startWorkers, systemClock } from '../../src/runtime/host.js'
import { type MakeReceipt, SealChain, Sealer } from '../../src/runtime/sealer.js'
import { type TaskRunner, WorkerPool } from '../../src/runtime/worker-pool.js'
import { verifyChain } from '../../src/verify/verify-chain.js'
import { openWorkers } from '../../src/wiring/open-workers.js'
import { ADDON_PATH } from '../native/addon.js'
import { ROOT } from '../support/sources.js'

const HASH = `sha256:${'0'.repeat(64)}`
const WORKER = resolve(ROOT, 'dist/wiring/worker-main.js')
const sources = { nowMs: Date.UTC(2026, 2, 1), ulid: systemUlidSource() }
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** The next receipt of a chain: a manifest first, then actions. */
const next =
  (chain: SealChain, workflow: string, more: Record<string, unknown> = {}): MakeReceipt =>
  () => {
    const common = {
      workflow_id: workflow,
      agent_id: 'a',
      policy_bundle_hash: HASH,
      workflow_id_source: 'nonsudo_generated',
    }
    const kind =
      chain.head === null
        ? {
            record_type: 'workflow_manifest',
            initiator_id: 'i',
            workflow_owner: 'o',
            session_budget: {},
            declared_tools: ['t'],
          }
        : {
            record_type: 'action_receipt',
            tool_name: 't',
            params_canonical_hash: HASH,
            decision: 'ALLOW',
            decision_reason: 'r',
            blast_radius: 'LOW',
            reversible: true,
            state_version_before: 0,
            state_version_after: 1,
            money_action: false,
          }
    return { input: { ...common, ...kind, ...more } as never, sources }
  }

/** A back end that notes how many receipts each call seals. */
function counting(backend: SyncBackend): { readonly backend: SyncBackend; readonly calls: number[] } {
  const calls: number[] = []
  const sealMany: SyncBackend['sealMany'] = (keys, usage, batch) => {
    calls.push(batch.offsets.length - 1)
    return backend.sealMany(keys, usage, batch)
  }
  return { backend: { ...backend, sealMany }, calls }
}

function setUp(name: 'native' | 'node', handOffItemsMin = Infinity) {
  const { backend, calls } = counting(openBackend({ require: name }))
  const key = backend.generateKey(['receipt'])
  const signer = { backend, key, keyId: 'k1' }
  let runner: (TaskRunner & { threads: Worker[] }) | undefined
  const pool = new WorkerPool(
    2,
    async () => {
      const data = { backend: name, key: backend.sharing!.share(key) }
      runner = (await startWorkers(WORKER, 2, data)) as never
      return runner!
    },
    systemClock.after,
  )
  closing.push(
    () => pool.close(),
    () => key.close(),
  )
  return {
    signer,
    calls,
    pool,
    threads: () => runner!.threads,
    sealer: new Sealer(signer, pool, handOffItemsMin),
  }
}

/** Checks signatures, links and numbers, and that nothing is missing. */
async function expectWhole(receipts: readonly SealedReceipt[], count: number, publicKey: Uint8Array) {
  const { valid, errors } = await verifyChain(
    receipts.map(({ receipt }) => receipt),
    publicKey,
  )
  expect({ valid, errors }).toEqual({ valid: true, errors: [] })
  expect(receipts.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
    Array.from({ length: count }, (_, i) => i),
  )
}

const isBuilt = existsSync(WORKER)
// The threads open back ends by what the environment says, so a forced back end leaves only its own row.
const forced = process.env.TRACEVAR_BACKEND || undefined
const backends = (['native', 'node'] as const).filter((name) => {
  const isThere = name === 'node' || existsSync(ADDON_PATH)
  const why = isThere ? `TRACEVAR_BACKEND forces ${forced}` : 'the addon is not built: npm run build:native'
  const isRun = isThere && (forced ?? name) === name
  if (!isRun) describe.skip(`sealer, ${name} (${why})`, () => it('skipped', () => {}))
  return isRun
})

describe.each(backends)('sealer, %s', (name) => {
  it('seals a receipt alone at once, and those that come with it at the end of the turn in one call', async () => {
    const { sealer, calls, signer } = setUp(name)
    const chains = Array.from({ length: 9 }, () => new SealChain())
    const order: number[] = []
    const sealed = chains.map((chain, i) =>
      sealer.seal(chain, next(chain, `w${i}`), (one) => {
        order.push(i)
        return one
      }),
    )
    expect(calls).toEqual([1])
    expect(order).toEqual([0])
    for (const one of await Promise.all(sealed)) await expectWhole([one], 1, signer.key.publicKey)
    expect(calls).toEqual([1, 8])
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    await new Promise(setImmediate)
    const again = sealer.seal(chains[3]!, next(chains[3]!, 'w3'), (one) => one)
    expect(calls).toEqual([1, 8, 1])
    expect((await again).receipt.prev_receipt_hash).toBe((await sealed[3]!).hash)
  })

  it('keeps the order of a chain however its receipts come', async () => {
    const { sealer, signer } = setUp(name)
    const chain = new SealChain()
    const done: SealedReceipt[] = []
    await Promise.all(
      Array.from({ length: 20 }, () => sealer.seal(chain, next(chain, 'w'), (one) => done.push(one))),
    )
    await expectWhole(done, 20, signer.key.publicKey)
  })

  it('a receipt that cannot be sealed harms no other, and leaves no gap', async () => {
    const { sealer, signer } = setUp(name)
    const chain = new SealChain()
    const done: SealedReceipt[] = []
    const results = await Promise.allSettled(
      [{}, {}, { tool_name: '\ud800' }, { decision: 'MAYBE' }, {}].map((more) =>
        sealer.seal(chain, next(chain, 'w', more), (one) => done.push(one)),
      ),
    )
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ])
    await expectWhole(done, 3, signer.key.publicKey)
  })

  it('pushes back when too many wait, and has no room before that', async () => {
    const { sealer } = setUp(name)
    const chain = new SealChain()
    const all = Array.from({ length: sealQueueItemsMax + 2 }, () =>
      sealer.seal(chain, next(chain, 'w'), () => 1),
    )
    expect(sealer.hasRoom).toBe(false)
    await expect(all.pop()).rejects.toMatchObject({ code: 'ERR_SEALER_PUSHBACK' })
    await Promise.all(all.slice(0, 100))
    for (const one of all) one.catch(() => {})
  })

  it('a key that is closed meanwhile rejects what waits, and the chain stays as it was', async () => {
    const { sealer, signer } = setUp(name)
    const chain = new SealChain()
    await sealer.seal(chain, next(chain, 'w'), () => {})
    const head = chain.head
    const waiting = [1, 2].map(() => sealer.seal(chain, next(chain, 'w'), () => {}))
    signer.key.close()
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'ERR_CRYPTO_KEY_CLOSED' })
    expect(chain.head).toBe(head)
  })

  describe.skipIf(!isBuilt)(isBuilt ? 'with threads' : 'with threads (dist is not built)', () => {
    it('shares a large batch between the threads, with the same bytes', async () => {
      const { sealer, calls, signer, pool } = setUp(name, 10)
      await pool.started()
      expect(pool.free).toBe(2)
      const chains = Array.from({ length: 61 }, () => new SealChain())
      const done: SealedReceipt[][] = chains.map(() => [])
      for (let round = 0; round < 5; round++) {
        await Promise.all(
          chains.map((chain, i) => sealer.seal(chain, next(chain, `w${i}`), (one) => done[i]!.push(one))),
        )
      }
      expect(Math.max(...calls)).toBeLessThan(60) // 20 or 40 here, the rest in threads
      const here = calls.reduce((sum, count) => sum + count, 0)
      expect(here).toBeLessThan(61 * 5)
      for (const receipts of done) await expectWhole(receipts, 5, signer.key.publicKey)
    })

    it('a thread that ends loses no receipt and forks no chain', async () => {
      const { sealer, signer, pool, threads } = setUp(name, 10)
      await pool.started()
      const chains = Array.from({ length: 200 }, () => new SealChain())
      const done: SealedReceipt[][] = chains.map(() => [])
      const rounds = 8
      let awayAtKill = 0
      const all = chains.map(async (chain, i) => {
        for (let round = 0; round < rounds; round++) {
          await sealer.seal(chain, next(chain, `w${i}`), (one) => done[i]!.push(one))
        }
      })
      for (let kill = 0; kill < 4; kill++) {
        while (!chains.some((chain) => chain.isAway) && done.some(({ length }) => length < rounds)) {
          await new Promise(setImmediate)
        }
        awayAtKill += chains.filter((chain) => chain.isAway).length
        for (const thread of threads()) void thread.terminate()
      }
      await Promise.all(all)
      expect(awayAtKill).toBeGreaterThan(0) // else nothing was in flight, and this showed nothing
      for (const receipts of done) await expectWhole(receipts, rounds, signer.key.publicKey)
    })

    it('verifies in threads what it verifies here', async () => {
      const { signer, pool } = setUp(name)
      await pool.started()
      const batch = { bytes: new Uint8Array(6), offsets: Uint32Array.of(0, 1, 3, 6) }
      const signatures = signer.backend.ed25519SignMany([signer.key], 'receipt', batch)
      signatures[70]! ^= 1
      const verdicts = await pool.run('verify', { ...batch, publicKeys: signer.key.publicKey, signatures })
      expect([...verdicts]).toEqual([1, 0, 1])
    })
  })

  it('threads that cannot start are done without', async () => {
    const { signer, calls } = setUp(name)
    const pool = new WorkerPool(
      1,
      () => startWorkers(resolve(ROOT, 'no-such-file.js'), 1, {}),
      systemClock.after,
    )
    closing.push(() => pool.close())
    await pool.started()
    expect(pool.free).toBe(0)
    const sealer = new Sealer(signer, pool, 2)
    const chains = Array.from({ length: 20 }, () => new SealChain())
    await Promise.all(chains.map((chain, i) => sealer.seal(chain, next(chain, `w${i}`), () => {})))
    expect(calls).toEqual([1, 19])
  })

  it('one turn seals at most sealBatchItemsMax receipts', async () => {
    const { sealer, calls } = setUp(name)
    const chains = Array.from({ length: sealBatchItemsMax + 10 }, () => new SealChain())
    await Promise.all(chains.map((chain, i) => sealer.seal(chain, next(chain, `w${i}`), () => {})))
    expect(calls).toEqual([1, sealBatchItemsMax, 9])
  })
})

it('the back end pure shares no keys, so it has no threads', () => {
  const backend = createPureBackend()
  const key = backend.importSeed(new Uint8Array(32).fill(1), ['receipt'])
  expect(openWorkers({ backend, key, keyId: 'k1' }, 2)).toBeUndefined()
  expect(new Sealer({ backend, key, keyId: 'k1' }).describe()).toMatchObject({ mode: 'inline', workers: 0 })
})
