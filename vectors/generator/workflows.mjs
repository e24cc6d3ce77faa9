// Workflows of a real runtime, one for each thing that can happen. Each row: what it shows, how its world is made,
// what is done in it, and what the verifier must say beyond "everything holds".
import { digestOf, testKey, utf8 } from './primitives.mjs'
import { openWorld, settle } from './world.mjs'

export const KEY = testKey(1)
export const NEXT_KEY = testKey(2)
/** A key that no verifier is told to trust. */
export const STRANGE_KEY = testKey(3)

const rule = (tool, decision, more = {}) => ({
  tool,
  decision,
  reason: `rule for ${tool}`,
  blast_radius: 'LOW',
  reversible: true,
  ...more,
})
const money = (tool, decision, more = {}) =>
  rule(tool, decision, { money_action: true, amount_field: 'amount', reversible: false, ...more })
const LARGE_REFUND = money('stripe_refund', 'STEP_UP', {
  blast_radius: 'MED',
  params: { conditions: [{ field: 'amount', op: 'gt', value: 50000 }] },
})
const policyOf = (...rules) => ({ default: 'BLOCK', rules })
const READ = policyOf(rule('read_note', 'ALLOW'))

/** A call that takes 40 ms and gives `answer`; refusals and failures of the tool are part of the story. */
async function call(world, workflow, tool, args, run = () => ({ text: 'done' })) {
  world.clock.advance(10)
  const answer = (given) => {
    world.clock.advance(40)
    return run(given)
  }
  await workflow.call(tool, args, answer).catch((error) => {
    if (!['ERR_RUNTIME_DECISION', 'ERR_TEST_TOOL'].includes(error.code)) throw error
  })
}

/** A call as the gateway makes it, with digests of the raw frames in the annex. */
async function gatewayCall(world, workflow, tool, args, outcome = 'SUCCESS') {
  world.clock.advance(10)
  const request = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: tool, arguments: args },
  })
  const response = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}'
  const ticket = await workflow.begin(tool, args)
  ticket.forwarded()
  world.clock.advance(40)
  await ticket.conclude(outcome, {
    response: utf8('{"content":[]}'),
    rawDigests: { request: digestOf(utf8(request)), response: digestOf(utf8(response)) },
  })
}

function toolError() {
  throw Object.assign(new Error('the tool failed'), { code: 'ERR_TEST_TOOL' })
}

const tools = (...declaredTools) => ({ agentId: 'agent-vectors', declaredTools })

/**
 * `world`: options of openWorld; `open`: options of openWorkflow; `run`: what happens, before the close.
 * `expect`: differences from a clean pass, in the words of expectations.mjs.
 */
export const WORKFLOWS = {
  base: {
    why: 'two allowed calls through a gateway with their raw digests in the annex, and a blocked one; the negative vectors start from here',
    world: { policy: READ },
    open: tools('read_note', 'delete_note'),
    async run(world, workflow) {
      await gatewayCall(world, workflow, 'read_note', { id: 1 })
      await call(world, workflow, 'delete_note', { id: 1 })
      await gatewayCall(world, workflow, 'read_note', { id: 2 })
    },
  },
  allowed: {
    why: 'one allowed call that succeeds',
    world: { policy: READ },
    open: tools('read_note'),
    run: (world, workflow) => call(world, workflow, 'read_note', { id: 7 }),
    expect: { annex: 'N/A' },
  },
  blocked: {
    why: 'a call that the policy blocks leaves a receipt and no outcome',
    world: { policy: policyOf(rule('delete_note', 'BLOCK', { blast_radius: 'HIGH', reversible: false })) },
    open: tools('delete_note'),
    run: (world, workflow) => call(world, workflow, 'delete_note', { id: 7 }),
    expect: { annex: 'N/A' },
  },
  'step-up': {
    why: 'a call that needs a person is not made',
    world: { policy: policyOf(rule('send_mail', 'STEP_UP', { blast_radius: 'MED' })) },
    open: tools('send_mail'),
    run: (world, workflow) => call(world, workflow, 'send_mail', { to: 'someone@example.com' }),
    expect: { annex: 'N/A' },
  },
  'fail-open': {
    why: 'a call that goes out because the policy says FAIL_OPEN in writing',
    world: { policy: policyOf(rule('read_note', 'FAIL_OPEN')) },
    open: tools('read_note'),
    run: (world, workflow) => call(world, workflow, 'read_note', { id: 7 }),
    expect: { annex: 'N/A' },
  },
  timeout: {
    why: 'a call without an answer in time: post-receipt TIMEOUT',
    world: { policy: policyOf(rule('slow_report', 'ALLOW', { queue_timeout_ms: 400 })) },
    open: tools('slow_report'),
    async run(world, workflow) {
      const late = workflow.call('slow_report', {}, () => new Promise(() => {})).catch((error) => error)
      await settle()
      world.clock.advance(400)
      const { code } = await late
      if (code !== 'ERR_RUNTIME_TIMEOUT') throw new Error(`expected a time-out, got ${code}`)
    },
    expect: { annex: 'N/A' },
  },
  'tool-error': {
    why: 'the tool fails: post-receipt ERROR',
    world: { policy: READ },
    open: tools('read_note'),
    run: (world, workflow) => call(world, workflow, 'read_note', { id: 7 }, toolError),
    expect: { annex: 'N/A' },
  },
  'params-not-canonical': {
    why: 'a gateway that cannot read the arguments canonically blocks and hashes the raw bytes',
    world: { policy: READ },
    open: tools('read_note'),
    async run(_, workflow) {
      const rawDigest = digestOf(utf8('{"id":1,"id":2}'))
      await workflow.begin('read_note', {}, { refuse: 'params_not_canonical', rawDigest })
    },
    expect: { annex: 'N/A' },
  },
  'clock-jump': {
    why: 'the clock is set back ten minutes and forward again: times never fall, the annex has the jumps',
    world: { policy: READ },
    open: tools('read_note'),
    async run(world, workflow) {
      await call(world, workflow, 'read_note', { id: 1 })
      world.clock.jump(-600_000)
      await call(world, workflow, 'read_note', { id: 2 })
      world.clock.jump(600_000)
    },
  },
  empty: {
    why: 'a workflow without calls',
    world: { policy: READ },
    open: tools('read_note'),
    run: async () => {},
    expect: { annex: 'N/A' },
  },
  'tools-undeclared': {
    why: 'a tool that the workflow did not declare is blocked, whatever the policy says',
    world: { policy: policyOf(rule('read_note', 'ALLOW'), rule('delete_note', 'ALLOW')) },
    open: tools('read_note'),
    run: (world, workflow) => call(world, workflow, 'delete_note', { id: 7 }),
    expect: { annex: 'N/A' },
  },
  'tools-unavailable': {
    why: 'the tool list could not be had: the manifest says so, and every call is blocked',
    world: { policy: READ },
    open: { agentId: 'agent-vectors', declaredTools: null },
    run: (world, workflow) => call(world, workflow, 'read_note', { id: 7 }),
    expect: { annex: 'N/A' },
  },
  parallel: {
    why: 'three calls at once, which end in another order: one chain, no fork',
    world: { policy: READ },
    open: tools('read_note'),
    async run(world, workflow) {
      const ends = []
      const calls = [1, 2, 3].map((id) =>
        workflow.call('read_note', { id }, () => new Promise((resolve) => ends.push(() => resolve({ id })))),
      )
      while (ends.length < calls.length) await settle()
      for (const end of ends.reverse()) {
        world.clock.advance(5)
        end()
        await settle()
      }
      await Promise.all(calls)
    },
    expect: { annex: 'N/A' },
  },
  'non-ascii': {
    why: 'names, arguments and facts outside ASCII and beyond the BMP',
    world: {
      policy: policyOf(rule('lire_résumé', 'ALLOW', { reason: 'читать можно' })),
      record: {
        model: { provider: 'プロバイダー', model_id: 'модель-😀' },
        dataClass: 'público',
        agentVersion: '1.0-β',
      },
    },
    open: {
      agentId: 'agent-ü😀',
      initiatorId: 'Zoë',
      workflowOwner: '株式会社',
      declaredTools: ['lire_résumé', '\u{1f600}', '\ufb33'],
    },
    run: (world, workflow) =>
      call(world, workflow, 'lire_résumé', { '\u{1f600}': 'e\u0301', '\ufb33': '\u2028\u007f', é: 1.5 }),
    expect: { annex: 'N/A' },
  },
  money: {
    why: 'money actions: within the limit, above it, without an amount, with a negative one',
    world: {
      policy: policyOf(LARGE_REFUND, money('stripe_refund', 'ALLOW'), money('stripe_charge', 'ALLOW')),
    },
    open: { ...tools('stripe_refund', 'stripe_charge'), sessionBudget: { USD: 100000 } },
    async run(world, workflow) {
      await call(world, workflow, 'stripe_refund', { amount: 40000 })
      await call(world, workflow, 'stripe_refund', { amount: 50001 })
      await call(world, workflow, 'stripe_charge', {})
      await call(world, workflow, 'stripe_charge', { amount: -1 })
    },
    expect: { annex: 'N/A' },
  },
  observe: {
    why: 'mode observe: what would be blocked goes out, the receipt says what enforcing would have answered, the record says advisory',
    world: { policy: policyOf(rule('delete_note', 'BLOCK')), mode: 'observe' },
    open: tools('delete_note'),
    run: (world, workflow) => call(world, workflow, 'delete_note', { id: 7 }),
    expect: { annex: 'N/A' },
  },
  challenged: {
    why: 'a relying party gave a challenge: it is in the binding documents',
    world: { policy: READ, challenge: '00112233445566778899aabbccddeeff' },
    open: tools('read_note'),
    run: (world, workflow) => call(world, workflow, 'read_note', { id: 7 }),
    expect: { annex: 'N/A' },
  },
  'ttl-expired': {
    why: 'the workflow outlives its time and closes itself',
    world: { policy: READ },
    open: { ...tools('read_note'), sessionTtlMs: 60_000 },
    async run(world) {
      world.clock.advance(60_000)
      await settle()
    },
    expect: { annex: 'N/A' },
  },
  'torn-down': {
    why: 'the runtime closes with a call open: it is concluded as CANCELED',
    world: { policy: READ },
    open: tools('read_note'),
    async run(world, workflow) {
      const ticket = await workflow.authorize('read_note', { id: 7 })
      ticket.forwarded()
      await world.runtime.close()
    },
    expect: { annex: 'N/A' },
  },
  open: {
    why: 'a workflow that is still under way: exit 2, and neither record nor evidence',
    world: { policy: READ },
    open: tools('read_note'),
    run: (world, workflow) => gatewayCall(world, workflow, 'read_note', { id: 7 }),
    stays: 'open',
    expect: { open: true, missing: ['record', 'evidence'] },
  },
  'open-required-complete': {
    why: 'the same, where the verifier requires an end',
    same: 'open',
    options: { require_complete: true },
    expect: { open: true, missing: ['record', 'evidence'], failures: ['CHAIN_OPEN'] },
  },
  'next-key': {
    why: 'the key was rotated between two workflows; the verifier trusts both',
    world: { policy: READ, key: NEXT_KEY },
    open: tools('read_note'),
    run: (world, workflow) => call(world, workflow, 'read_note', { id: 7 }),
    expect: { annex: 'N/A' },
  },
}

/** Runs a workflow; its export, as text by file name. */
export async function runWorkflow(name) {
  const { world: options, open, run, stays } = WORKFLOWS[name]
  const world = openWorld({ name, key: KEY, ...options })
  const workflow = await world.runtime.openWorkflow(open)
  await run(world, workflow)
  if (stays !== 'open') {
    world.clock.advance(10)
    await workflow.close()
  }
  const files = world.files()
  await world.runtime.close()
  return files
}
