// L3, structurally: does each receipt have a time-stamp token whose structure fits it (VAR 1.5)?
import { jcsBytes } from '../codec/jcs.js'
import { sha256String } from '../crypto/hash.js'
import { sidecarRowsPerReceiptMax, timeRegressionSecMax } from '../limits.js'
import { receiptId } from '../receipt/kinds.js'
import type { CheckedReceipt } from './chain-run.js'
import { VERIFICATION_CODES, type VerificationCode } from './codes.js'
import type { Findings } from './findings.js'
import type { NotChecked, TimestampResult } from './report.js'
import { rowKind, type Sidecar } from './tsa-sidecar.js'
import { ACCEPTED_TSA_IDS, checkToken, type TokenClaim } from './tsa-token.js'

/** What is found out about the timestamps of one chain. */
export class Timestamps {
  readonly #sidecar: Sidecar | undefined
  readonly #acceptedTsaIds: readonly string[]
  readonly #latestMs: number
  #total = 0
  #covered = 0
  /** Receipts that only a Merkle batch covers. */
  #batched = 0
  #signedTokens = 0
  #tokens = 0

  /** @param nowSec time of verification, epoch seconds; left out: tokens may state any time. */
  constructor(
    sidecar: Sidecar | undefined,
    acceptedTsaIds: readonly string[] = ACCEPTED_TSA_IDS,
    nowSec = Number.POSITIVE_INFINITY,
  ) {
    this.#sidecar = sidecar
    this.#acceptedTsaIds = acceptedTsaIds
    this.#latestMs = 1000 * (nowSec + timeRegressionSecMax)
  }

  /** Looks at the tokens of the next receipt: the one inside it, and its rows in the sidecar. */
  async receipt({ receipt, hash, place }: CheckedReceipt, findings: Findings): Promise<void> {
    this.#total++
    const { rfc3161_token: inside, tsa_id: tsaId, issued_at: issuedAt } = receipt
    const passes = (claim: Pick<TokenClaim, 'token' | 'tsaId'>, stamped: string) => {
      const imprint = stamped.slice('sha256:'.length)
      const code = this.#check({ ...claim, imprint, issuedAt, latestMs: this.#latestMs })
      if (code !== undefined) findings.add('L3', 'fail', code, VERIFICATION_CODES[code][0], place)
      return code === undefined
    }
    // VAR D-16: a token inside the receipt was made before it was put there.
    let covered =
      (inside ?? null) !== null &&
      passes(
        { token: inside, tsaId },
        sha256String(jcsBytes({ ...receipt, rfc3161_token: null, tsa_id: null })),
      )
    let batched = false
    let rows = 0
    const id = receiptId(receipt)
    for await (const row of (id === undefined ? undefined : this.#sidecar?.take(id)) ?? []) {
      if (++rows > sidecarRowsPerReceiptMax) break
      const kind = rowKind(row)
      if (kind === 'leaf') batched = true
      if (kind === 'token' && passes({ token: row.rfc3161_token, tsaId: row.tsa_id }, hash)) covered = true
    }
    if (rows > sidecarRowsPerReceiptMax)
      findings.add(
        'L3',
        'fail',
        'tsa_duplicate_entry',
        `only ${sidecarRowsPerReceiptMax} rows were checked`,
        place,
      )
    else if (rows > 1)
      findings.add('L3', 'warn', 'tsa_duplicate_entry', `${rows} rows for this receipt`, place)
    if (covered) this.#covered++
    else if (batched) this.#batched++
  }

  /** True when receipts without a token inside them can only be counted: no row of the sidecar is left for them. */
  get onlyCounts(): boolean {
    return this.#sidecar === undefined || this.#sidecar.untaken() === 0
  }

  /** Counts receipts without tokens, while {@link onlyCounts}. */
  count(receipts: number): void {
    this.#total += receipts
  }

  /** Code of what is wrong with a token. */
  #check(claim: TokenClaim): VerificationCode | undefined {
    const verdict = checkToken(claim, this.#acceptedTsaIds)
    this.#tokens++
    if (verdict.code === undefined && verdict.signed) this.#signedTokens++
    return verdict.code
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
    if (requireAll && this.#covered > 0)
      findings.add(
        'L3',
        'fail',
        'TIMESTAMP_UNVERIFIED',
        `${this.#covered} receipts have tokens of which only the structure was checked`,
      )
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
    if (this.#sidecar?.tooLong) why.push('the rest of the sidecar, which has too many lines')
    if (this.#tokens + this.#batched === 0) why.push('no receipt has a timestamp')
    if (this.#signedTokens > 0)
      why.push(`signature and certificate of ${this.#signedTokens} tokens: only their structure was checked`)
    if (this.#covered > 0 && this.#signedTokens === 0)
      why.push('the tokens carry no signature of an authority: only their structure was checked')
    if (this.#batched > 0) why.push(`Merkle batches, which stamp ${this.#batched} receipts`)
    return why.map((reason) => ({ axis: 'L3', why: reason }))
  }
}
