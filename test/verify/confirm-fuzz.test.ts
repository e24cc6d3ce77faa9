// Native code never confirms what the verifier would refuse or remark on: chains that are genuinely signed, wrong in
// one or two ways, give the same report with and without it. TRACEVAR_LONG=1 tries a hundred times as many;
// TRACEVAR_SEED repeats a run.
import { expect, it } from 'vitest'
import { jcs } from '../../src/codec/jcs.js'
import type { Backend } from '../../src/crypto/backend.js'
import { type KeySet, keySetOf, singleKey } from '../../src/crypto/key-set.js'
import { receiptHash } from '../../src/receipt/hash.js'
import { verifyChainStream } from '../../src/verify/verify-chain-stream.js'
import { Random } from '../store/random.js'
import { describeConfirming } from './confirming.js'
import { below, MUTATE_LINE, MUTATE_RECEIPT, MUTATE_TEXT, pick } from './mutations.js'
import { bytesOf, key, type Members, otherKey, receiptOf, sign } from './support.js'

const ROUNDS = process.env.TRACEVAR_LONG === '1' ? 30_000 : 300
const SEED = Number(process.env.TRACEVAR_SEED ?? Date.now() % 1_000_000)

const TOOLS = ['read_file', 'stripe_refund', 'überweisen', 'a "quoted" tool']

/** A plain call or outcome. */
function plainStep(random: Random, i: number): readonly [string, Members] {
  if (random.chance(0.4))
    return [
      'post_receipt',
      { pre_receipt_id: `id-${1 + below(random, i + 1)}`, account_context: pick(random, [null, 'a']) },
    ]
  const tool = pick(random, TOOLS)
  const blocked = random.chance(0.1)
  return [
    'action_receipt',
    {
      tool_name: tool,
      money_action: tool === 'stripe_refund',
      ...(blocked ? { decision: 'BLOCK' } : {}),
      ...(random.chance(0.3) ? { amount_minor_units: below(random, 1000), mandate_id: 'm' } : {}),
      decision_reason: pick(random, ['r', 'no rule \u2014 default', 'tool "x" \\ \n', '😀', '']),
    },
  ]
}

/** Members in the order of a writer that does not write canonical JSON. */
function reordered(receipt: Members, random: Random, order: number): Members {
  if (order === 0) return receipt
  const names = Object.keys(receipt).sort(
    (a, b) => ((a.length * order) % 7) - ((b.length * order) % 7) || (a < b ? -1 : 1),
  )
  if (random.chance(0.01)) names.reverse()
  return Object.fromEntries(names.map((name) => [name, receipt[name]]))
}

/** What a chain consists of, as it grows. */
interface Chain {
  readonly lines: string[]
  previous: Members | undefined
  calls: number
  blocked: number
  /** Signed by the other key from here on. */
  isRotated: boolean
}

/** The next receipt, as it should be. */
function nextReceipt(chain: Chain, random: Random, isLast: boolean): Members {
  const sequence = chain.lines.length
  const manifest = {
    declared_tools: random.chance(0.3) ? [] : TOOLS,
    money_action_overrides: pick(random, [undefined, undefined, [], TOOLS]),
  }
  const [type, members]: readonly [string, Members] =
    sequence === 0
      ? ['workflow_manifest', manifest]
      : isLast && random.chance(0.5)
        ? ['workflow_closed', { total_calls: chain.calls, total_blocked: chain.blocked }]
        : plainStep(random, sequence)
  if (type === 'action_receipt') chain.calls++
  if (members.decision === 'BLOCK') chain.blocked++
  return receiptOf(type, sequence, {
    ...members,
    sequence_number: sequence,
    prev_receipt_hash: chain.previous === undefined ? null : receiptHash(chain.previous),
  })
}

/** Text of a chain: signed, linked, often wrong in a place or two; and what was done to it. */
function makeText(random: Random): { readonly text: string; readonly done: string[] } {
  const count = 5 + below(random, 80)
  const order = pick(random, [0, 0, 1, 2, 3])
  const faults = new Set(Array.from({ length: pick(random, [0, 0, 1, 1, 2]) }, () => below(random, count)))
  const done: string[] = []
  const chain: Chain = { lines: [], previous: undefined, calls: 0, blocked: 0, isRotated: false }
  for (let i = 0; i < count; i++) {
    const receipt = nextReceipt(chain, random, i === count - 1)
    const fault = faults.has(i) ? pick(random, MUTATE_RECEIPT) : undefined
    if (random.chance(0.002)) chain.isRotated = !chain.isRotated
    const signed = signAs(fault?.beforeSigning?.(receipt, random) ?? receipt, chain.isRotated)
    const wrong = signed && (fault?.afterSigning?.(signed, random) ?? signed)
    if (wrong === undefined || !isCanonicalizable(wrong)) return makeText(random)
    if (fault) done.push(`${i}: ${fault.name}`)
    const ordered = reordered(wrong, random, order)
    const line = lineOf(ordered, order)
    chain.lines.push(`${random.chance(0.003) ? mutateLine(line, random, done, i) : line}\n`)
    chain.previous = ordered
  }
  if (!random.chance(0.25)) return { text: chain.lines.join(''), done }
  const mutation = pick(random, MUTATE_TEXT)
  done.push(mutation.name)
  return { text: mutation.apply(chain.lines, random), done }
}

/** Signed, unless it has no canonical form. */
function signAs(receipt: Members, isRotated: boolean): Members | undefined {
  if (!isCanonicalizable(receipt)) return undefined
  return isRotated ? sign(receipt, otherKey, 'k2') : sign(receipt)
}

function isCanonicalizable(receipt: Members): boolean {
  try {
    jcs(receipt)
    return true
  } catch {
    return false
  }
}

function mutateLine(line: string, random: Random, done: string[], i: number): string {
  const mutation = pick(random, MUTATE_LINE)
  done.push(`${i}: ${mutation.name}`)
  return mutation.apply(line, random)
}

/** A line in the given order: canonical, or as the members come, with a canonical signature block. */
function lineOf(receipt: Members, order: number): string {
  if (order === 0) return jcs(receipt)
  const members = Object.entries(receipt).filter(([, value]) => value !== undefined)
  return `{${members.map(([name, value]) => `${jcs(name)}:${jcs(value)}`).join(',')}}`
}

describeConfirming('confirmed lines, fuzz', ({ plain, confirming }) => {
  const keySets: readonly KeySet[] = [
    singleKey(key.publicKey),
    keySetOf([
      { keyId: 'k1', publicKey: key.publicKey },
      { keyId: 'k2', publicKey: otherKey.publicKey },
    ]),
    keySetOf([{ keyId: 'k2', publicKey: otherKey.publicKey }]),
  ]

  it(`reports are the same (${ROUNDS} rounds, TRACEVAR_SEED=${SEED})`, async () => {
    let confirmed = 0
    let failed = 0
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(SEED * 100_000 + round)
      const { text, done } = makeText(random)
      const trusted = pick(random, [...keySets, keySets[1], keySets[1]]) as KeySet
      const size = {
        jobsMax: 1 + below(random, 3),
        blockBytes: pick(random, [700, 2000, 5000, 20_000, 1 << 20]),
      }
      const chunk = pick(random, [100, 4096, 1 << 16])
      const verifyWith = (backend: Backend) =>
        verifyChainStream(bytesOf(bytes(text), chunk), trusted, backend)
      const expected = await verifyWith(plain)
      const got = await verifyWith(confirming(size, (count) => (confirmed += count)))
      expect(got, `round ${round}, ${JSON.stringify(size)}: ${done.join('; ')}`).toEqual(expected)
      if (expected.findings.length > 0) failed++
    }
    process.stdout.write(
      `confirm fuzz: ${ROUNDS} chains, ${failed} with findings, ${confirmed} lines confirmed\n`,
    )
    expect(confirmed).toBeGreaterThan(5 * ROUNDS)
    expect(failed).toBeGreaterThan(ROUNDS / 4)
    expect(failed).toBeLessThan(ROUNDS)
  }, 7_200_000)
})

/** Bytes of a text in which the characters U+F700 to U+F7FF stand for bytes that are no text. */
function bytes(text: string): Uint8Array {
  return Uint8Array.from(
    [...text].flatMap((char) => {
      const code = char.codePointAt(0) as number
      return code >= 0xf700 && code <= 0xf7ff ? [code & 0xff] : [...new TextEncoder().encode(char)]
    }),
  )
}
