// Sorts any number of 64-bit words in bounded memory: sorted runs are put aside and merged when they are read.
import { readChunkBytes, sorterBytesMax } from '../limits.js'
import { memorySpill, type Spill, type SpillFactory } from './random-access.js'

const WORD_BYTES = 8
/** Which half of a word comes first in memory. Runs never leave the machine. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0

/** Words as pairs of their high and low 32 bits: `[high 0, low 0, high 1, low 1, …]`. */
export type WordPairs = ArrayLike<number>

/** 8 bytes for each word; a bounded number of them in memory, the rest in a spill, which its opener closes. */
export class WordSorter {
  readonly #openSpill: SpillFactory
  readonly #wordsMax: number
  #words = new BigUint64Array(1024)
  #halves = new Uint32Array(this.#words.buffer)
  #count = 0
  #spill: Spill | undefined
  /** Words in each run of the spill. */
  readonly #runs: number[] = []

  constructor(openSpill: SpillFactory = memorySpill, bytesMax = sorterBytesMax) {
    this.#openSpill = openSpill
    this.#wordsMax = bytesMax / WORD_BYTES
  }

  /** Adds words. */
  async add(pairs: WordPairs): Promise<void> {
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      if (this.#count === this.#words.length) await this.#makeRoom()
      this.#halves[2 * this.#count + HIGH] = pairs[i] as number
      this.#halves[2 * this.#count + 1 - HIGH] = pairs[i + 1] as number
      this.#count++
    }
  }

  /**
   * All words in ascending order, some at a time, in memory that is used again for the next. May be read more than once;
   * nothing may be added meanwhile.
   */
  async *sorted(): AsyncGenerator<WordPairs> {
    const rest = this.#words.subarray(0, this.#count).sort()
    const sources = [new Run(rest)]
    let start = 0
    for (const words of this.#runs) {
      sources.push(new Run(new BigUint64Array(0), this.#spill, start, words))
      start += words * WORD_BYTES
    }
    for (const run of sources) await run.refill()
    const pairs = new Uint32Array(readChunkBytes / Uint32Array.BYTES_PER_ELEMENT)
    let length = 0
    for (let least = leastOf(sources); least !== undefined; least = leastOf(sources)) {
      const words = sources.length === 1 ? least.held : 1 // one run needs no comparing
      for (let i = 0; i < words && length < pairs.length; i++) {
        pairs[length++] = least.high
        pairs[length++] = least.low
        if (least.next()) await least.refill()
      }
      if (length < pairs.length) continue
      yield pairs
      length = 0
    }
    if (length > 0) yield pairs.subarray(0, length)
  }

  async #makeRoom(): Promise<void> {
    if (this.#count < this.#wordsMax) {
      const grown = new BigUint64Array(Math.min(4 * this.#count, this.#wordsMax))
      grown.set(this.#words)
      this.#words = grown
      this.#halves = new Uint32Array(grown.buffer)
      return
    }
    this.#spill ??= await this.#openSpill()
    const run = this.#words.sort()
    await this.#spill.append(new Uint8Array(run.buffer))
    this.#runs.push(run.length)
    this.#count = 0
  }
}

/** Reads one sorted run: from memory, or piece by piece from a spill. */
class Run {
  #words: BigUint64Array
  #halves: Uint32Array
  #at = 0
  #start: number
  #left: number
  readonly #spill: Spill | undefined

  constructor(words: BigUint64Array, spill?: Spill, start = 0, left = 0) {
    this.#words = words
    this.#halves = new Uint32Array(words.buffer, words.byteOffset, 2 * words.length)
    this.#spill = spill
    this.#start = start
    this.#left = left
  }

  get high(): number {
    return this.#halves[2 * this.#at + HIGH] as number
  }

  get low(): number {
    return this.#halves[2 * this.#at + 1 - HIGH] as number
  }

  /** Words that are in memory. */
  get held(): number {
    return this.#words.length - this.#at
  }

  get ended(): boolean {
    return this.#at >= this.#words.length
  }

  /** Goes on by one word; true when a refill is due. */
  next(): boolean {
    this.#at++
    return this.ended
  }

  /** Reads the next piece, if the run has one. */
  async refill(): Promise<void> {
    if (!this.ended || this.#left === 0) return
    const words = Math.min(this.#left, readChunkBytes / WORD_BYTES)
    const bytes = await this.#spill?.read(this.#start, words * WORD_BYTES)
    if (bytes?.length !== words * WORD_BYTES) throw new RangeError('spill: fewer bytes than were put aside')
    this.#words = new BigUint64Array(bytes.slice().buffer) // a copy is aligned
    this.#halves = new Uint32Array(this.#words.buffer)
    this.#at = 0
    this.#start += bytes.length
    this.#left -= words
  }
}

function leastOf(runs: readonly Run[]): Run | undefined {
  let least: Run | undefined
  for (const run of runs) {
    if (run.ended) continue
    if (least === undefined || run.high < least.high || (run.high === least.high && run.low < least.low))
      least = run
  }
  return least
}
