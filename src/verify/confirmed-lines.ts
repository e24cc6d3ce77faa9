// The lines of a chain file that the verifier must read itself. The others are confirmed by the back end in other
// threads, block by block, and only their sum comes back.
import type { ConfirmedLines, LineConfirmer } from '../crypto/backend.js'
import { confirmPauseLinesMax, confirmPaysLinesMin } from '../limits.js'
import { type Block, readBlocks } from './line-blocks.js'
import { LineSplitter, type RawLine } from './line-reader.js'

/** A run through a chain that takes lines as confirmed. */
export interface ConfirmingRun {
  /** Works on what was added. */
  flush(): Promise<void>
  /** What the next lines must hold; the same object while it stays the same; undefined: none can be confirmed. */
  confirmContext(): Uint8Array | undefined
  /** Takes the lines as the next ones of the chain; false when they do not follow. Nothing may wait to be worked on. */
  confirm(lines: ConfirmedLines): Promise<boolean>
}

/**
 * Goes through `input` and gives the lines that are not confirmed, in their order. The consumer adds them to the run
 * before it asks for more.
 */
export async function* unconfirmedLines(
  input: AsyncIterable<Uint8Array>,
  confirmer: LineConfirmer,
  run: ConfirmingRun,
): AsyncGenerator<readonly RawLine[]> {
  const blocks = new BlocksAhead(input, confirmer)
  try {
    yield* linesOf(blocks, run)
  } finally {
    await blocks.close()
  }
}

async function* linesOf(blocks: BlocksAhead, run: ConfirmingRun): AsyncGenerator<readonly RawLine[]> {
  const splitter = new LineSplitter()
  const pause = new Pause()
  for (;;) {
    const next = await blocks.next(pause.isOver ? run.confirmContext() : undefined)
    if (next === undefined) break
    let { bytes: rest } = next.block
    if (!next.block.isWhole) {
      yield splitter.push(rest)
      continue
    }
    for (let { job } = next; rest.length > 0; job = undefined) {
      if (pause.isOver) {
        await run.flush()
        const context = run.confirmContext()
        const lines =
          context && (await (job?.context === context ? job.lines : blocks.confirm(context, rest)))
        const isTaken = lines !== undefined && lines.count > 0 && (await run.confirm(lines))
        if (isTaken) {
          splitter.skip(lines.count, lines.bytes)
          rest = rest.subarray(lines.bytes)
        }
        if (rest.length === 0) break
        pause.start(isTaken ? lines.count : 0)
      }
      const end = pause.take(rest)
      yield splitter.push(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  }
  yield splitter.end()
}

const LF = 0x0a

/** How many lines are read by the verifier before the next try: one, and twice as many after each try that did not pay. */
class Pause {
  #length = 1
  #left = 0

  get isOver(): boolean {
    return this.#left === 0
  }

  /** After a try that confirmed so many lines. */
  start(confirmedCount: number): void {
    if (confirmedCount >= confirmPaysLinesMin) this.#length = 1
    this.#left = this.#length
    this.#length = Math.min(2 * this.#length, confirmPauseLinesMax)
  }

  /** Bytes of the lines of the pause, as far as `bytes` has them. */
  take(bytes: Uint8Array): number {
    let end = 0
    for (; this.#left > 0 && end < bytes.length; this.#left--) end = bytes.indexOf(LF, end) + 1
    return end
  }
}

interface Job {
  readonly context: Uint8Array
  readonly lines: Promise<ConfirmedLines>
}

interface AheadBlock {
  readonly block: Block
  job: Job | undefined
}

/**
 * Reads blocks ahead and has them confirmed ahead, as if all before them were going to be confirmed. Neither waits for
 * the other: a thread that has to be woken for every block costs more than its work.
 */
class BlocksAhead {
  readonly #blocks: AsyncGenerator<Block>
  readonly #confirmer: LineConfirmer
  readonly #aheadMax: number
  #ahead: AheadBlock[] = []
  #context: Uint8Array | undefined
  #running = 0
  #reading: Promise<void> | undefined
  #end: { readonly error?: unknown } | undefined

  constructor(input: AsyncIterable<Uint8Array>, confirmer: LineConfirmer) {
    this.#confirmer = confirmer
    this.#aheadMax = 3 * confirmer.jobsMax + 1
    this.#blocks = readBlocks(input, this.#aheadMax, confirmer.blockBytes)
  }

  /**
   * The next block; undefined at the end. `context`: of the jobs that are started; undefined: none are.
   *
   * @throws what reading throws, when all blocks before have been given.
   */
  async next(context: Uint8Array | undefined): Promise<AheadBlock | undefined> {
    this.#context = context
    this.#startJobs()
    this.#read()
    while (this.#ahead.length === 0 && this.#end === undefined) await this.#reading
    const next = this.#ahead.shift()
    this.#read()
    if (next === undefined && this.#end !== undefined && 'error' in this.#end) throw this.#end.error
    return next
  }

  /** A job for a block whose start was not as the jobs ahead took it to be. */
  confirm(context: Uint8Array, bytes: Uint8Array): Promise<ConfirmedLines> {
    this.#running++
    return this.#confirmer.confirmLines(context, bytes).finally(() => {
      this.#running--
    })
  }

  /** Ends reading. */
  async close(): Promise<void> {
    this.#end ??= {}
    this.#context = undefined // of what is still being read, nothing is confirmed
    await this.#reading
    await this.#blocks.return(undefined)
  }

  #read(): void {
    if (this.#reading !== undefined || this.#end !== undefined || this.#ahead.length >= this.#aheadMax) return
    const take = ({ done, value }: IteratorResult<Block, void>) => {
      if (done) this.#end ??= {}
      else this.#ahead.push({ block: value, job: undefined })
    }
    const fail = (error: unknown) => {
      this.#end ??= { error }
    }
    this.#reading = this.#blocks
      .next()
      .then(take, fail)
      .then(() => {
        this.#reading = undefined
        this.#startJobs()
        this.#read()
      })
  }

  /** Starts the jobs that are missing. Those of an earlier context count until they have ended. */
  #startJobs(): void {
    const context = this.#context
    if (context === undefined) return
    for (const ahead of this.#ahead) {
      if (!ahead.block.isWhole || ahead.job?.context === context) continue
      if (this.#running > this.#confirmer.jobsMax) return
      const lines = this.confirm(context, ahead.block.bytes)
      lines.catch(() => undefined) // whoever takes the block is told
      ahead.job = { context, lines }
    }
  }
}
