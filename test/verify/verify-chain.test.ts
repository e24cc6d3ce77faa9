// verifyChain and verifyL4 in the shape that VAR users know.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { singleKey } from '../../src/crypto/key-set.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { chainReceipt } from '../../src/receipt/chain.js'
import type { SignedReceipt } from '../../src/receipt/fields.js'
import { createReceipt } from '../../src/receipt/host.js'
import { signReceipt } from '../../src/receipt/sign.js'
import type { VectorRow } from '../../src/verify/vector-scope.js'
import { type ChainKeys, verifyChain } from '../../src/verify/verify-chain.js'
import { verifyL4 } from '../../src/verify/verify-l4.js'
import { describeVectors, vectorJson, vectorPath } from '../support/vectors.js'
import { backend, chainOf, HASH, key, type Members, otherKey } from './support.js'

const chain = chainOf(['workflow_manifest'], ['action_receipt'], ['workflow_closed', { total_calls: 1 }])
const receipts = chain as unknown as SignedReceipt[]
const check = (given: unknown[], keys: ChainKeys = key.publicKey) =>
  verifyChain(given as SignedReceipt[], keys, { backend })

it('a hole in the array is no receipt', async () => {
  for (const [given, holes] of [
    [new Array(3), [0, 1, 2]],
    [Object.assign(new Array(4), receipts), [3]],
  ] as const) {
    const { valid, errors } = await check(given)
    expect(valid).toBe(false)
    expect(errors.map(({ file_index, code }) => [file_index, code])).toEqual(
      holes.map((hole) => [hole, 'L1_INVALID']),
    )
    expect(errors[0]?.message).toContain('MALFORMED_RECEIPT')
  }
})

it('the quick start prints true, [] and []', async () => {
  const seed = new Uint8Array(32).fill(9)
  const common = {
    workflow_id: 'wf_01J5Q7XP8R',
    workflow_id_source: 'nonsudo_generated',
    agent_id: 'agent_prod_01',
  } as const
  const genesis = createReceipt({
    ...common,
    record_type: 'workflow_manifest',
    policy_bundle_hash: 'sha256:abc123...',
    initiator_id: 'user@example.com',
    workflow_owner: 'team-alpha',
    session_budget: { USD: 1000.0 },
    declared_tools: ['stripe_refund', 'stripe_charge'],
  })
  const signed1 = await signReceipt(genesis, seed, 'my-key-1')
  const action = createReceipt({
    ...common,
    record_type: 'action_receipt',
    policy_bundle_hash: 'sha256:abc123...',
    tool_name: 'stripe_refund',
    params_canonical_hash: 'sha256:def456...',
    decision: 'STEP_UP',
    decision_reason: 'policy threshold exceeded',
    blast_radius: 'MED',
    reversible: false,
    state_version_before: 0,
    state_version_after: 1,
  })
  const signed2 = await signReceipt(chainReceipt(action, signed1), seed, 'my-key-1')
  const publicKey = createPureBackend().importSeed(seed, ['receipt']).publicKey
  const verification = await verifyChain([signed1, signed2], publicKey)
  expect(verification).toMatchObject({
    valid: true,
    complete: false,
    errors: [],
    gaps: [],
    reason: 'chain valid',
  })
  expect(verification.warnings.map(({ code }) => code)).toContain('INVALID_HASH_FORMAT') // D-49: only a warning
})

it('no receipts are valid and not complete', async () => {
  expect(await check([])).toEqual({
    valid: true,
    complete: false,
    gaps: [],
    errors: [],
    warnings: [],
    reason: 'empty chain',
  })
})

it('receipts may come in any order; index is the place after sorting', async () => {
  expect(await check([...receipts].reverse())).toMatchObject({ valid: true, complete: true, errors: [] })
  const changed = { ...chain[1], decision: 'BLOCK' }
  const { errors, valid, reason } = await check([chain[2], changed, chain[0]])
  expect(valid).toBe(false)
  expect(errors).toMatchObject([
    { index: 1, file_index: 1, sequenceNumber: 1, code: 'L1_INVALID' },
    { index: 2, file_index: 0, sequenceNumber: 2, code: 'HASH_MISMATCH' },
  ])
  expect(reason).toBe(`L1_INVALID: ${errors[0]!.message}`)
})

it('every failure of L1 is L1_INVALID, with the finer code in the message (R-30)', async () => {
  const block = { ...(chain[2]!.signature as object), alg: 'none' }
  const { errors } = await check([...chain.slice(0, 2), { ...chain[2], signature: block }])
  expect(errors).toMatchObject([{ code: 'L1_INVALID', message: expect.stringMatching(/^ALG_UNSUPPORTED: /) }])
})

it('a gap names the number after it', async () => {
  const { gaps, errors } = await check([chain[0], chain[2]])
  expect(gaps).toEqual([2])
  expect(errors.map(({ code }) => code)).toEqual(['INCOMPLETE_CHAIN', 'HASH_MISMATCH'])
})

it('keys come as bytes, map, object, function or key set', async () => {
  const all: ChainKeys[] = [
    key.publicKey,
    new Map([['k1', key.publicKey]]),
    { k1: key.publicKey },
    (keyId) => (keyId === 'k1' ? key.publicKey : null),
    async (keyId) => (keyId === 'k1' ? key.publicKey : undefined),
    singleKey(key.publicKey),
  ]
  for (const keys of all) expect((await check(receipts, keys)).valid).toBe(true)
  for (const keys of [otherKey.publicKey, new Map(), {}, { k2: key.publicKey }, () => null] as ChainKeys[])
    expect((await check(receipts, keys)).errors.map(({ code }) => code)).toEqual(Array(3).fill('L1_INVALID'))
  await expect(check(receipts, new Uint8Array(31))).rejects.toThrow(RangeError)
  await expect(check(receipts, { k1: new Uint8Array(31) })).rejects.toThrow(RangeError)
  const named = chain.map((receipt) => ({
    ...receipt,
    signature: { ...(receipt.signature as object), key_id: 'constructor' },
  }))
  expect((await check(named, {})).errors[0]?.message).toContain('KEY_ID_UNKNOWN')
})

it('nothing is thrown for receipts, whatever they are', async () => {
  const cycle: Members = { ...chain[1] }
  cycle.extra = cycle
  let reads = 0
  const shifting = new Proxy(chain[1] as Members, {
    get: (target, name) => (name === 'decision' && reads++ > 0 ? 'BLOCK' : Reflect.get(target, name)),
  })
  const throwing = Object.defineProperty({ ...chain[1] }, 'decision', {
    enumerable: true,
    get() {
      throw new Error('trap')
    },
  })
  for (const bad of [
    null,
    undefined,
    5,
    'x',
    [],
    {},
    cycle,
    throwing,
    { ...chain[1], sequence_number: Number.NaN },
  ]) {
    const { valid } = await check([chain[0], bad, chain[2]])
    expect(valid, String(bad)).toBe(false)
  }
  expect((await check([chain[0], shifting, chain[2]])).valid).toBe(true) // read once
  expect(reads).toBe(1)
})

describeVectors('L4 with the reference’s answers', () => {
  const rows = vectorJson<(VectorRow & { ref_ts?: { L4?: string } })[]>('var/index.json')
  /** Tuples that the reference joins with ":" and takes for one. */
  const BETTER = new Set(['adversarial/l4-dedupe-tuple-separator.ndjson'])

  it('verifyL4 agrees on every chain that the reference reads', async () => {
    let compared = 0
    for (const { file, expect: expected, ref_ts } of rows) {
      const wanted = ref_ts?.L4
      if (file === undefined || wanted === undefined || wanted === 'THROW') continue
      const objects = readFileSync(vectorPath(`var/${file}`), 'utf8')
        .split('\n')
        .flatMap((line) => {
          try {
            return line.trim() === '' ? [] : [JSON.parse(line) as SignedReceipt]
          } catch {
            return []
          }
        })
      const { status } = await verifyL4(objects)
      expect(status, file).toBe(BETTER.has(file) ? expected?.L4 : wanted)
      compared++
    }
    expect(compared).toBeGreaterThan(100)
  })

  it('verifyL4 never throws', async () => {
    expect(await verifyL4([null, 5, [], {}] as unknown as SignedReceipt[])).toEqual({
      status: 'N/A',
      violations: [],
    })
  })
})

it('an open money action, a repeated key and a used-up budget are named', async () => {
  const post = { terminal_outcome: 'SUCCESS', idempotency_key: 'k', pre_receipt_id: 'id-1' }
  const { status, violations } = await verifyL4(
    chainOf(
      ['workflow_manifest'],
      ['action_receipt', { money_action: true, params_canonical_hash: HASH }],
      ['action_receipt', { money_action: true }],
      ['post_receipt', post],
      ['post_receipt', post],
      ['budget_warning', { threshold_pct: 90 }],
      ['budget_warning', { threshold_pct: 100 }],
    ) as unknown as SignedReceipt[],
  )
  expect(status).toBe('FAIL')
  expect(violations.map(({ code, receiptId }) => `${code} ${receiptId}`)).toEqual([
    'MISSING_POST_RECEIPT id-2',
    'DUPLICATE_IDEMPOTENCY_KEY id-4',
    'BUDGET_WARNING id-5',
    'BUDGET_CAP_ENFORCED id-6',
  ])
})
