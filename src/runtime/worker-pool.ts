// Worker threads: started when the first work is worth it, one task at a time each.
import { TracevarError } from '../errors.js'
import { workerAnswerMsMax } from '../limits.js'
import type { Clock } from './clock.js'
import type { TaskAnswer, TaskName, WorkerTasks } from './worker-tasks.js'

/** Runs a task in some thread; rejects when the thread ends before it answers. Piscina is one. */
export interface TaskRunner {
  run(task: unknown, options: { readonly name: string }): Promise<unknown>
  destroy(): Promise<void>
}

const NOTHING_TO_VERIFY: WorkerTasks['verify']['task'] = {
  bytes: new Uint8Array(),
  offsets: new Uint32Array(1),
  publicKeys: new Uint8Array(32),
  signatures: new Uint8Array(),
}

/** Threads and what is known of them. `close()` ends them; tasks under way are rejected. */
export class WorkerPool {
  /** How many threads there are at most. */
  readonly size: number
  readonly #start: () => Promise<TaskRunner>
  readonly #after: Clock['after']
  #starting: Promise<void> | undefined
  #runner: TaskRunner | undefined
  #running = 0
  #isClosed = false

  /** @param start makes the runner with `size` threads; called once, when they are first asked for. */
  constructor(size: number, start: () => Promise<TaskRunner>, after: Clock['after']) {
    this.size = size
    this.#start = start
    this.#after = after
  }

  /** Threads without a task. 0 until they have been asked for and work: the first work does not wait for them. */
  get free(): number {
    if (this.#isClosed) return 0
    this.#starting ??= this.#open()
    return this.#runner === undefined ? 0 : this.size - this.#running
  }

  /** Resolves when the threads have started, or could not: then everything is done without them. */
  started(): Promise<void> {
    this.#starting ??= this.#open()
    return this.#starting
  }

  async #open(): Promise<void> {
    let runner: TaskRunner | undefined
    try {
      runner = await this.#start()
      await this.#bounded(runner.run(NOTHING_TO_VERIFY, { name: 'verify' })) // does a thread come up at all?
      if (!this.#isClosed) this.#runner = runner
    } catch {}
    if (this.#runner === undefined) await runner?.destroy()
  }

  /** A thread that hangs is lost like one that ends. */
  async #bounded<T>(answer: Promise<T>): Promise<T> {
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      cancel = this.#after(workerAnswerMsMax, () => reject(new Error('the thread does not answer')))
    })
    try {
      return await Promise.race([answer, late])
    } finally {
      cancel()
    }
  }

  /**
   * Runs a task.
   *
   * @throws (rejects) TracevarError with the code that the worker met; any other error: the thread is lost, and
   * whether it did the work is unknown, but nothing of it has left the thread.
   */
  async run<Name extends TaskName>(
    name: Name,
    task: WorkerTasks[Name]['task'],
  ): Promise<WorkerTasks[Name]['answer']> {
    if (this.#runner === undefined) throw new TypeError('pool: no thread is free')
    this.#running++
    try {
      const result = (await this.#bounded(this.#runner.run(task, { name }))) as TaskAnswer<Name>
      if ('code' in result) throw new TracevarError(result.code, result.message)
      return result.answer
    } finally {
      this.#running--
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const runner = this.#runner
    this.#runner = undefined
    await runner?.destroy()
  }
}
