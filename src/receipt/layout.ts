// How the canonical text of each receipt kind is laid out: its members in canonical order (RFC 8785 3.2.3).
import { utf8Encode } from '../codec/utf8.js'
import { VAR_SPEC_VERSION } from '../formats.js'
import {
  type FieldRule,
  type FieldTable,
  RECEIPT_KINDS,
  type ReceiptKind,
  type ReceiptLike,
} from './kinds.js'

/** One member. */
export interface LayoutField {
  readonly name: string
  readonly rule: FieldRule
  readonly isOptional: boolean
  /** `,"name":` */
  readonly head: Uint8Array
}

/** Members of one kind, sorted by UTF-16 code units, with the places of those that are treated in their own way. */
export interface Layout {
  readonly idField: string
  readonly fields: readonly LayoutField[]
  /** The place of each member. */
  readonly places: ReadonlyMap<string, number>
  /** `prev_receipt_hash` and `sequence_number`: what the chain says, not the caller. */
  readonly previous: number
  readonly sequence: number
  readonly id: number
  readonly issuedAt: number
  readonly signature: number
  /** VAR R-3: `rfc3161_token`, `signature`, `tsa_id`, in their order. */
  readonly unsigned: readonly [number, number, number]
}

/** VAR D-16: a token lives in the sidecar; inside the receipt it would break the next link. */
const NULL_ONLY: FieldRule = { holds: 'null', nullable: true, fill: null }
const LAYOUT_RULES: FieldTable = {
  spec_version: { holds: [VAR_SPEC_VERSION], fill: VAR_SPEC_VERSION },
  rfc3161_token: NULL_ONLY,
  signature: { holds: 'null' },
  tsa_id: NULL_ONLY,
}

function layoutOf(kind: ReceiptKind, table: FieldTable): Layout {
  const rules: FieldTable = { ...table, ...LAYOUT_RULES }
  const names = Object.keys(rules).sort()
  const signature = names.indexOf('signature')
  return {
    idField: kind.idField,
    fields: names.map((name) => ({
      name,
      rule: rules[name] as FieldRule,
      isOptional: rules[name]?.optional === true,
      head: utf8Encode(`,${JSON.stringify(name)}:`),
    })),
    places: new Map(names.map((name, i) => [name, i])),
    previous: names.indexOf('prev_receipt_hash'),
    sequence: names.indexOf('sequence_number'),
    id: names.indexOf(kind.idField),
    issuedAt: names.indexOf('issued_at'),
    signature,
    unsigned: [names.indexOf('rfc3161_token'), signature, names.indexOf('tsa_id')],
  }
}

const LAYOUTS: ReadonlyMap<unknown, Layout> = new Map(
  Object.entries(RECEIPT_KINDS).map(([recordType, kind]) => [recordType, layoutOf(kind, kind.signed)]),
)
const DEAD_LETTER_LAYOUTS: ReadonlyMap<unknown, Layout> = new Map(
  Object.entries(RECEIPT_KINDS)
    .filter(([, kind]) => kind.signedOnDeadLetter !== undefined)
    .map(([recordType, kind]) => [
      recordType,
      layoutOf(kind, { ...kind.signed, ...kind.signedOnDeadLetter }),
    ]),
)

/** Layout of a receipt; undefined for an unknown `record_type`. */
export function layoutFor(receipt: ReceiptLike): Layout | undefined {
  const recordType = receipt.record_type
  const onDeadLetter =
    receipt.queue_status === 'DEAD_LETTER' ? DEAD_LETTER_LAYOUTS.get(recordType) : undefined
  return onDeadLetter ?? LAYOUTS.get(recordType)
}
