// Receipts in the order of their sequence numbers, when the file has them in another (VAR R-40): an index of numbers
// and offsets in packed arrays, and a second reading by it.
import { TracevarError } from '../errors.js'
import { lineBytesMax, unorderedLinesMax } from '../limits.js'
import { type RawLine, readLines } from './line-reader.js'
import { LineAccess, type RandomAccess, readAll, type SpillFactory } from './random-access.js'
import { WordSorter } from './word-sorter.js'

/** A source of lines that can be read again from the start. */
export type LineSource = () => AsyncIterable<readonly RawLine[]>

/** The lines as they stand in the input. */
export function linesInFileOrder(access: RandomAccess): LineSource {
  return () => readLines(readAll(access))
}

const CHUNK = 65_536

/** Where up to `CHUNK` receipts stand. */
interface Places {
  readonly offsets: Float64Array
  readonly fileIndexes: Uint32Array
}

/** 12 bytes of memory for each receipt, and a sorter of (sequence number, how many receipts came before). */
export class LineOrder {
  readonly #sorter: WordSorter
  readonly #chunks: Places[] = []
  #count = 0

  constructor(openSpill?: SpillFactory) {
    this.#sorter = new WordSorter(openSpill)
  }

  /** Notes where the receipt with a sequence number (a safe integer) stands. */
  async add(sequenceNumber: number, { fileIndex, offset }: RawLine): Promise<void> {
    if (fileIndex > unorderedLinesMax)
      throw new TracevarError('ERR_VERIFY_INPUT', `more than ${unorderedLinesMax} lines, out of order`)
    // By the number of receipts, not of lines: blank lines cost a byte of input each, and must cost no memory.
    const at = this.#count % CHUNK
    if (at === 0) this.#chunks.push({ offsets: new Float64Array(CHUNK), fileIndexes: new Uint32Array(CHUNK) })
    const { offsets, fileIndexes } = this.#chunks.at(-1) as Places
    offsets[at] = offset
    fileIndexes[at] = fileIndex
    await this.#sorter.add([sortKey(sequenceNumber), this.#count++])
  }

  /** The noted lines, ordered by sequence number, then by place in the file. */
  async *lines(access: RandomAccess): AsyncGenerator<readonly RawLine[]> {
    const reader = new LineAccess(access)
    for await (const pairs of this.#sorter.sorted()) {
      for (let i = 1; i < pairs.length; i += 2) {
        const ordinal = pairs[i] as number
        const { offsets, fileIndexes } = this.#chunks[Math.floor(ordinal / CHUNK)] as Places
        const offset = offsets[ordinal % CHUNK] as number
        const fileIndex = fileIndexes[ordinal % CHUNK] as number
        yield [{ fileIndex, offset, bytes: await reader.lineAt(offset, lineBytesMax) }]
      }
    }
  }
}

/**
 * 32 bits in the order of the sequence numbers. Negative ones are equal, and so are those beyond any file: a chain
 * with such numbers is refused in whatever order they come.
 */
function sortKey(sequenceNumber: number): number {
  return Math.min(Math.max(sequenceNumber + 1, 0), 2 ** 32 - 1)
}
