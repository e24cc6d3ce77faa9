// The annex as a stream: signatures, links, numbers, and that every row speaks of a receipt of the chain.
import { formatDigest } from '../codec/digest.js'
import { jcsBytes } from '../codec/jcs.js'
import type { JsonObject } from '../codec/json-value.js'
import type { Backend } from '../crypto/backend.js'
import { packBatch } from '../crypto/packed-batch.js'
import { ANNEX_FORMAT } from '../formats.js'
import { verifyBatchBytesMax, verifyBatchItemsMax } from '../limits.js'
import { ANNEX_KINDS, annexPayload, annexProblems } from '../receipt/annex.js'
import { VERIFICATION_CODES, type VerificationCode } from './codes.js'
import { Findings, NOWHERE, type Place, type Severity } from './findings.js'
import { parseLine, readLines } from './line-reader.js'
import type { AnnexResult } from './report.js'
import { type KeyResolver, SignatureChecker } from './signatures.js'

/** Options of {@link verifyAnnexStream}. */
export interface VerifyAnnexOptions {
  /** True for the hash of a receipt of the chain. Left out: what rows speak of is not checked. */
  readonly isReceipt?: (hash: string) => boolean
}

interface Row {
  readonly row: JsonObject
  readonly fileIndex: number
}

/**
 * Verifies `annex.ndjson`. Rows must stand in their order. Facts of unknown kinds are verified as signed and reported
 * as not interpreted.
 *
 * @throws nothing for bad evidence; what `input` and `backend` throw.
 */
export async function verifyAnnexStream(
  input: AsyncIterable<Uint8Array>,
  keys: KeyResolver,
  backend: Backend,
  options: VerifyAnnexOptions = {},
): Promise<AnnexResult> {
  const check = new AnnexCheck(keys, backend, options)
  let batch: Row[] = []
  let batchBytes = 0
  for await (const lines of readLines(input)) {
    for (const line of lines) {
      const parsed = parseLine(line)
      if (parsed.ok) batch.push({ row: parsed.object, fileIndex: line.fileIndex })
      else check.refuse(parsed.message, line.fileIndex)
      batchBytes += parsed.ok ? parsed.bytesLength : 0
      if (batch.length < verifyBatchItemsMax && batchBytes < verifyBatchBytesMax) continue
      await check.rows(batch)
      batch = []
      batchBytes = 0
    }
  }
  await check.rows(batch)
  return check.result()
}

class AnnexCheck {
  readonly #signatures: SignatureChecker
  readonly #backend: Backend
  readonly #options: VerifyAnnexOptions
  readonly #findings = new Findings()
  #count = 0
  #head: string | null = null

  constructor(keys: KeyResolver, backend: Backend, options: VerifyAnnexOptions) {
    this.#signatures = new SignatureChecker(keys, backend)
    this.#backend = backend
    this.#options = options
  }

  refuse(message: string, fileIndex: number): void {
    this.#findings.add('annex', 'fail', 'ANNEX_MALFORMED', message, { ...NOWHERE, file_index: fileIndex })
  }

  async rows(batch: readonly Row[]): Promise<void> {
    const refusals = await this.#signatures.check(
      batch.map(({ row }) => ({ block: row.signature, payload: annexPayload(row) })),
    )
    const digests = await this.#backend.sha256Many(packBatch(batch.map(({ row }) => jcsBytes(row))))
    batch.forEach((item, i) => {
      this.#row(item, refusals[i])
      this.#head = formatDigest('sha256', digests.subarray(32 * i, 32 * i + 32))
      this.#count++
    })
  }

  #row({ row, fileIndex }: Row, refusal: VerificationCode | undefined): void {
    const { seq, kind, about } = row
    const number = typeof seq === 'number' ? seq : null
    const place: Place = { ...NOWHERE, index: this.#count, file_index: fileIndex, sequence_number: number }
    const report = (severity: Severity, code: VerificationCode, message: string) =>
      this.#findings.add('annex', severity, code, message, place)
    if (refusal !== undefined)
      report('fail', 'ANNEX_SIGNATURE_INVALID', `${refusal}: ${VERIFICATION_CODES[refusal][0]}`)
    if (row.format !== ANNEX_FORMAT) report('fail', 'ANNEX_MALFORMED', `format is not ${ANNEX_FORMAT}`)
    const problems = annexProblems(row).length
    if (problems > 0)
      report('fail', 'ANNEX_MALFORMED', `${problems} members are not what this kind of row holds`)
    if (seq !== this.#count) report('fail', 'ANNEX_SEQUENCE_ERROR', `seq is not ${this.#count}`)
    if (row.prev !== this.#head) report('fail', 'ANNEX_HASH_MISMATCH', `the row before has ${this.#head}`)
    if (typeof about === 'string' && this.#options.isReceipt?.(about) === false)
      report('fail', 'ANNEX_ABOUT_UNKNOWN', 'no receipt of the chain has this hash')
    if (typeof kind === 'string' && !Object.hasOwn(ANNEX_KINDS, kind))
      report('note', 'ANNEX_KIND_UNKNOWN', 'a kind that is signed, but not interpreted')
  }

  result(): AnnexResult {
    const unfailed = this.#count === 0 ? 'N/A' : 'PASS'
    return {
      status: this.#findings.failed('annex') ? 'FAIL' : unfailed,
      count: this.#count,
      head: this.#head,
      findings: this.#findings.list(),
      findings_omitted: this.#findings.omitted(),
    }
  }
}
