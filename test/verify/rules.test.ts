// Every code of L1, L2 and the line reader: a chain that is genuinely signed and wrong in one way only. What is
// listed with a chain is all that is found, so a rule that is missing, or fires too often, is noticed.
import { expect, it, vi } from 'vitest'
import { jcs } from '../../src/codec/jcs.js'
import { keySetOf, singleKey } from '../../src/crypto/key-set.js'
import { receiptHash } from '../../src/receipt/hash.js'
import type { KeyResolver } from '../../src/verify/signatures.js'
import {
  chainOf,
  HASH,
  key,
  keys,
  type Members,
  ndjson,
  otherKey,
  type Step,
  sign,
  verify,
} from './support.js'

const MANIFEST: Step = ['workflow_manifest']
const ACTION: Step = ['action_receipt']
const action = (members: Members): Step => ['action_receipt', members]
const closed = (total_calls = 0, total_blocked = 0): Step => [
  'workflow_closed',
  { total_calls, total_blocked },
]
const deadLetter = (members: Members): Step =>
  action({
    queue_status: 'DEAD_LETTER',
    decision: 'FAIL_CLOSED',
    failure_reason: 'queue_timeout',
    fallback_policy: 'fail_closed',
    state_version_after: 0,
    ...members,
  })

/** A chain whose last receipt has its members changed after signing. */
function altered(members: (last: Members) => Members, ...steps: Step[]): Members[] {
  const chain = chainOf(...steps)
  const last = chain.at(-1) as Members
  return [...chain.slice(0, -1), { ...last, ...members(last) }]
}
const block = (change: Members) => (last: Members) => ({
  signature: { ...(last.signature as Members), ...change },
})
const sigOf = (receipt: Members) => (receipt.signature as { sig: string }).sig

const bareKey = keys
const keySet = keySetOf([{ keyId: 'k1', publicKey: key.publicKey }])
const twoKeys = keySetOf([
  { keyId: 'k1', publicKey: key.publicKey },
  { keyId: 'k2', publicKey: otherKey.publicKey },
])

function resigned(keyId: string, signer = otherKey): Members[] {
  const chain = chainOf(MANIFEST)
  const last = chainOf(MANIFEST, closed())[1] as Members
  return [...chain, sign({ ...last, signature: undefined }, signer, keyId)]
}

type Case = readonly [
  name: string,
  input: string | readonly Members[],
  found: readonly string[],
  options?: { keys?: KeyResolver; requireComplete?: boolean },
]

const CASES: readonly Case[] = [
  // lines
  ['blank lines and CRLF', ndjson(chainOf(MANIFEST, closed())).replaceAll('\n', '\r\n \t\n\n'), []],
  ['no line feed at the end', ndjson(chainOf(MANIFEST, closed())).trimEnd(), []],
  ['a torn last line', `${ndjson(chainOf(MANIFEST, closed()))}{"receipt_id":"`, ['L1 fail MALFORMED_LINE']],
  ['two values on a line', `${ndjson(chainOf(MANIFEST, closed()))}{}{}`, ['L1 fail MALFORMED_LINE']],
  [
    'a byte order mark',
    `\ufeff${ndjson(chainOf(MANIFEST, closed()))}`,
    [
      'L1 fail MALFORMED_LINE',
      'L2 fail MISSING_MANIFEST',
      'L2 fail SEQUENCE_ERROR',
      'L2 fail NULL_HASH_EXPECTED',
    ],
  ],
  ['null on a line', `${ndjson(chainOf(MANIFEST, closed()))}null\n`, ['L1 fail MALFORMED_RECEIPT']],
  ['an array on a line', `${ndjson(chainOf(MANIFEST, closed()))}[]\n`, ['L1 fail MALFORMED_RECEIPT']],
  ['a name twice', `${ndjson(chainOf(MANIFEST, closed()))}{"a":1,"a":1}\n`, ['L1 fail DUPLICATE_JSON_KEY']],
  [
    'an unsafe integer',
    `${ndjson(chainOf(MANIFEST, closed()))}{"a":9007199254740993}\n`,
    ['L1 fail UNSAFE_NUMBER'],
  ],
  ['infinity', `${ndjson(chainOf(MANIFEST, closed()))}{"a":1e400}\n`, ['L1 fail UNSAFE_NUMBER']],
  [
    'a lone surrogate',
    `${ndjson(chainOf(MANIFEST, closed()))}{"a":"\\ud800"}\n`,
    ['L1 fail INVALID_UNICODE'],
  ],
  [
    'deep nesting',
    `${ndjson(chainOf(MANIFEST, closed()))}${'{"a":'.repeat(99)}`,
    ['L1 fail NESTING_TOO_DEEP'],
  ],

  // L1
  ['no signature', altered(() => ({ signature: null }), MANIFEST, closed()), ['L1 fail L1_INVALID']],
  ['a changed field', altered(() => ({ total_spend: 5 }), MANIFEST, closed()), ['L1 fail L1_INVALID']],
  ['another algorithm', altered(block({ alg: 'none' }), MANIFEST, closed()), ['L1 fail ALG_UNSUPPORTED']],
  [
    'algorithm in lower case',
    altered(block({ alg: 'ed25519' }), MANIFEST, closed()),
    ['L1 fail ALG_UNSUPPORTED'],
  ],
  [
    'key_id is a path',
    altered(block({ key_id: '../k' }), MANIFEST, closed()),
    ['L1 fail INVALID_KEY_ID', 'L1 warn KEY_ID_CHANGE'],
  ],
  ['key_id is absent', altered(block({ key_id: undefined }), MANIFEST, closed()), ['L1 fail INVALID_KEY_ID']],
  [
    'padded signature',
    altered((last) => block({ sig: `${sigOf(last)}==` })(last), MANIFEST, closed()),
    ['L1 fail SIG_ENCODING'],
  ],
  [
    'weak key',
    chainOf(MANIFEST, closed()),
    ['L1 fail WEAK_PUBLIC_KEY', 'L1 fail WEAK_PUBLIC_KEY'],
    {
      keys: singleKey(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0))),
    },
  ],
  [
    'unknown key_id, key set',
    altered(block({ key_id: 'k9' }), MANIFEST, closed()),
    ['L1 fail KEY_ID_UNKNOWN', 'L1 warn KEY_ID_CHANGE'],
    { keys: keySet },
  ],
  [
    'unknown key_id, bare key',
    altered(block({ key_id: 'k9' }), MANIFEST, closed()),
    ['L1 warn KEY_ID_CHANGE'],
    {
      keys: bareKey,
    },
  ],
  ['rotation within a key set', resigned('k2'), ['L1 warn KEY_ID_CHANGE'], { keys: twoKeys }],
  ['signed by another key of the set', resigned('k1'), ['L1 fail L1_INVALID'], { keys: twoKeys }],
  [
    'unknown record_type',
    chainOf(MANIFEST, ['heartbeat', { spec_version: 'var/1.0' }], closed()),
    ['L1 fail UNKNOWN_RECORD_TYPE'],
  ],
  [
    'record_type of the prototype',
    chainOf(MANIFEST, ['constructor', { spec_version: 'var/1.0' }], closed()),
    ['L1 fail UNKNOWN_RECORD_TYPE'],
  ],
  ['a foreign member', altered(() => ({ extra: 1 }), MANIFEST, closed()), ['L1 warn UNSIGNED_FIELD']],
  [
    'a foreign member in the block',
    altered(block({ extra: 1 }), MANIFEST, closed()),
    ['L1 warn UNSIGNED_FIELD'],
  ],
  [
    'failure_reason on a completed call',
    altered(() => ({ failure_reason: 'x' }), MANIFEST, ACTION),
    ['L1 warn UNSIGNED_FIELD'],
  ],
  [
    'a label without token',
    altered(() => ({ tsa_id: 'digicert' }), MANIFEST, closed()),
    ['L1 warn UNSIGNED_FIELD'],
  ],

  // L2: structure
  ['empty', '', ['L2 fail EMPTY_CHAIN']],
  ['only blanks', '\n \r\n', ['L2 fail EMPTY_CHAIN']],
  ['no manifest', chainOf(closed()), ['L2 fail MISSING_MANIFEST']],
  ['begins at 1', chainOf(['workflow_manifest', { sequence_number: 1 }]), ['L2 fail SEQUENCE_ERROR']],
  [
    'begins with a link',
    chainOf(['workflow_manifest', { prev_receipt_hash: HASH }]),
    ['L2 fail NULL_HASH_EXPECTED'],
  ],
  ['a gap', chainOf(MANIFEST, ['workflow_closed', { sequence_number: 2 }]), ['L2 fail INCOMPLETE_CHAIN']],
  [
    'a number twice',
    chainOf(MANIFEST, ['workflow_closed', { sequence_number: 0 }]),
    ['L2 fail INCOMPLETE_CHAIN'],
  ],
  [
    'a wrong link',
    chainOf(MANIFEST, ['workflow_closed', { prev_receipt_hash: HASH }]),
    ['L2 fail HASH_MISMATCH'],
  ],
  ['no link', chainOf(MANIFEST, ['workflow_closed', { prev_receipt_hash: null }]), ['L2 fail HASH_MISMATCH']],
  [
    'another workflow',
    chainOf(MANIFEST, ['workflow_closed', { workflow_id: 'v' }]),
    ['L2 fail WORKFLOW_ID_MISMATCH'],
  ],
  [
    'another version',
    chainOf(MANIFEST, ['workflow_closed', { spec_version: 'var/2.0' }]),
    ['L2 fail UNKNOWN_SPEC_VERSION'],
  ],
  ['a receipt after the close', chainOf(MANIFEST, closed(), ACTION), ['L2 fail RECEIPT_AFTER_CLOSE']],
  ['two closes', chainOf(MANIFEST, closed(), closed()), ['L2 fail RECEIPT_AFTER_CLOSE']],
  ['an unknown decision', chainOf(MANIFEST, action({ decision: 'MAYBE' })), ['L2 fail UNKNOWN_ENUM']],
  ['a missing decision', chainOf(MANIFEST, action({ decision: undefined })), ['L2 fail MALFORMED_RECEIPT']],
  ['a decision that is a number', chainOf(MANIFEST, action({ decision: 1 })), ['L2 fail MALFORMED_RECEIPT']],
  [
    'a number that is text',
    chainOf(MANIFEST, ['workflow_closed', { sequence_number: '1' }]),
    ['L2 fail MALFORMED_RECEIPT'],
  ],
  [
    'a default left out',
    chainOf(['workflow_manifest', { framework_ref: undefined }]),
    ['L2 warn MALFORMED_RECEIPT'],
  ],
  [
    'a very long id',
    chainOf(['workflow_manifest', { receipt_id: 'x'.repeat(257) }]),
    ['L2 warn MALFORMED_RECEIPT'],
  ],
  ['open', chainOf(MANIFEST), []],
  ['open, completeness required', chainOf(MANIFEST), ['L2 fail CHAIN_OPEN'], { requireComplete: true }],
  ['closed, completeness required', chainOf(MANIFEST, closed()), [], { requireComplete: true }],

  // L2: contradictions
  [
    'a hash that is none',
    chainOf(MANIFEST, action({ params_canonical_hash: 'sha256:abc123...' })),
    ['L2 warn INVALID_HASH_FORMAT'],
  ],
  ['a time that is none', chainOf(MANIFEST, action({ issued_at: 'noon' })), ['L2 warn INVALID_TIMESTAMP']],
  [
    'a time 301 s back',
    chainOf(MANIFEST, action({ issued_at: '2026-02-28T23:54:59Z' }), ACTION),
    ['L2 warn TIME_REGRESSION'],
  ],
  ['a time 300 s back', chainOf(MANIFEST, action({ issued_at: '2026-02-28T23:55:00Z' }), ACTION), []],
  [
    'a time that is none, then one that is 301 s back',
    chainOf(MANIFEST, action({ issued_at: 'noon' }), action({ issued_at: '2026-02-28T23:54:59Z' })),
    ['L2 warn INVALID_TIMESTAMP', 'L2 warn TIME_REGRESSION'],
  ],
  [
    'back in small steps',
    chainOf(
      MANIFEST,
      action({ issued_at: '2026-02-28T23:57:00Z' }),
      action({ issued_at: '2026-02-28T23:54:00Z' }),
    ),
    ['L2 warn TIME_REGRESSION'],
  ],
  ['two manifests', chainOf(MANIFEST, MANIFEST, closed()), ['L2 warn DUPLICATE_MANIFEST']],
  [
    'an id twice',
    chainOf(MANIFEST, action({ receipt_id: 'id-0' }), closed(1)),
    ['L2 warn DUPLICATE_RECEIPT_ID'],
  ],
  [
    'an id twice, in kinds of different fields',
    chainOf(MANIFEST, ['post_receipt', { post_receipt_id: 'id-0' }]),
    ['L2 warn DUPLICATE_RECEIPT_ID'],
  ],
  ['another agent', chainOf(MANIFEST, action({ agent_id: 'b' })), ['L2 warn AGENT_ID_MISMATCH']],
  [
    'another policy from one receipt on',
    chainOf(
      MANIFEST,
      action({ policy_bundle_hash: `sha256:${'1'.repeat(64)}` }),
      action({ policy_bundle_hash: `sha256:${'1'.repeat(64)}` }),
    ),
    ['L2 warn POLICY_HASH_CHANGE'],
  ],
  [
    'right totals',
    chainOf(MANIFEST, ACTION, action({ decision: 'STEP_UP' }), deadLetter({}), closed(3, 2)),
    [],
  ],
  ['wrong total of calls', chainOf(MANIFEST, ACTION, closed(2, 0)), ['L2 warn CLOSE_TOTALS_MISMATCH']],
  [
    'wrong total of blocked calls',
    chainOf(MANIFEST, action({ decision: 'BLOCK' }), closed(1, 0)),
    ['L2 warn CLOSE_TOTALS_MISMATCH'],
  ],
  [
    'a state version that falls',
    chainOf(MANIFEST, action({ state_version_before: 2 })),
    ['L2 warn STATE_VERSION_MISMATCH'],
  ],
  ['a state version that moves on BLOCK', chainOf(MANIFEST, action({ decision: 'BLOCK' })), []], // D-49
  [
    'a dead letter that moves the state',
    chainOf(MANIFEST, deadLetter({ state_version_after: 1 })),
    ['L2 warn STATE_VERSION_MISMATCH'],
  ],
  [
    'a dead letter that failed open',
    chainOf(MANIFEST, deadLetter({ decision: 'FAIL_OPEN', fallback_policy: 'fail_open' })),
    [],
  ],
  [
    'a dead letter that contradicts itself',
    chainOf(MANIFEST, deadLetter({ decision: 'FAIL_OPEN' })),
    ['L2 warn DEAD_LETTER_INCONSISTENT'],
  ],
  [
    'a dead letter that was allowed',
    chainOf(MANIFEST, deadLetter({ decision: 'ALLOW' })),
    ['L2 warn DEAD_LETTER_INCONSISTENT'],
  ],
  [
    'a dead letter without fallback',
    chainOf(MANIFEST, deadLetter({ fallback_policy: undefined })),
    ['L2 fail MALFORMED_RECEIPT', 'L2 warn DEAD_LETTER_INCONSISTENT'],
  ],
  [
    'an undeclared tool',
    chainOf(['workflow_manifest', { declared_tools: ['other'] }], ACTION),
    ['L2 warn UNDECLARED_TOOL'],
  ],
  [
    'an undeclared tool, blocked',
    chainOf(['workflow_manifest', { declared_tools: ['other'] }], action({ decision: 'BLOCK' })),
    [],
  ],
  ['a declared tool', chainOf(['workflow_manifest', { declared_tools: ['read_file'] }], ACTION), []],
  [
    'declared by a second manifest only',
    chainOf(
      ['workflow_manifest', { declared_tools: ['other'] }],
      ['workflow_manifest', { declared_tools: ['read_file'] }],
      ACTION,
    ),
    ['L2 warn DUPLICATE_MANIFEST', 'L2 warn UNDECLARED_TOOL'],
  ],
  [
    'joined without parent',
    chainOf(['workflow_manifest', { workflow_id_source: 'parent_join' }]),
    ['L2 warn PARENT_MISSING'],
  ],
  [
    'joined with parent',
    chainOf(['workflow_manifest', { workflow_id_source: 'parent_join', parent_workflow_id: 'p' }]),
    [],
  ],
  [
    'degraded session',
    chainOf(MANIFEST, action({ billable_reason: 'DEGRADED_SESSION' })),
    ['L2 warn DEGRADED_STATE'],
  ],
  [
    'state unavailable',
    chainOf(MANIFEST, ['post_receipt', { degraded_reason: 'STATE_UNAVAILABLE' }]),
    ['L2 warn DEGRADED_STATE'],
  ],
  [
    'approval down',
    chainOf(MANIFEST, ['post_receipt', { degraded_reason: 'APPROVAL_CHANNEL_DOWN' }]),
    ['L2 warn DEGRADED_APPROVAL'],
  ],
  [
    'cached taxonomy',
    chainOf(['workflow_manifest', { taxonomy_status: 'CACHED' }]),
    ['L2 warn TAXONOMY_CACHED'],
  ],
  ['a restart', chainOf(MANIFEST, ['recovery_event']), ['L2 note CRASH_RECOVERY']],
  [
    'a restart with its outcomes',
    chainOf(
      MANIFEST,
      ['recovery_event', { recovered_open_pres_count: 2 }],
      ['post_receipt', { terminal_outcome: 'CANCELED' }],
      ['post_receipt', { terminal_outcome: 'TIMEOUT' }],
      ['post_receipt', { terminal_outcome: 'SUCCESS' }],
      ['post_receipt', { terminal_outcome: 'CANCELED' }],
    ),
    ['L2 note CRASH_RECOVERY'],
  ],
  [
    'a restart with fewer outcomes',
    chainOf(
      MANIFEST,
      ['recovery_event', { recovered_open_pres_count: 2 }],
      ['post_receipt', { terminal_outcome: 'CANCELED' }],
    ),
    ['L2 note CRASH_RECOVERY', 'L2 warn RECOVERY_COUNT_MISMATCH'],
  ],
  [
    'a restart with more outcomes',
    chainOf(MANIFEST, ['recovery_event'], ['post_receipt', { terminal_outcome: 'CANCELED' }], ACTION),
    ['L2 note CRASH_RECOVERY', 'L2 warn RECOVERY_COUNT_MISMATCH'],
  ],
  [
    'a restart with a corrupt index',
    chainOf(MANIFEST, ['recovery_event', { index_status: 'CORRUPT', recovered_open_pres_count: 5 }]),
    ['L2 note CRASH_RECOVERY', 'L2 warn RECOVERY_INCOMPLETE'],
  ],
  [
    'a rebuilt index',
    chainOf(MANIFEST, ['recovery_event', { index_status: 'REBUILT' }]),
    ['L2 note CRASH_RECOVERY', 'L2 warn RECOVERY_INCOMPLETE'],
  ],
  [
    'outcomes of older texts',
    chainOf(
      MANIFEST,
      ['post_receipt', { terminal_outcome: 'FAILED' }],
      ['post_receipt', { terminal_outcome: 'PENDING' }],
    ),
    [],
  ],
  [
    'an untagged call by its name',
    chainOf(MANIFEST, action({ tool_name: 'Stripe_REFUND', money_action: false })),
    ['L2 warn MONEY_ACTION_TAG_MISSING'],
  ],
  [
    'a tagged call by its name',
    chainOf(MANIFEST, action({ tool_name: 'stripe_refund', money_action: true })),
    [],
  ],
  [
    'an overridden call by its name',
    chainOf(
      ['workflow_manifest', { money_action_overrides: ['transfer_notes'] }],
      action({ tool_name: 'transfer_notes', money_action: undefined }),
      ['post_receipt', { pre_receipt_id: 'id-1' }],
    ),
    [],
  ],
  [
    'an untagged call with an outcome',
    chainOf(MANIFEST, action({ money_action: undefined }), ['post_receipt', { pre_receipt_id: 'id-1' }]),
    ['L2 warn MONEY_ACTION_TAG_MISSING'],
  ],
  [
    'an untagged call without outcome',
    chainOf(MANIFEST, action({ money_action: undefined }), ['post_receipt', { pre_receipt_id: 'id-0' }]),
    [],
  ],
  [
    'a call tagged false with an outcome',
    chainOf(MANIFEST, ACTION, ['post_receipt', { pre_receipt_id: 'id-1' }]),
    [],
  ],
  [
    'an untagged call by its name with an outcome: once',
    chainOf(MANIFEST, action({ tool_name: 'payout', money_action: undefined }), [
      'post_receipt',
      { pre_receipt_id: 'id-1' },
    ]),
    ['L2 warn MONEY_ACTION_TAG_MISSING'],
  ],
]

for (const [name, input, found, options = {}] of CASES) {
  it(`${name}: ${found.length === 0 ? 'nothing' : found.join(', ')}`, async () => {
    const { keys: trusted = keys, ...rest } = options
    const { findings, layers } = await verify(input, rest, trusted)
    const got = findings.map(({ layer, severity, code }) => `${layer} ${severity} ${code}`)
    expect(got.sort()).toEqual([...found].sort())
    for (const layer of ['L1', 'L2'] as const) {
      const failed = found.some((entry) => entry.startsWith(`${layer} fail`))
      const expected = failed ? 'FAIL' : found.includes('L2 fail EMPTY_CHAIN') ? 'SKIPPED' : 'PASS'
      expect(layers[layer].status).toBe(expected)
    }
  })
}

it('a finding says where it is', async () => {
  const chain = chainOf(MANIFEST, ACTION, closed(2))
  const text = `\n${ndjson(chain.slice(1))}\r\n${jcs(chain[0])}`
  const { findings } = await verify(text)
  expect(findings).toEqual([
    {
      layer: 'L2',
      severity: 'warn',
      code: 'CLOSE_TOTALS_MISMATCH',
      message: 'the chain has 1 calls, 0 of them blocked',
      index: 2,
      file_index: 2,
      sequence_number: 2,
      receipt_id: 'id-2',
    },
  ])
})

it('the report names workflow, head, count and completeness', async () => {
  const chain = chainOf(MANIFEST, ACTION, closed(1))
  const open = await verify(chain.slice(0, 2))
  expect(open.chain).toEqual({
    workflow_id: 'w',
    complete: false,
    count: 2,
    head: receiptHash(chain[1] as Members),
  })
  const whole = await verify(chain)
  expect(whole.chain).toEqual({
    workflow_id: 'w',
    complete: true,
    count: 3,
    head: receiptHash(chain[2] as Members),
  })
  expect(whole.layers).toMatchObject({
    L4: { status: 'SKIPPED' },
    L5: { status: 'SKIPPED' },
    L6: { status: 'SKIPPED' },
  })
  expect(whole.not_checked.map(({ axis }) => axis)).toEqual(['L3', 'L4', 'L5', 'L6'])
})

it('names of foreign members never reach a message as they are', async () => {
  const chain = altered(() => ({ '\u001b[31mred': 1, b: 1, c: 1, d: 1, e: 1, f: 1 }), MANIFEST)
  const { findings } = await verify(chain)
  expect(findings.map(({ message }) => message)).toEqual([
    '(unprintable name), b, c, d, e and 1 more: covered by no signature',
  ])
})

it('work and memory grow in step with foreign members', async () => {
  const foreign = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`m${i}`, 0]))
  const chain = altered(
    (last) => ({ ...foreign, signature: { ...(last.signature as Members), ...foreign } }),
    MANIFEST,
  )
  const set = vi.spyOn(Map.prototype, 'set')
  const { findings } = await verify(chain)
  const names = set.mock.calls.map(([, value]) => (Array.isArray(value) ? value.length : 0))
  set.mockRestore()
  expect(findings.map(({ message }) => message)).toEqual([
    'm0, m1, m10, m100, m1000 and 3995 more: covered by no signature',
  ])
  expect(names.reduce((sum, length) => sum + length, 0)).toBeLessThan(10_000) // one list, not one for each name
})
