// L3, structurally: does each receipt have a time-stamp token whose structure fits it (VAR 1.5)?
import { jcsBytes } from '../codec/jcs.js'
import type { JsonObject } from '../codec/json-value.js'
import { sha256String } from '../crypto/hash.js'
import { sidecarRowsMax } from '../limits.js'
import { receiptId } from '../receipt/kinds.js'
import type { CheckedReceipt } from './chain-run.js'
import { VERIFICATION_CODES, type VerificationCode } from './codes.js'
import type { Findings } from './findings.js'
import type { NotChecked, TimestampResult } from './report.js'
import { rowKind, type Sidecar } from './tsa-sidecar.js'
import { ACCEPTED_TSA_IDS, checkToken } from './tsa-token.js'

/** What is found out about the timestamps of one chain. */
export class Timestamps {
  readonly #sidecar: Sidecar | undefined
  readonly #acceptedTsaIds: readonly string[]
  #total = 0
  #covered = 0
  /** Receipts that only a Merkle batch covers. */
  #batched = 0
  #signedTokens = 0
  #tokens = 0

  constructor(sidecar: Sidecar | undefined, acceptedTsaIds: readonly string[] = ACCEPTED_TSA_IDS) {
    this.#sidecar = sidecar
    this.#acceptedTsaIds = acceptedTsaIds
  }

  /** Looks at the tokens of the next receipt: the one inside it, and its rows in the sidecar. */
  async receipt({ receipt, hash, place }: CheckedReceipt, findings: Findings): Promise<void> {
    this.#total++
    const id = receiptId(receipt)
    const rows = id === undefined || this.#sidecar === undefined ? [] : await this.#sidecar.take(id)
    const fail = (code: VerificationCode) =>
      findings.add('L3', 'fail', code, VERIFICATION_CODES[code][0], place)
    if (rows.length > 1)
      findings.add('L3', 'warn', 'tsa_duplicate_entry', `${rows.length} rows for this receipt`, place)
    let covered = false
    for (const { token, tsaId, stamped } of tokensOf(receipt, hash, rows)) {
      const claim = { token, tsaId, imprint: stamped.slice('sha256:'.length), issuedAt: receipt.issued_at }
      const verdict = checkToken(claim, this.#acceptedTsaIds)
      this.#tokens++
      if (verdict.code !== undefined) {
        fail(verdict.code)
        continue
      }
      covered = true
      if (verdict.signed) this.#signedTokens++
    }
    if (covered) this.#covered++
    else if (rows.some((row) => rowKind(row) === 'leaf')) this.#batched++
  }

  /** The state of the axis after the last receipt. */
  result(findings: Findings, requireAll: boolean): TimestampResult {
    const { malformedLines = 0, tooLong = false } = this.#sidecar ?? {}
    const untaken = this.#sidecar?.untaken() ?? 0
    if (malformedLines > 0)
      findings.add('L3', 'warn', 'tsa_malformed_entry', `${malformedLines} lines of the sidecar are no rows`)
    if (untaken > 0)
      findings.add(
        'L3',
        'warn',
        'tsa_unmatched_entry',
        `${untaken} receipts of the sidecar are not in the chain`,
      )
    const missing = this.#total - this.#covered
    if (requireAll && missing > 0)
      findings.add('L3', 'fail', 'TIMESTAMP_MISSING', `${missing} of ${this.#total} receipts have none`)
    // DESIGN decision 17: what was not checked is never a PASS.
    const unfailed = this.#batched > 0 ? 'PENDING' : this.#covered > 0 && !tooLong ? 'PASS' : 'SKIPPED'
    return {
      status: findings.failed('L3') ? 'FAIL' : unfailed,
      level: 'structural',
      covered: this.#covered,
      total: this.#total,
    }
  }

  /** What this version does not find out about time. */
  notChecked(): NotChecked[] {
    const why: string[] = []
    if (this.#sidecar?.tooLong) why.push(`rows of the sidecar beyond the first ${sidecarRowsMax}`)
    if (this.#tokens + this.#batched === 0) why.push('no receipt has a timestamp')
    if (this.#signedTokens > 0)
      why.push(`signature and certificate of ${this.#signedTokens} tokens: only their structure was checked`)
    if (this.#covered > 0 && this.#signedTokens === 0)
      why.push('the tokens carry no signature of an authority: only their structure was checked')
    if (this.#batched > 0) why.push(`Merkle batches, which stamp ${this.#batched} receipts`)
    return why.map((reason) => ({ axis: 'L3', why: reason }))
  }
}

/** Tokens of a receipt, with the hash that each must stamp. */
function* tokensOf(receipt: JsonObject, hash: string, rows: readonly JsonObject[]) {
  const { rfc3161_token: token, tsa_id: tsaId } = receipt
  // VAR D-16: a token inside the receipt was made before it was put there.
  if ((token ?? null) !== null) {
    const stamped = sha256String(jcsBytes({ ...receipt, rfc3161_token: null, tsa_id: null }))
    yield { token, tsaId, stamped }
  }
  for (const row of rows) {
    if (rowKind(row) === 'token') yield { token: row.rfc3161_token, tsaId: row.tsa_id, stamped: hash }
  }
}
