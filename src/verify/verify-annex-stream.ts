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
import { Findings, NOWHERE, type Place } from './findings.js'
import { LineParser, type RawLine, readLines } from './line-reader.js'
import { checkBlock, type Report } from './receipt-fields.js'
import type { AnnexResult, NotChecked } from './report.js'
import { KeyIdWatch, type KeyResolver, SignatureChecker } from './signatures.js'

/** Options of {@link verifyAnnexStream}. */
export interface VerifyAnnexOptions {
  /** True for the hash of a receipt of the chain. Left out: what rows speak of is not checked. */
  readonly isReceipt?: (hash: string) => boolean
}

interface Row {
  readonly row: JsonObject
  readonly fileIndex: number
  /** Bytes of memory that it takes, roughly: how soon a batch is full. */
  readonly memoryBytes: number
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
      const row = check.read(line)
      if (row === undefined) continue
      batch.push(row)
      batchBytes += row.memoryBytes
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
  readonly #parser = new LineParser()
  readonly #keyIds = new KeyIdWatch()
  #count = 0
  #head: string | null = null

  constructor(keys: KeyResolver, backend: Backend, options: VerifyAnnexOptions) {
    this.#signatures = new SignatureChecker(keys, backend)
    this.#backend = backend
    this.#options = options
  }

  /** The row on a line; what is none is reported. */
  read(line: RawLine): Row | undefined {
    const parsed = this.#parser.parse(line)
    const { fileIndex } = line
    if (parsed?.ok) return { row: parsed.object, fileIndex, memoryBytes: parsed.memoryBytes }
    const place: Place = { ...NOWHERE, file_index: fileIndex }
    if (parsed === undefined) this.#findings.count(1)
    else this.#findings.add('annex', 'fail', 'ANNEX_MALFORMED', parsed.message, place)
    return undefined
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
    const report: Report = (layer, severity, code, message) =>
      this.#findings.add(layer, severity, code, message, place)
    if (refusal !== undefined)
      report('annex', 'fail', 'ANNEX_SIGNATURE_INVALID', `${refusal}: ${VERIFICATION_CODES[refusal][0]}`)
    if (row.format !== ANNEX_FORMAT)
      report('annex', 'fail', 'ANNEX_MALFORMED', `format is not ${ANNEX_FORMAT}`)
    const problems = annexProblems(row).length
    if (problems > 0)
      report('annex', 'fail', 'ANNEX_MALFORMED', `${problems} members are not what this kind of row holds`)
    checkBlock(row.signature, 'annex', report)
    this.#keyIds.check(row.signature, 'annex', report)
    if (seq !== this.#count) report('annex', 'fail', 'ANNEX_SEQUENCE_ERROR', `seq is not ${this.#count}`)
    if (row.prev !== this.#head)
      report('annex', 'fail', 'ANNEX_HASH_MISMATCH', `the row before has ${this.#head}`)
    if (typeof about === 'string' && this.#options.isReceipt?.(about) === false)
      report('annex', 'fail', 'ANNEX_ABOUT_UNKNOWN', 'no receipt of the chain has this hash')
    if (typeof kind === 'string' && !Object.hasOwn(ANNEX_KINDS, kind))
      report('annex', 'note', 'ANNEX_KIND_UNKNOWN', 'a kind that is signed, but not interpreted')
  }

  result(): AnnexResult {
    const unfailed = this.#count === 0 ? 'N/A' : 'PASS'
    return {
      status: this.#findings.failed('annex') ? 'FAIL' : unfailed,
      count: this.#count,
      head: this.#head,
      findings: this.#findings.list(),
      findings_omitted: this.#findings.omitted(),
      not_checked: this.#notChecked(),
    }
  }

  #notChecked(): NotChecked[] {
    const why = 'whether rows speak of receipts of the chain'
    const isAboutChecked = this.#options.isReceipt !== undefined || this.#count === 0
    return [...this.#parser.notChecked('annex'), ...(isAboutChecked ? [] : [{ axis: 'annex', why }])]
  }
}
