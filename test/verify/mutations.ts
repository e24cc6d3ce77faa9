// Ways in which a chain can be wrong, or merely unusual, for the fuzz of confirmed lines.
import { jcs } from '../../src/codec/jcs.js'
import type { Random } from '../store/random.js'
import { type Members, otherKey, sign } from './support.js'

/** An integer from 0, below `end`. */
export function below(random: Random, end: number): number {
  return random.int(0, end - 1)
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[below(random, values.length)] as T
}

const HEX = '0123456789abcdef'

/** Values that a member of a receipt should seldom have. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    '',
    'x',
    'é',
    '😀',
    '\u2028',
    '\u007f',
    'a"b',
    'tab\t',
    '\u0001',
    '\\',
    'x'.repeat(300),
  ],
  ...[
    'x'.repeat(2000),
    'ü'.repeat(40_000),
    0,
    -1,
    1,
    1.5,
    -0,
    1e21,
    1e-7,
    2 ** 53 - 1,
    2 ** 53,
    999_999_999_999_999,
  ],
  ...[1e15, 1e16, 250, [], {}, ['a'], { a: 1 }, `sha256:${'0'.repeat(64)}`, `sha256:${'A'.repeat(64)}`],
  ...[`sha256:${'0'.repeat(63)}`, `sha256:${'0'.repeat(63)}g`, `sha384:${'0'.repeat(64)}`, 'null', '0'],
]

const TIMES: readonly string[] = [
  ...['2026-03-01T00:00:00Z', '2026-03-01T00:00:00.1Z', '2026-03-01T00:00:00.123456789Z'],
  ...[
    '2026-03-01T00:00:00.1234567891Z',
    '2026-03-01T00:00:00.Z',
    '2026-03-01T00:00:00+00:00',
    '2026-03-01t00:00:00z',
  ],
  ...['2026-02-29T00:00:00Z', '2024-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
  ...['2026-00-01T00:00:00Z', '2026-13-01T00:00:00Z', '2026-04-31T00:00:00Z', '2026-04-00T00:00:00Z'],
  ...['2026-03-01T24:00:00Z', '2026-03-01T23:60:00Z', '2026-03-01T23:59:60Z', '2026-03-01 00:00:00Z'],
  ...['0000-01-01T00:00:00Z', '0000-02-29T12:00:00Z', '9999-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
  ...['2026-02-28T23:55:00Z', '2026-02-28T23:54:59.999Z', '2026-03-01T00:06:00Z', '+2026-3-01T00:00:00Z'],
]

/** Fields with the values that a rule is about. */
const FIELDS: Readonly<Record<string, readonly unknown[]>> = {
  issued_at: TIMES,
  decision: ['BLOCK', 'FAIL_CLOSED', 'FAIL_OPEN', 'STEP_UP', 'allow', 'ALLOWED'],
  queue_status: ['DEAD_LETTER', 'ENQUEUED'],
  billable_reason: ['DEGRADED_SESSION', 'INTERNAL', 'SIMULATION', null, 'x'],
  degraded_reason: ['STATE_UNAVAILABLE', 'APPROVAL_CHANNEL_DOWN', 'x', null],
  terminal_outcome: ['FAILED', 'PENDING', 'TIMEOUT', 'CANCELED', 'x'],
  tool_name: ['bank_transfer', 'unknown_tool', 'Stripe_REFUND', 'settle', 'read_file\u0000', ''],
  money_action: [true, false, undefined, null, 'true'],
  state_version_before: [2, -5, 1.5, 10 ** 15],
  state_version_after: [0, -1, 1e21],
  receipt_id: ['id-1', 'id-2', '', 'x'.repeat(256), 'x'.repeat(257), 'ü'.repeat(200), 'a"b', null],
  post_receipt_id: ['id-1', 'id-3', '', 'x'.repeat(257)],
  pre_receipt_id: ['id-1', 'nobody', '', 'x'.repeat(256), 'x'.repeat(300)],
  workflow_id: ['other', ''],
  agent_id: ['other'],
  spec_version: ['var/2.0', 'var/1.0 '],
  policy_bundle_hash: [`sha256:${'1'.repeat(64)}`, 'x'],
  sequence_number: [0, 1, 5, -1, 1.5, '3', 2 ** 53 - 1, 1e15, 123_456_789_012_345, null],
  prev_receipt_hash: [`sha256:${'2'.repeat(64)}`, null],
  rfc3161_token: ['AAAA', ''],
  tsa_id: ['digicert', ''],
  response_hash: [`sha256:${'3'.repeat(64)}`, 'sha256:', null],
  record_type: [
    'post_receipt',
    'action_receipt',
    'approval_receipt',
    'budget_warning',
    'recovery_event',
    'workflow_closed',
    'x',
  ],
  amount_minor_units: [0.1, -0, 12.5, 1e3, null, 'x'],
  mandate_id: ['m', '', null],
  workflow_id_source: ['nonsudo_generated', 'x'],
}

/** A change of one receipt; later receipts link to what comes out. */
export interface ReceiptMutation {
  readonly name: string
  beforeSigning?(receipt: Members, random: Random): Members
  afterSigning?(receipt: Members, random: Random): Members
}

function withBlock(change: (block: Members, random: Random) => unknown) {
  return (receipt: Members, random: Random): Members => ({
    ...receipt,
    signature: change({ ...(receipt.signature as Members) }, random),
  })
}

export const MUTATE_RECEIPT: readonly ReceiptMutation[] = [
  {
    name: 'a field with a value of its rules',
    beforeSigning(receipt: Members, random: Random) {
      const names = Object.keys(FIELDS).filter((name) => name in receipt || random.chance(0.2))
      const name = pick(random, names)
      return { ...receipt, [name]: pick(random, FIELDS[name] as unknown[]) }
    },
  },
  {
    name: 'a time',
    beforeSigning: (receipt, random) => ({ ...receipt, issued_at: pick(random, TIMES) }),
  },
  {
    name: 'any field with any value',
    beforeSigning: (receipt, random) => ({
      ...receipt,
      [pick(random, Object.keys(receipt))]: pick(random, VALUES),
    }),
  },
  {
    name: 'a field left out',
    beforeSigning(receipt: Members, random: Random) {
      const { [pick(random, Object.keys(receipt))]: _, ...rest } = receipt
      return rest
    },
  },
  {
    name: 'a foreign member',
    beforeSigning: (receipt, random) => ({
      ...receipt,
      [pick(random, ['zzz', 'aaa', 'batch_id', '', '\u20ac'])]: 1,
    }),
  },
  {
    name: 'a field changed after signing',
    afterSigning: (receipt, random) => ({
      ...receipt,
      [pick(random, ['decision_reason', 'agent_id', 'tool_name'])]: 'y',
    }),
  },
  { name: 'another key', afterSigning: (receipt) => sign({ ...receipt, signature: undefined }, otherKey) },
  {
    name: 'another key by its name',
    afterSigning: (receipt) => sign({ ...receipt, signature: undefined }, otherKey, 'k2'),
  },
  { name: 'no signature', afterSigning: ({ signature: _, ...receipt }) => receipt },
  { name: 'a foreign member of the block', afterSigning: withBlock((block) => ({ ...block, kid: 'x' })) },
  {
    name: 'a member of the block',
    afterSigning: withBlock((block, random) => ({
      ...block,
      ...pick<Members>(random, [
        { alg: 'ed25519' },
        { alg: null },
        { key_id: 'k3' },
        { key_id: 'k 1' },
        { key_id: '' },
        { sig: '' },
        { sig: null },
      ]),
    })),
  },
  {
    name: 'a character of the signature',
    afterSigning: withBlock((block, random) => {
      const sig = [...String(block.sig)]
      const at = random.chance(0.5) ? sig.length - 1 : below(random, sig.length)
      sig[at] = pick(random, [...'AgwQBCD-_+/=é'])
      return { ...block, sig: sig.join('') }
    }),
  },
  {
    name: 'padding of the signature',
    afterSigning: withBlock((block) => ({ ...block, sig: `${String(block.sig)}==` })),
  },
  { name: 'a block that is none', afterSigning: withBlock((_, random) => pick(random, [null, [], 'x', 1])) },
]

/** Another spelling of one line, or a damaged one; links are not adjusted. */
export interface TextMutation<Input> {
  readonly name: string
  apply(input: Input, random: Random): string
}

/** Offsets in a line of what stands outside strings. */
function structure(line: string): number[] {
  const places: number[] = []
  let inString = false
  for (let i = 0; i < line.length; i++) {
    if (inString && line[i] === '\\') i++
    else if (line[i] === '"') inString = !inString
    else if (!inString && '{}[],:'.includes(line[i] as string)) places.push(i)
  }
  return places
}

/** A line that another mutation made unreadable stays as it is. */
function withMembers(line: string, change: (members: [string, Members[string]][]) => string): string {
  let members: Members
  try {
    members = JSON.parse(line) as Members
  } catch {
    return line
  }
  return change(Object.entries(members))
}

function replaceAt(text: string, at: number, length: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + length)
}

export const MUTATE_LINE: readonly TextMutation<string>[] = [
  {
    name: 'a blank between',
    apply: (line, random) =>
      replaceAt(line, pick(random, structure(line)), 0, pick(random, [' ', '\t', '  '])),
  },
  { name: 'a blank at the end', apply: (line, random) => line + pick(random, [' ', '\r', '\t']) },
  {
    name: 'a blank at the start',
    apply: (line, random) => pick(random, [' ', '\ufeff', '\n', '\r\n']) + line,
  },
  {
    name: 'members backwards',
    apply: (line) => withMembers(line, (members) => JSON.stringify(Object.fromEntries(members.reverse()))),
  },
  {
    name: 'two members swapped',
    apply(line, random) {
      return withMembers(line, (members) => {
        const at = below(random, members.length - 1)
        members.splice(at, 2, ...members.slice(at, at + 2).reverse())
        return `{${members.map(([name, value]) => `${jcs(name)}:${jcs(value)}`).join(',')}}`
      })
    },
  },
  {
    name: 'a number spelled otherwise',
    apply(line, random) {
      const numbers = [...line.matchAll(/(?<=:)-?\d+(?=[,}])/g)]
      const found = pick(random, numbers)
      if (found === undefined) return line
      const spelled = pick(random, [
        `${found[0]}.0`,
        `${found[0]}e0`,
        `-${found[0]}`,
        `0${found[0]}`,
        `${found[0]}E+0`,
        '-0',
        '00',
        `${found[0]}0e-1`,
        '0x1',
      ])
      return replaceAt(line, found.index, found[0].length, spelled)
    },
  },
  {
    name: 'a character escaped',
    apply(line, random) {
      const letters = [...line.matchAll(/[a-z]/g)].filter(({ index }) => line[index - 1] !== '\\')
      const { index, 0: letter } = pick(random, letters)
      const code = letter.charCodeAt(0).toString(16).padStart(4, '0')
      return replaceAt(
        line,
        index,
        1,
        pick(random, [
          `\\u${code}`,
          `\\u${code.toUpperCase()}`,
          '\\/',
          '\\b',
          '\\u0008',
          '\\u001F',
          '\\u001f',
          '\\ud800',
          '\\x',
          '\\u0000',
        ]),
      )
    },
  },
  {
    name: 'a member twice',
    apply(line, random) {
      return withMembers(line, (members) => {
        const twice = pick(random, members)
        return `${line.slice(0, -1)},${jcs(twice[0])}:${jcs(twice[1])}}`
      })
    },
  },
  {
    name: 'a byte changed',
    apply: (line, random) =>
      replaceAt(line, below(random, line.length), 1, String.fromCodePoint(0xf700 + below(random, 256))),
  },
  {
    name: 'a byte more',
    apply: (line, random) =>
      replaceAt(
        line,
        below(random, line.length),
        0,
        pick(random, [
          ...'"{}[],:\\0 x',
          '\u0000',
          '\uf780',
          '\uf7ff',
          '\uf7ed\uf7a0\uf780',
          '\uf7c0\uf780',
          '\uf7f4\uf790\uf780\uf780',
          '\uf7f0\uf790\uf780\uf780',
          '\uf7e2\uf782',
        ]),
      ),
  },
  { name: 'a byte less', apply: (line, random) => replaceAt(line, below(random, line.length), 1, '') },
  {
    name: 'a hex digit changed',
    apply(line, random) {
      const found = pick(random, [...line.matchAll(/(?<=sha256:[0-9a-f]{0,63})[0-9a-f]/g)])
      return replaceAt(line, found.index, 1, pick(random, [...HEX, 'G', 'F']))
    },
  },
  { name: 'cut off', apply: (line, random) => line.slice(0, below(random, line.length)) },
  {
    name: 'something after it',
    apply: (line, random) => line + pick(random, ['}', ',', '{}', 'x', '\u0000']),
  },
  { name: 'another value', apply: (_, random) => pick(random, ['null', '[]', '1', '"x"', '{}', '']) },
  {
    name: 'capital letters in a name',
    apply(line, random) {
      const found = pick(random, [...line.matchAll(/(?<=[{,]")[a-z]/g)])
      return replaceAt(line, found.index, 1, found[0].toUpperCase())
    },
  },
]

/** Changes of the lines of a chain, each with its line feed. */
export const MUTATE_TEXT: readonly TextMutation<readonly string[]>[] = [
  {
    name: 'two lines swapped',
    apply(lines, random) {
      const [a, b] = [below(random, lines.length), below(random, lines.length)]
      return lines.map((line, i) => (i === a ? lines[b] : i === b ? lines[a] : line)).join('')
    },
  },
  {
    name: 'neighbours swapped',
    apply(lines, random) {
      const at = below(random, lines.length)
      return [...lines.slice(0, at), ...lines.slice(at, at + 2).reverse(), ...lines.slice(at + 2)].join('')
    },
  },
  {
    name: 'a line twice',
    apply(lines, random) {
      const at = below(random, lines.length)
      return [...lines.slice(0, at + 1), ...lines.slice(at)].join('')
    },
  },
  {
    name: 'a line missing',
    apply(lines, random) {
      const at = below(random, lines.length)
      return lines.filter((_, i) => i !== at).join('')
    },
  },
  {
    name: 'the first lines missing',
    apply: (lines, random) => lines.slice(below(random, lines.length)).join(''),
  },
  { name: 'no line feed at the end', apply: (lines) => lines.join('').slice(0, -1) },
  { name: 'the end cut off', apply: (lines, random) => lines.join('').slice(0, -below(random, 300) - 1) },
  { name: 'CRLF', apply: (lines) => lines.join('').replaceAll('\n', '\r\n') },
  {
    name: 'blank lines',
    apply: (lines, random) => lines.map((line) => line + (random.chance(0.2) ? '\n' : '')).join(''),
  },
  { name: 'the chain twice', apply: (lines) => [...lines, ...lines].join('') },
  {
    name: 'lines spelled otherwise',
    apply: (lines, random) =>
      lines
        .map((line) =>
          random.chance(0.3) ? `${pick(random, MUTATE_LINE).apply(line.slice(0, -1), random)}\n` : line,
        )
        .join(''),
  },
  {
    name: 'one line spelled otherwise',
    apply(lines, random) {
      const at = below(random, lines.length)
      return lines
        .map((line, i) =>
          i === at ? `${pick(random, MUTATE_LINE).apply(line.slice(0, -1), random)}\n` : line,
        )
        .join('')
    },
  },
]
