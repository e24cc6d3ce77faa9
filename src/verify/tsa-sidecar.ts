// The timestamp sidecar `<receipts>.tsa`: NDJSON rows that name receipts by id (VAR ).
import type { JsonObject } from '../codec/json-value.js'
import { utf8Encode } from '../codec/utf8.js'
import { sha256String } from '../crypto/hash.js'
import { findingsMax, lineBytesMax, sidecarRowsMax, sidecarRowsPerReceiptMax } from '../limits.js'
import { parseLine, readLines } from './line-reader.js'
import { LineAccess, type Spill, type SpillFactory, tee } from './random-access.js'

/** A row with the token of one receipt. */
export interface TsaRecord {
  readonly receipt_id: string
  /** Base64 of a DER TimeStampResp. */
  readonly rfc3161_token: string
  readonly tsa_id: string
  readonly timestamped_at?: string
}

/** What a row is: a token, a leaf or root of a Merkle batch (VAR v1.1, recognised but not checked yet), or nothing. */
export function rowKind(row: JsonObject): 'token' | 'leaf' | 'batch' | undefined {
  const { entry_type, receipt_id, rfc3161_token, batch_id } = row
  if (entry_type === 'batch') return typeof batch_id === 'string' ? 'batch' : undefined
  if (typeof receipt_id !== 'string') return undefined
  if (entry_type === 'receipt') return typeof batch_id === 'string' ? 'leaf' : undefined
  return entry_type === undefined && typeof rfc3161_token === 'string' ? 'token' : undefined
}

/** Rows of a sidecar text; lines that are no rows are left out (VAR R-50). Batch rows are kept as they are. */
export function parseTsaSidecar(text: string): TsaRecord[] {
  return text.split('\n').flatMap((line) => {
    const parsed = parseLine({ bytes: new TextEncoder().encode(line) })
    return parsed.ok && rowKind(parsed.object) !== undefined ? [parsed.object as unknown as TsaRecord] : []
  })
}

/** Rows by receipt id. */
export interface Sidecar {
  /**
   * The rows of a receipt, in the order of the sidecar, one at a time, and only once: a second receipt with the same
   * id has none. Of more than `sidecarRowsPerReceiptMax` rows, only one more need be given.
   */
  take(receiptId: string): AsyncIterable<JsonObject> | Iterable<JsonObject>
  /** How many receipts have rows, but were never asked for. */
  untaken(): number
  /** Lines that are no rows. */
  readonly malformedLines: number
  /** More than `sidecarRowsMax` rows, or more than `findingsMax` lines that are none: the rest was not read. */
  readonly tooLong: boolean
}

/** A sidecar read as a stream: offsets in memory, the rows themselves put aside. */
export class SidecarIndex implements Sidecar {
  /** Offsets of rows by digest of the receipt id: ids may be long, and keep the whole text of their line. */
  readonly #offsets = new Map<string, number[]>()
  readonly #reader: LineAccess
  readonly #taken = new Set<readonly number[]>()
  malformedLines = 0
  tooLong = false

  private constructor(spill: Spill) {
    this.#reader = new LineAccess(spill)
  }

  static async read(
    sidecar: AsyncIterable<Uint8Array>,
    openSpill: SpillFactory,
    rowsMax = sidecarRowsMax,
  ): Promise<SidecarIndex> {
    const spill = await openSpill()
    const index = new SidecarIndex(spill)
    let rows = 0
    for await (const lines of readLines(tee(sidecar, spill))) {
      for (const line of lines) {
        if (++rows > rowsMax || index.malformedLines > findingsMax) {
          index.tooLong = true
          return index
        }
        const parsed = parseLine(line)
        if (parsed.ok) index.#add(parsed.object, line.offset)
        else index.malformedLines++
      }
    }
    return index
  }

  #add(row: JsonObject, offset: number): void {
    const kind = rowKind(row)
    if (kind === undefined) this.malformedLines++
    if (kind !== 'token' && kind !== 'leaf') return
    const key = keyOf(row.receipt_id as string)
    const offsets = this.#offsets.get(key)
    if (offsets === undefined) this.#offsets.set(key, [offset])
    else if (offsets.length <= sidecarRowsPerReceiptMax) offsets.push(offset)
  }

  /** Rows may be taken once more: for another pass over the chain. */
  rewind(): void {
    this.#taken.clear()
  }

  untaken(): number {
    return this.#offsets.size - this.#taken.size
  }

  async *take(receiptId: string): AsyncGenerator<JsonObject> {
    const offsets = this.#offsets.get(keyOf(receiptId))
    if (offsets === undefined || this.#taken.has(offsets)) return
    this.#taken.add(offsets)
    for (const offset of offsets) {
      const parsed = parseLine({ bytes: await this.#reader.lineAt(offset, lineBytesMax) })
      if (parsed.ok) yield parsed.object
    }
  }
}

function keyOf(receiptId: string): string {
  return sha256String(utf8Encode(receiptId))
}
