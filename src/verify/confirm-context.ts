// What a line of a chain must hold so that the verifier has nothing to say of it, packed for a back end that confirms
// such lines (LineConfirmer). Made from the table of receipt kinds and the state of the chain. Too narrow a context
// costs time; too wide a one would hide findings, so what is not plainly right is left out.
//
// The bytes, little-endian: key (32), whether outcomes are logged (1), bytes of an id at most (2), milliseconds that a
// time may lie before the latest one (4), number of kinds (1), the kinds, number of tools (2), the tools.
// A kind: number of members (1), the members in the order of its lines. A member: rule (1), place in canonical JSON
// (1), flags (1), length (1) and bytes of `"name":`, number of choices (1), the choices. Choices and tools: flags (1),
// length (2) and bytes of a JSON text.
import { jcs, jcsBytes } from '../codec/jcs.js'
import type { JsonValue } from '../codec/json-value.js'
import { VAR_SPEC_VERSION } from '../formats.js'
import { confirmTextBytesMax, receiptIdCharsMax, timeRegressionSecMax } from '../limits.js'
import type { RecordType } from '../receipt/fields.js'
import { type FieldRule, RECEIPT_KINDS, UNSIGNED_FIELDS } from '../receipt/kinds.js'
import { BLOCKING } from './chain-rules.js'

/** The numbers of MemberRule in native/core/archive_context.h; a test compares them. */
export const MEMBER_RULES = [
  'choice',
  'string',
  'integer',
  'hash',
  'time',
  'sequence',
  'previous',
  'ownId',
  'callId',
  'tool',
  'decision',
  'money',
  'before',
  'after',
  'signature',
] as const
type MemberRule = (typeof MEMBER_RULES)[number]

const OPTIONAL = 1
const NULLABLE = 2
const UNSIGNED = 4

/** What is the same on every line that is confirmed; each is what the verifier compares with. */
export interface ChainConstants {
  readonly workflowId: string
  readonly agentId: string
  readonly policyBundleHash: string
  readonly keyId: string
  /** 32 bytes, not weak. */
  readonly key: Uint8Array
  /** An untagged call came before, so that outcomes are logged. */
  readonly untaggedSeen: boolean
}

/** What the verifier says of a call by the name of its tool. */
export interface KnownTool {
  /** The manifest allows calls of it. */
  readonly isDeclared: boolean
  /** A call must say `money_action: true`. */
  readonly needsMoneyTag: boolean
  /** A call that says nothing of money counts as untagged. */
  readonly isUntagged: boolean
}

/** What a member holds: a rule, and for some of them the values that are plain. */
interface Member {
  readonly rule: MemberRule
  readonly choices?: readonly Choice[]
  readonly flags?: number
}

interface Choice {
  readonly text: Uint8Array
  readonly flag: number
}

function choice(value: JsonValue, flag = 0): Choice {
  return { text: jcsBytes(value), flag }
}

function only(...values: JsonValue[]): Member {
  return { rule: 'choice', choices: values.map((value) => choice(value)) }
}

/** Members about which the verifier has more to say than their table. */
function specialMembers(chain: ChainConstants): Readonly<Record<string, Member>> {
  const block = jcs({ alg: 'Ed25519', key_id: chain.keyId, sig: '' })
  return {
    spec_version: only(VAR_SPEC_VERSION),
    workflow_id: only(chain.workflowId),
    agent_id: only(chain.agentId),
    policy_bundle_hash: only(chain.policyBundleHash),
    issued_at: { rule: 'time' },
    prev_receipt_hash: { rule: 'previous' },
    sequence_number: { rule: 'sequence' },
    rfc3161_token: { ...only(null), flags: OPTIONAL | UNSIGNED },
    tsa_id: { ...only(null), flags: OPTIONAL | UNSIGNED },
    signature: {
      rule: 'signature',
      choices: [{ text: new TextEncoder().encode(block.slice(0, -'"}'.length)), flag: 0 }],
      flags: UNSIGNED,
    },
  }
}

/** The values that the table of action receipts allows a field. */
function valuesOf(field: string): readonly string[] {
  const rule = RECEIPT_KINDS.action_receipt.signed[field]
  return Array.isArray(rule?.holds) ? rule.holds.map(String) : []
}

const ACTION: Readonly<Record<string, Member>> = {
  record_type: only('action_receipt'),
  receipt_id: { rule: 'ownId' },
  tool_name: { rule: 'tool' },
  decision: {
    rule: 'decision',
    choices: valuesOf('decision').map((decision) => choice(decision, BLOCKING.includes(decision) ? 1 : 0)),
  },
  queue_status: only('COMPLETED'), // a dead letter signs other fields
  money_action: { rule: 'money', choices: [choice(true, 1), choice(false, 0)], flags: OPTIONAL },
  billable_reason: {
    ...only(null, ...valuesOf('billable_reason').filter((reason) => reason !== 'DEGRADED_SESSION')),
    flags: OPTIONAL,
  },
  state_version_before: { rule: 'before' },
  state_version_after: { rule: 'after' },
}

const POST: Readonly<Record<string, Member>> = {
  record_type: only('post_receipt'),
  post_receipt_id: { rule: 'ownId' },
  pre_receipt_id: { rule: 'callId' },
  degraded_reason: only(null),
}

/** A member by its table alone. */
function plainMember({ holds, nullable, optional }: FieldRule): Member {
  const flags = (optional ? OPTIONAL : 0) | (nullable ? NULLABLE : 0)
  switch (holds) {
    case 'string':
    case 'hash':
      return { rule: holds, flags }
    case 'int':
    case 'number':
      return { rule: 'integer', flags }
    case 'boolean':
      return { ...only(true, false), flags }
    case 'time':
    case 'strings':
    case 'numbers':
    case 'null':
      return { rule: 'choice', choices: [], flags } // no line of a plain kind has one
    default:
      return { ...only(...holds), flags }
  }
}

/** The members that a plain line of a kind may have, by name. */
function membersOf(type: RecordType, special: Readonly<Record<string, Member>>): Map<string, Member> {
  const { signed } = RECEIPT_KINDS[type]
  const members = new Map(
    Object.entries(signed).map(([name, rule]) => [name, special[name] ?? plainMember(rule)]),
  )
  for (const name of UNSIGNED_FIELDS) members.set(name, special[name] ?? only())
  return members
}

/** The kinds whose lines can be confirmed. */
export type ConfirmedKind = 'action_receipt' | 'post_receipt'

const SPECIAL: Readonly<Record<ConfirmedKind, Readonly<Record<string, Member>>>> = {
  action_receipt: ACTION,
  post_receipt: POST,
}

/** Names of the members that a plain line of the kind may have. */
export const MEMBER_NAMES: Readonly<Record<ConfirmedKind, ReadonlySet<string>>> = {
  action_receipt: new Set([...Object.keys(RECEIPT_KINDS.action_receipt.signed), ...UNSIGNED_FIELDS]),
  post_receipt: new Set([...Object.keys(RECEIPT_KINDS.post_receipt.signed), ...UNSIGNED_FIELDS]),
}

/**
 * The packed context; undefined when something that lines are compared with is too long, or no kind is left.
 *
 * @param orders names of members in the order of the lines; a kind without one that has all members which must be
 * there is left out.
 * @param tools by name; lines of calls with other tools are not confirmed.
 */
export function packContext(
  chain: ChainConstants,
  orders: ReadonlyMap<ConfirmedKind, readonly string[]>,
  tools: ReadonlyMap<string, KnownTool>,
): Uint8Array | undefined {
  const writer = new Writer()
  writer.bytes(chain.key)
  writer.number(chain.untaggedSeen ? 1 : 0, 1)
  writer.number(receiptIdCharsMax, 2) // so many bytes are no more characters
  writer.number(1000 * timeRegressionSecMax, 4)
  const common = specialMembers(chain)
  const kinds = [...orders].flatMap(([type, order]) => {
    const members = membersOf(type, { ...common, ...SPECIAL[type] })
    const isWhole = [...members].every(([name, { flags = 0 }]) => flags & OPTIONAL || order.includes(name))
    return isWhole ? [order.map((name) => [name, members.get(name) as Member] as const)] : []
  })
  writer.number(kinds.length, 1)
  for (const kind of kinds) {
    if (kind.some(([, { choices = [] }]) => choices.some(({ text }) => text.length > confirmTextBytesMax)))
      return undefined
    writeKind(writer, kind)
  }
  writer.number(tools.size, 2)
  for (const [name, { isDeclared, needsMoneyTag, isUntagged }] of tools) {
    const flag = (isDeclared ? 1 : 0) | (needsMoneyTag ? 2 : 0) | (isUntagged ? 4 : 0)
    writer.choice(choice(name, flag))
  }
  return kinds.length > 0 ? writer.all() : undefined
}

function writeKind(writer: Writer, kind: readonly (readonly [string, Member])[]): void {
  const sorted = kind.map(([name]) => name).sort()
  writer.number(kind.length, 1)
  for (const [name, { rule, choices = [], flags = 0 }] of kind) {
    writer.number(MEMBER_RULES.indexOf(rule), 1)
    writer.number(sorted.indexOf(name), 1)
    writer.number(flags, 1)
    const text = new TextEncoder().encode(`"${name}":`)
    writer.number(text.length, 1)
    writer.bytes(text)
    writer.number(choices.length, 1)
    for (const one of choices) writer.choice(one)
  }
}

/** True for a name whose JSON text lines can be compared with. */
export function fitsContext(toolName: string): boolean {
  return toolName.length <= confirmTextBytesMax && jcsBytes(toolName).length <= confirmTextBytesMax
}

class Writer {
  readonly #numbers: number[] = []

  number(value: number, size: number): void {
    for (let i = 0; i < size; i++) this.#numbers.push((value >>> (8 * i)) & 0xff)
  }

  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#numbers.push(byte)
  }

  choice({ text, flag }: Choice): void {
    this.number(flag, 1)
    this.number(text.length, 2)
    this.bytes(text)
  }

  all(): Uint8Array {
    return Uint8Array.from(this.#numbers)
  }
}
