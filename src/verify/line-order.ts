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

/** 8 bytes of memory for each line of the input, and a sorter of (sequence number, line number). */
export class LineOrder {
  readonly #sorter: WordSorter
  readonly #offsets: Float64Array[] = []

  constructor(openSpill?: SpillFactory) {
    this.#sorter = new WordSorter(openSpill)
  }

  /** Notes where the receipt with a sequence number (a safe integer) stands. */
  async add(sequenceNumber: number, { fileIndex, offset }: RawLine): Promise<void> {
    if (fileIndex > unorderedLinesMax)
      throw new TracevarError('ERR_VERIFY_INPUT', `more than ${unorderedLinesMax} lines, out of order`)
    const chunk = Math.floor(fileIndex / CHUNK)
    while (this.#offsets.length <= chunk) this.#offsets.push(new Float64Array(CHUNK))
    ;(this.#offsets[chunk] as Float64Array)[fileIndex % CHUNK] = offset
    await this.#sorter.add([sortKey(sequenceNumber), fileIndex])
  }

  /** The noted lines, ordered by sequence number, then by place in the file. */
  async *lines(access: RandomAccess): AsyncGenerator<readonly RawLine[]> {
    const reader = new LineAccess(access)
    for await (const pairs of this.#sorter.sorted()) {
      for (let i = 1; i < pairs.length; i += 2) {
        const fileIndex = pairs[i] as number
        const offset = this.#offsets[Math.floor(fileIndex / CHUNK)]?.[fileIndex % CHUNK] as number
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
