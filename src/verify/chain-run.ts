// One pass over a chain in the order of its sequence numbers: signatures, hashes and rules, batch by batch.
import { formatDigest } from '../codec/digest.js'
import { jcsBytes } from '../codec/jcs.js'
import type { JsonObject } from '../codec/json-value.js'
import type { Backend, ConfirmedLines } from '../crypto/backend.js'
import { packBatch } from '../crypto/packed-batch.js'
import { receiptIdCharsMax, verifyBatchBytesMax, verifyBatchItemsMax } from '../limits.js'
import { receiptId, receiptKind } from '../receipt/kinds.js'
import { signedPayload } from '../receipt/payload.js'
import { ChainRules } from './chain-rules.js'
import { VERIFICATION_CODES, type VerificationCode } from './codes.js'
import { ContextCache } from './context-cache.js'
import type { Findings, Place } from './findings.js'
import { comparableId, hashKey, IdLog, type IdUse, idHashes, idUses } from './id-log.js'
import type { SpillFactory } from './random-access.js'
import type { Report } from './receipt-fields.js'
import { KeyIdWatch, type KeyResolver, SignatureChecker } from './signatures.js'

/** A receipt as it stands in the input. */
export interface ChainItem {
  readonly fileIndex: number
  readonly receipt: JsonObject
  /** Bytes of memory that it takes, roughly: how soon a batch is full. */
  readonly memoryBytes: number
}

/** A receipt that has been looked at, for the layers above. */
export interface CheckedReceipt {
  readonly receipt: JsonObject
  /** Digest string of the complete receipt. */
  readonly hash: string
  readonly place: Place
}

/** What a run needs. */
export interface ChainRunParts {
  readonly keys: KeyResolver
  readonly backend: Backend
  readonly findings: Findings
  readonly openSpill?: SpillFactory | undefined
  /** Called for every receipt, in order, after L1 and L2. */
  readonly onReceipt?: ((checked: CheckedReceipt) => Promise<void> | void) | undefined
  /** Called for receipts that were confirmed, in order, instead of `onReceipt`. Left out: none are. */
  readonly onConfirmed?: ((lines: ConfirmedLines) => void) | undefined
}

export class ChainRun {
  readonly rules = new ChainRules()
  readonly #parts: ChainRunParts
  readonly #signatures: SignatureChecker
  readonly #ids: IdLog
  #batch: ChainItem[] = []
  #batchBytes = 0
  readonly #keyIds = new KeyIdWatch()
  #index = 0
  #untaggedSeen = false
  /** Where lines are confirmed. */
  readonly #contexts: ContextCache | undefined

  constructor(parts: ChainRunParts) {
    this.#parts = parts
    this.#contexts = parts.onConfirmed && new ContextCache()
    this.#signatures = new SignatureChecker(parts.keys, parts.backend)
    this.#ids = new IdLog(parts.backend, parts.openSpill)
  }

  /** Takes the next receipt; works when a batch is full. */
  async add(item: ChainItem): Promise<void> {
    this.#batch.push(item)
    this.#batchBytes += item.memoryBytes
    if (this.#batch.length >= verifyBatchItemsMax || this.#batchBytes >= verifyBatchBytesMax)
      await this.#work()
  }

  /** Looks at what is left. */
  async end(): Promise<void> {
    await this.flush()
    this.rules.end()
  }

  /** Works on what was added. */
  async flush(): Promise<void> {
    await this.#work()
  }

  /** What the next lines must hold so that nothing is to be said of them (`ConfirmingRun`). */
  confirmContext(): Uint8Array | undefined {
    const constants = this.rules.constants()
    const { keyId } = this.#keyIds
    const key = this.#signatures.knownKey(keyId)
    if (constants === undefined || key === undefined || typeof keyId !== 'string') return undefined
    const chain = { ...constants, keyId, key, untaggedSeen: this.#untaggedSeen }
    return this.#contexts?.context(chain, this.rules)
  }

  /** Takes lines that were confirmed under the context of this moment; false when they are not the next ones. */
  async confirm(lines: ConfirmedLines): Promise<boolean> {
    if (this.#batch.length > 0) throw new TypeError('confirm: receipts wait to be looked at')
    if (!this.rules.follows(lines)) return false
    this.rules.confirm(lines)
    this.#index += lines.count
    this.#untaggedSeen ||= lines.hasUntagged
    this.#parts.onConfirmed?.(lines)
    await this.#ids.addWords(lines.idWords)
    return true
  }

  async #work(): Promise<void> {
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    if (batch.length === 0) return
    const { backend, onReceipt } = this.#parts
    const refusals = await this.#signatures.check(
      batch.map(({ receipt }) => {
        const kind = receiptKind(receipt.record_type)
        return { block: receipt.signature, payload: kind && signedPayload(receipt, kind) }
      }),
    )
    const digests = await backend.sha256Many(packBatch(batch.map(({ receipt }) => jcsBytes(receipt))))
    const uses: IdUse[] = []
    for (const [i, item] of batch.entries()) {
      const hash = formatDigest('sha256', digests.subarray(32 * i, 32 * i + 32))
      const place = placeOf(item, this.#index)
      this.#checkOne(item.receipt, hash, refusals[i], place)
      uses.push(...this.#usesOf(item.receipt))
      await onReceipt?.({ receipt: item.receipt, hash, place })
    }
    await this.#ids.add(uses)
  }

  #checkOne(receipt: JsonObject, hash: string, refusal: VerificationCode | undefined, place: Place): void {
    const report: Report = (layer, severity, code, message) =>
      this.#parts.findings.add(layer, severity, code, message, place)
    if (refusal !== undefined) report('L1', 'fail', refusal, VERIFICATION_CODES[refusal][0])
    this.#keyIds.check(receipt.signature, 'L1', report)
    if (comparableId(receipt) === undefined && receiptId(receipt) !== undefined)
      report(
        'L2',
        'warn',
        'MALFORMED_RECEIPT',
        `the id of the receipt is longer than ${receiptIdCharsMax} characters`,
      )
    const { sequence_number: sequenceNumber } = place
    if (sequenceNumber === null) {
      report('L2', 'fail', 'MALFORMED_RECEIPT', 'sequence_number: not an integer; the receipt has no place')
      return
    }
    this.rules.next(receipt, sequenceNumber, hash, report)
    this.#contexts?.learn(receipt)
    this.#index++
  }

  #usesOf(receipt: JsonObject): IdUse[] {
    const isUntagged = receipt.record_type === 'action_receipt' && this.rules.isUntagged(receipt)
    this.#untaggedSeen ||= isUntagged
    // An outcome can only belong to a call before it: no reference is logged until there is an untagged call.
    return idUses(receipt, isUntagged).filter(({ use }) => use !== 'outcome of' || this.#untaggedSeen)
  }

  /**
   * Reports receipts with the same id, and outcomes of untagged calls (VAR R-42). `reread` gives the receipts again,
   * in the same order; it is only used when there is something to confirm.
   */
  async reportIds(reread: () => AsyncIterable<readonly ChainItem[]>): Promise<void> {
    const { keys, more } = await this.#ids.suspicion()
    this.#parts.findings.count(more)
    if (keys.size === 0) return
    const seen = new Map<string, { readonly untagged: boolean }>()
    let index = 0
    for await (const items of reread()) {
      const uses = items.flatMap((item) => {
        const place = placeOf(item, sequenceNumberOf(item) === undefined ? null : index++)
        return this.#usesOf(item.receipt).map((use) => ({ ...use, place }))
      })
      const hashes = await idHashes(
        uses.map(({ id }) => id),
        this.#parts.backend,
      )
      uses.forEach(({ id, use, place }, i) => {
        if (!keys.has(hashKey(hashes[i] as readonly [number, number]))) return
        const before = seen.get(id)
        if (use === 'outcome of') {
          if (before?.untagged)
            this.#warn('MONEY_ACTION_TAG_MISSING', 'the call has an outcome, but no money_action', place)
        } else {
          if (before !== undefined)
            this.#warn('DUPLICATE_RECEIPT_ID', 'an earlier receipt has the same id', place)
          // A copy: strings that were cut out of a line keep the whole line in memory.
          else seen.set(structuredClone(id), { untagged: use === 'own, untagged' })
        }
      })
    }
  }

  #warn(code: VerificationCode, message: string, place: Place): void {
    this.#parts.findings.add('L2', 'warn', code, message, place)
  }
}

/** Number by which a receipt has its place in the chain; undefined: it has none. */
export function sequenceNumberOf({ receipt }: Pick<ChainItem, 'receipt'>): number | undefined {
  const { sequence_number } = receipt
  return Number.isSafeInteger(sequence_number) ? (sequence_number as number) : undefined
}

function placeOf(item: ChainItem, index: number | null): Place {
  const sequenceNumber = sequenceNumberOf(item)
  return {
    index: sequenceNumber === undefined ? null : index,
    file_index: item.fileIndex,
    sequence_number: sequenceNumber ?? null,
    receipt_id: comparableId(item.receipt) ?? null,
  }
}
