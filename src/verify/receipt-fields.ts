// What a single receipt says that it cannot say: fields against the table of its kind (VAR 1.1, W-1, W-5).
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import { type ReceiptKind, signedFields, UNSIGNED_FIELDS } from '../receipt/kinds.js'
import { type FieldProblemKind, fieldProblems } from '../receipt/shape.js'
import type { VerificationCode } from './codes.js'
import type { Layer, Severity } from './findings.js'

/** How a problem of a field counts. */
interface Rule {
  readonly layer: Layer
  readonly severity: Severity
  readonly code: VerificationCode
  readonly what: string
}

const RULES: Readonly<Record<FieldProblemKind, Rule>> = {
  missing: { layer: 'L2', severity: 'fail', code: 'MALFORMED_RECEIPT', what: 'missing' },
  type: { layer: 'L2', severity: 'fail', code: 'MALFORMED_RECEIPT', what: 'of the wrong type' },
  enum: { layer: 'L2', severity: 'fail', code: 'UNKNOWN_ENUM', what: 'outside the enumeration' },
  // A default or id that the writer left out says nothing false (VAR D-2: the reference does so).
  unfilled: { layer: 'L2', severity: 'warn', code: 'MALFORMED_RECEIPT', what: 'left out' },
  hash: { layer: 'L2', severity: 'warn', code: 'INVALID_HASH_FORMAT', what: 'no digest string' }, // VAR D-49
  time: { layer: 'L2', severity: 'warn', code: 'INVALID_TIMESTAMP', what: 'no RFC 3339 time in UTC' },
  unsigned: { layer: 'L1', severity: 'warn', code: 'UNSIGNED_FIELD', what: 'covered by no signature' }, // VAR D-8
}

/** Values outside the enumerations that earlier texts of the specification name (VAR D-20, D-22). */
const ALSO_READ: Readonly<Record<string, readonly unknown[]>> = {
  index_status: ['REBUILT'],
  terminal_outcome: ['FAILED', 'PENDING'],
}

/** Takes a finding about the receipt at hand. */
export type Report = (layer: Layer, severity: Severity, code: VerificationCode, message: string) => void

/** Reports the problems of one receipt's members: one finding for each way to be wrong. */
export function checkFields(receipt: JsonObject, kind: ReceiptKind, report: Report): void {
  const fields = new Map<FieldProblemKind, string[]>()
  const note = (problem: FieldProblemKind, field: string) => {
    const names = fields.get(problem)
    // Appended in place: a line may hold as many foreign members as `lineValuesMax` allows.
    if (names === undefined) fields.set(problem, [field])
    else names.push(field)
  }
  for (const { field, problem } of fieldProblems(receipt, signedFields(kind, receipt), UNSIGNED_FIELDS)) {
    if (problem === 'enum' && ALSO_READ[field]?.includes(receipt[field])) continue
    note(problem, field)
  }
  for (const field of foreignMembersOfBlock(receipt.signature)) note('unsigned', field)
  // A label without a token is nothing that L3 looks at, and anybody can change it on the last receipt (VAR W-1).
  if ((receipt.tsa_id ?? null) !== null && (receipt.rfc3161_token ?? null) === null)
    note('unsigned', 'tsa_id')
  for (const [problem, names] of fields) {
    const { layer, severity, code, what } = RULES[problem]
    report(layer, severity, code, `${listNames(names)}: ${what}`)
  }
}

/** Reports the members of a signature block that no signature covers (VAR D-8): for what is signed, but no receipt. */
export function checkBlock(block: unknown, layer: Layer, report: Report): void {
  const foreign = foreignMembersOfBlock(block)
  const { severity, code, what } = RULES.unsigned
  if (foreign.length > 0) report(layer, severity, code, `${listNames(foreign)}: ${what}`)
}

function foreignMembersOfBlock(block: unknown): string[] {
  if (!isJsonObject(block)) return []
  return Object.keys(block)
    .filter((name) => name !== 'alg' && name !== 'key_id' && name !== 'sig')
    .map((name) => `signature.${name}`)
}

const NAMES_SHOWN = 5

/** Names of members for a message: foreign ones may hold anything. */
function listNames(names: readonly string[]): string {
  const shown = names
    .slice(0, NAMES_SHOWN)
    .map((name) => (/^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : '(unprintable name)'))
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}
