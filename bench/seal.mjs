// The receipt path: create + chain + sign, without the disk. 64 chains in one process against one chain on the `node`
// back end; one chain inline; and the path without the addon against the algorithm of the seed (canonicalize and
// @noble/ed25519, as its createReceipt, chainReceipt and signReceipt). Rounds of all are interleaved.
// Alone: node bench/seal.mjs [--quick] [--switch-points]
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { signAsync } from '@noble/ed25519'
import canonicalize from 'canonicalize'
import { openBackend } from '../dist/crypto/host.js'
import { systemUlidSource } from '../dist/receipt/host.js'
import { RECEIPT_KINDS } from '../dist/receipt/kinds.js'
import { sealMany } from '../dist/receipt/seal.js'
import { ReceiptTemplates } from '../dist/receipt/template.js'
import { startWorkers, systemClock } from '../dist/runtime/host.js'
import { SealChain, Sealer } from '../dist/runtime/sealer.js'
import { WorkerPool } from '../dist/runtime/worker-pool.js'
import { figure, median, plainFigure, quantile } from './figures.mjs'

const CHAINS = 64
const SEED = new Uint8Array(32).fill(7)
const ulid = systemUlidSource()
const digest = `sha256:${'6fb2c7f0b7d0d1e9'.repeat(4)}`
/** Digests of parameters, so that this field changes from receipt to receipt as it does in life. */
const digests = Array.from({ length: 97 }, (_, i) => `sha256:${i.toString(16).padStart(64, '0')}`)

/** What a workflow knows of its next action receipt (about 1 KB when complete). */
function input(workflow, count, nowMs) {
  return {
    record_type: 'action_receipt',
    workflow_id: workflow,
    workflow_id_source: 'nonsudo_generated',
    agent_id: 'agent_prod_01',
    policy_bundle_hash: digest,
    issued_at: new Date(nowMs).toISOString(),
    tool_name: 'stripe_refund',
    params_canonical_hash: digests[count % digests.length],
    decision: 'ALLOW',
    decision_reason: 'no matching rule — policy default applied',
    decision_order: 1,
    queue_timeout_ms: 5000,
    blast_radius: 'LOW',
    reversible: true,
    state_version_before: count - 1,
    state_version_after: count,
    upstream_call_initiated: true,
    money_action: false,
  }
}

const signerOf = (name) => {
  const backend = openBackend(name === undefined ? {} : { require: name })
  return { backend, key: backend.importSeed(SEED, ['receipt']), keyId: 'ns-prod-01' }
}

/** Seals `count` receipts of one chain, one after the other; times of each in microseconds. */
function oneChain(signer) {
  const templates = new ReceiptTemplates()
  let head = null
  return (count) => {
    const times = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      const nowMs = Date.now()
      const next = input('01J5Q7XN4K1R8K5P0X2B6M7N8Q', (head?.sequenceNumber ?? -1) + 1, nowMs)
      const [sealed] = sealMany(
        [{ input: next, sources: { nowMs, ulid }, previous: head, templates }],
        signer,
      )
      head = { hash: sealed.hash, sequenceNumber: sealed.sequenceNumber }
      times[i] = (performance.now() - start) * 1000
    }
    return times.sort()
  }
}

/** The same for `chains` chains through the sealer, which gathers what comes in one turn. Resolves microseconds a receipt. */
function manyChains(signer, chains) {
  const sealer = new Sealer(signer)
  const all = Array.from({ length: chains }, (_, i) => ({
    chain: new SealChain(),
    workflow: `01J5Q7XN4K1R8K5P0X2B6M7${100 + i}`,
  }))
  const next = ({ chain, workflow }) => {
    const nowMs = Date.now()
    return { input: input(workflow, (chain.head?.sequenceNumber ?? -1) + 1, nowMs), sources: { nowMs, ulid } }
  }
  return async (rounds) => {
    const start = performance.now()
    for (let round = 0; round < rounds; round++) {
      await Promise.all(
        all.map((one) =>
          sealer.seal(
            one.chain,
            () => next(one),
            (sealed) => sealed.hash,
          ),
        ),
      )
    }
    return ((performance.now() - start) * 1000) / rounds / chains
  }
}

/** The seed's way: three objects and three canonical forms a receipt, a hash by node:crypto, a signature by noble. */
function seedChain() {
  let previous = null
  let count = 0
  const signed = Object.keys(RECEIPT_KINDS.action_receipt.signed)
  return async (times) => {
    const start = performance.now()
    for (let i = 0; i < times; i++) {
      const nowMs = Date.now()
      const filled = {
        spec_version: 'var/1.0',
        queue_status: 'COMPLETED',
        response_hash: null,
        rfc3161_token: null,
        tsa_id: null,
      }
      const receipt = {
        ...filled,
        receipt_id: ulid(nowMs),
        ...input('01J5Q7XN4K1R8K5P0X2B6M7N8Q', count, nowMs),
      }
      const hash = previous && `sha256:${createHash('sha256').update(canonicalize(previous)).digest('hex')}`
      const linked = { ...receipt, prev_receipt_hash: hash, sequence_number: count++ }
      const payload = Object.fromEntries(
        signed.filter((name) => name in linked).map((name) => [name, linked[name]]),
      )
      const signature = await signAsync(new TextEncoder().encode(canonicalize(payload)), SEED)
      const sig = Buffer.from(signature).toString('base64url')
      previous = { ...linked, signature: { alg: 'Ed25519', key_id: 'ns-prod-01', sig } }
    }
    return ((performance.now() - start) * 1000) / times
  }
}

/**
 * @param rounds interleaved rounds, each about 0.2 s.
 * @param progress called with a line of text after each.
 * @returns the figures of the receipt path, for `bench:compare`.
 */
export async function benchSeal({ rounds, progress }) {
  const best = signerOf()
  const node = signerOf('node')
  const run = {
    many: manyChains(best, CHAINS),
    inline: oneChain(best),
    node: oneChain(node),
    seed: seedChain(),
  }
  const mean = (times) => times.reduce((sum, time) => sum + time, 0) / times.length
  await run.many(60)
  run.inline(2_000)
  run.node(1_000)
  await run.seed(30)
  const rows = []
  for (let round = 0; round < rounds; round++) {
    const many = await run.many(20)
    const inline = run.inline(2_000)
    const fallback = mean(run.node(500))
    const seed = await run.seed(30)
    rows.push({ many, p50: quantile(inline, 0.5), p99: quantile(inline, 0.99), fallback, seed })
    progress(`seal: round ${round + 1} of ${rounds}`)
  }
  best.key.close()
  node.key.close()
  const of = (name) => rows.map((row) => row[name])
  const perSecond = (values) => values.map((us) => 1e6 / us)
  return [
    figure('chains64_vs_one_chain_node', 'receipts/s', perSecond(of('many')), perSecond(of('fallback'))),
    plainFigure('one_chain_p50_us', 'us', of('p50')),
    plainFigure('one_chain_p99_us', 'us', of('p99')),
    figure('fallback_vs_seed_algorithm', 'receipts/s', perSecond(of('fallback')), perSecond(of('seed'))),
  ]
}

/**
 * What a hand-off to a thread costs and gives, by batch size: microseconds to seal the batch here; from hand-off to
 * answer; and of these the ones in which this thread was busy. It pays from where the second column is below the first.
 */
export async function benchSwitchPoints({ name, rounds }) {
  const { backend, key, keyId } = signerOf(name)
  const file = fileURLToPath(new URL('../dist/wiring/worker-main.js', import.meta.url))
  const data = { backend: name, key: backend.sharing.share(key) }
  const pool = new WorkerPool(1, () => startWorkers(file, 1, data), systemClock.after)
  await pool.started()
  const rows = []
  for (const count of [2, 4, 8, 16, 32, 64, 128, 256]) {
    const { SealBatchBuilder } = await import('../dist/receipt/seal-builder.js')
    const builder = new SealBatchBuilder(keyId, count)
    const nowMs = Date.now()
    for (let i = 0; i < count; i++)
      builder.add(input('w', 0, nowMs), null, new ReceiptTemplates(), { nowMs, ulid })
    const batch = builder.batch()
    const here = []
    const away = []
    const busy = []
    for (let round = 0; round < rounds; round++) {
      let start = performance.now()
      backend.sealMany([key], 'receipt', batch)
      here.push((performance.now() - start) * 1000)
      const before = performance.eventLoopUtilization()
      start = performance.now()
      await pool.run('seal', batch)
      away.push((performance.now() - start) * 1000)
      busy.push(performance.eventLoopUtilization(before).active * 1000)
    }
    rows.push({ count, here_us: median(here), away_us: median(away), busy_us: median(busy) })
  }
  await pool.close()
  key.close()
  return rows
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, 'switch-points': { type: 'boolean' } },
  })
  if (values['switch-points']) {
    for (const name of ['native', 'node']) {
      process.stdout.write(`${name}: receipts, us here, us away, of these busy here\n`)
      for (const row of await benchSwitchPoints({ name, rounds: values.quick ? 50 : 300 }))
        process.stdout.write(
          `${Object.values(row)
            .map((value) => value.toFixed(0).padStart(8))
            .join('')}\n`,
        )
    }
  } else {
    const progress = (text) => process.stderr.write(`bench: ${text}\n`)
    for (const row of await benchSeal({ rounds: values.quick ? 5 : 15, progress }))
      process.stdout.write(`${JSON.stringify(row)}\n`)
  }
}
