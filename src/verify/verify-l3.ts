// verifyL3 as VAR users know it (VAR, section 4.2).
import { jcsBytes } from '../codec/jcs.js'
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import { sha256String } from '../crypto/hash.js'
import type { SignedReceipt } from '../receipt/fields.js'
import { receiptId } from '../receipt/kinds.js'
import type { VerificationCode } from './codes.js'
import { Findings, NOWHERE } from './findings.js'
import { parseReceipt } from './receipt-object.js'
import { Timestamps } from './timestamps.js'
import { rowKind, type Sidecar, type TsaRecord } from './tsa-sidecar.js'

/** Options of {@link verifyL3}, spelled as in VAR. */
export interface VerifyL3Options {
  /** Left out: digicert, sectigo, globalsign; empty: none (VAR D-15). */
  readonly accepting_tsa_ids?: readonly string[]
}

/** What came of the timestamps. */
export interface L3Verification {
  /** FAIL when any token is bad; else PENDING when receipts wait for a Merkle batch; else PASS when there is one. */
  readonly status: 'PASS' | 'FAIL' | 'SKIPPED' | 'PENDING'
  /** Code of the first failure. */
  readonly reason?: VerificationCode
  readonly failed_receipt_id?: string
  /** Receipts with a token that passed, and all receipts. */
  readonly coverage: { readonly covered: number; readonly total: number }
  /** Signatures and certificates of time-stamp authorities are not verified. */
  readonly level: 'structural'
}

/**
 * Checks the tokens of one receipt or several against the rows of a sidecar and the tokens inside the receipts.
 *
 * @throws TypeError for an unknown option, so that nobody believes that trust anchors were used.
 */
export async function verifyL3(
  receipts: SignedReceipt | readonly SignedReceipt[],
  records: readonly TsaRecord[],
  options: VerifyL3Options = {},
): Promise<L3Verification> {
  const unknown = Object.keys(options).find((name) => name !== 'accepting_tsa_ids')
  if (unknown !== undefined) throw new TypeError(`options: expected accepting_tsa_ids, got ${unknown}`)
  const timestamps = new Timestamps(sidecarOf(records), options.accepting_tsa_ids)
  const findings = new Findings()
  for (const [index, receipt] of (Array.isArray(receipts) ? receipts : [receipts]).entries()) {
    const parsed = parseReceipt(receipt)
    const place = { ...NOWHERE, index, file_index: index }
    if (!parsed.ok) {
      findings.add('L3', 'fail', parsed.code, parsed.message, place)
      continue
    }
    const object = parsed.object
    const receipt_id = receiptId(object) ?? null
    const hash = sha256String(jcsBytes(object))
    await timestamps.receipt({ receipt: object, hash, place: { ...place, receipt_id } }, findings)
  }
  const { status, level, covered, total } = timestamps.result(findings, false)
  const failure = findings.list().find(({ severity }) => severity === 'fail')
  return {
    status: status as L3Verification['status'],
    ...(failure === undefined ? {} : { reason: failure.code }),
    ...(failure === undefined || failure.receipt_id === null
      ? {}
      : { failed_receipt_id: failure.receipt_id }),
    coverage: { covered, total },
    level,
  }
}

function sidecarOf(records: readonly unknown[]): Sidecar {
  const rows = new Map<string, JsonObject[]>()
  let malformedLines = 0
  for (const record of records) {
    const kind = isJsonObject(record) ? rowKind(record) : undefined
    if (kind === undefined) malformedLines++
    if (kind !== 'token' && kind !== 'leaf') continue
    const row = record as JsonObject
    const id = row.receipt_id as string
    const others = rows.get(id)
    if (others === undefined) rows.set(id, [row])
    else others.push(row)
  }
  const take = (id: string) => {
    const taken = rows.get(id) ?? []
    rows.delete(id)
    return taken
  }
  return { take, untaken: () => 0, malformedLines, tooLong: false }
}
