// Seals the receipts of all workflows (DESIGN decisions 5, 7). A receipt alone is sealed at once; what comes with others
// in one turn of the event loop is sealed with them in one call; and where that is much, threads take shares of it.
import type { SealBatch, SealedTexts } from '../crypto/seal-batch.js'
import { fillIn, SIGNATURE_CHARS } from '../crypto/seal-batch.js'
import { TracevarError } from '../errors.js'
import { sealBatchItemsMax, sealHandOffItemsMin, sealQueueItemsMax } from '../limits.js'
import type { ChainLink, NewItem, ReceiptSigner, SealedReceipt } from '../receipt/seal.js'
import { SealBatchBuilder } from '../receipt/seal-builder.js'
import { checkKeyId } from '../receipt/signature-block.js'
import { ReceiptTemplates } from '../receipt/template.js'
import type { WorkerPool } from './worker-pool.js'

const DIGEST_CHARS = 71

/** One chain as the sealer sees it: where it ends. At most one receipt of it is being sealed at any time. */
export class SealChain {
  readonly templates = new ReceiptTemplates()
  head: ChainLink | null = null
  /** A receipt of this chain is in a thread. */
  isAway = false
}

/** Input of the next receipt, asked for when its turn comes; the chain's head is then the receipt before it. */
export type MakeReceipt = () => Pick<NewItem, 'input' | 'sources'>

interface Job {
  readonly chain: SealChain
  readonly make: MakeReceipt
  readonly done: (sealed: SealedReceipt) => unknown
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

/** How a runtime seals; part of its description. */
export interface SealingDescription {
  /** `inline`: in the main thread only. `workers`: in threads, too, from `handOffItemsMin` receipts a thread on. */
  readonly mode: 'inline' | 'workers'
  readonly workers: number
  readonly handOffItemsMin: number | null
  readonly batchItemsMax: number
}

/** The sealer of one runtime. */
export class Sealer {
  readonly #signer: ReceiptSigner
  readonly #pool: WorkerPool | undefined
  readonly #handOffItemsMin: number
  #queue: Job[] = []
  #isTurnTaken = false

  /**
   * @param pool threads that know the signer's key. Left out: everything is sealed in this thread.
   * @param handOffItemsMin receipts that make a thread worth it. Left out: what was measured for the back end.
   */
  constructor(signer: ReceiptSigner, pool?: WorkerPool, handOffItemsMin?: number) {
    this.#signer = signer
    this.#pool = pool
    const { name } = signer.backend.describe()
    this.#handOffItemsMin =
      handOffItemsMin ?? (name === 'native' || name === 'node' ? sealHandOffItemsMin[name] : Infinity)
  }

  /** False when half of the queue is taken. Start no new call then. */
  get hasRoom(): boolean {
    return this.#queue.length <= sealQueueItemsMax / 2
  }

  describe(): SealingDescription {
    const workers = this.#pool?.size ?? 0
    return {
      mode: workers > 0 ? 'workers' : 'inline',
      workers,
      handOffItemsMin: workers > 0 ? this.#handOffItemsMin : null,
      batchItemsMax: sealBatchItemsMax,
    }
  }

  /**
   * Seals the next receipt of a chain, after those asked for before. `done` is called in the moment in which the
   * chain's head moves on, so that what it writes stands in the order of the chain; the promise has its result.
   *
   * @throws (rejects) TracevarError `ERR_SEALER_PUSHBACK`; what `make` throws; as `sealMany`. The chain stays as it is.
   */
  seal<T>(chain: SealChain, make: MakeReceipt, done: (sealed: SealedReceipt) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length >= sealQueueItemsMax) {
        reject(new TracevarError('ERR_SEALER_PUSHBACK', `${sealQueueItemsMax} receipts wait to be sealed`))
        return
      }
      const job: Job = { chain, make, done, resolve, reject }
      const isAlone = !this.#isTurnTaken && this.#queue.length === 0 && !chain.isAway
      this.#takeTurn()
      if (isAlone) this.#sealHere([job])
      else this.#queue.push(job)
    })
  }

  /** What is asked for in this turn after the first receipt waits for its end, and is sealed together. */
  #takeTurn(): void {
    if (this.#isTurnTaken) return
    this.#isTurnTaken = true
    setImmediate(() => {
      this.#isTurnTaken = false
      if (this.#queue.length > 0) this.#flush()
    })
  }

  /** Seals one receipt of each waiting chain. */
  #flush(): void {
    const jobs = this.#take()
    if (this.#queue.some((job) => !job.chain.isAway)) this.#takeTurn()
    const shareItems = this.#shareItems(jobs.length)
    let at = 0
    for (; jobs.length - at > shareItems; at += shareItems)
      void this.#sealAway(jobs.slice(at, at + shareItems))
    if (at < jobs.length) this.#sealHere(jobs.slice(at))
  }

  /** The first waiting job of each chain that is here, up to a bound; the others stay in their order. */
  #take(): Job[] {
    const taken = new Set<SealChain>()
    const jobs: Job[] = []
    const rest: Job[] = []
    for (const job of this.#queue) {
      const isNext = jobs.length < sealBatchItemsMax && !job.chain.isAway && !taken.has(job.chain)
      taken.add(job.chain) // also when it stays, so that nothing overtakes it
      ;(isNext ? jobs : rest).push(job)
    }
    this.#queue = rest
    return jobs
  }

  /** How many of `count` receipts this thread and each free one take; all of them where threads do not pay. */
  #shareItems(count: number): number {
    if (this.#pool === undefined || count < 2 * this.#handOffItemsMin) return count
    const threads = Math.min(this.#pool.free + 1, Math.floor(count / this.#handOffItemsMin))
    return Math.ceil(count / threads)
  }

  #sealHere(jobs: readonly Job[]): void {
    const built = this.#build(jobs)
    if (built === undefined) return
    this.#conclude(built, () => this.#sealBatch(built.batch))
  }

  async #sealAway(jobs: readonly Job[]): Promise<void> {
    const built = this.#build(jobs)
    if (built === undefined || this.#pool === undefined) return
    for (const { chain } of built.jobs) chain.isAway = true
    let texts: SealedTexts | undefined
    try {
      texts = split(await this.#pool.run('seal', built.batch), built.batch)
    } catch {
      // Nothing of it has left the thread, and what is signed is the same here: the same text gives the same signature.
    }
    for (const { chain } of built.jobs) chain.isAway = false
    this.#conclude(built, () => texts ?? this.#sealBatch(built.batch))
    if (this.#queue.length > 0) this.#takeTurn()
  }

  /** Writes the receipts; a job that cannot be written is rejected, and the others go on without it. */
  #build(jobs: readonly Job[]): Built | undefined {
    const builder = new SealBatchBuilder(this.#signer.keyId, jobs.length)
    const kept: Job[] = []
    for (const job of jobs) {
      const { chain } = job
      try {
        const { input, sources } = job.make()
        builder.add(input, chain.head, chain.templates, sources)
        kept.push(job)
      } catch (error) {
        job.reject(error)
      }
    }
    return kept.length === 0 ? undefined : { jobs: kept, builder, batch: builder.batch() }
  }

  #sealBatch(batch: SealBatch): SealedTexts {
    const { backend, key, keyId } = this.#signer
    checkKeyId(keyId)
    return backend.sealMany([key], 'receipt', batch)
  }

  #conclude({ jobs, builder, batch }: Built, texts: () => SealedTexts): void {
    let sealed: readonly SealedReceipt[]
    try {
      sealed = builder.finish(batch, texts())
    } catch (error) {
      for (const job of jobs) job.reject(error)
      return
    }
    jobs.forEach((job, i) => {
      accept(job, sealed[i] as SealedReceipt)
    })
  }
}

function accept({ chain, done, resolve, reject }: Job, sealed: SealedReceipt): void {
  chain.head = { hash: sealed.hash, sequenceNumber: sealed.sequenceNumber } // not its bytes
  try {
    resolve(done(sealed) as never)
  } catch (error) {
    reject(error)
  }
}

interface Built {
  readonly jobs: readonly Job[]
  readonly builder: SealBatchBuilder
  readonly batch: SealBatch
}

/** The texts of a worker's answer; its signatures are written into our copy of the batch. */
function split(
  joined: { readonly signatures: string; readonly digests: string },
  batch: SealBatch,
): SealedTexts {
  const count = batch.offsets.length - 1
  const cut = (text: string, chars: number) =>
    Array.from({ length: count }, (_, i) => text.slice(chars * i, chars * (i + 1)))
  const signatures = cut(joined.signatures, SIGNATURE_CHARS)
  signatures.forEach((signature, i) => {
    fillIn(batch, i, signature)
  })
  return { signatures, digests: cut(joined.digests, DIGEST_CHARS) }
}
