// The runtime's hands: the system's clock, and threads.
import type { Clock } from './clock.js'
import type { TaskRunner } from './worker-pool.js'

/** Longest wait of one timer of the system, milliseconds; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

/** Wall clock, monotonic clock and timers of this process. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, call, { background = false } = {}) {
    let timer: NodeJS.Timeout
    const arm = (leftMs: number) => {
      const waitMs = Math.min(leftMs, TIMER_MS_MAX)
      timer = setTimeout(() => (leftMs > waitMs ? arm(leftMs - waitMs) : call()), waitMs)
      if (background) timer.unref()
    }
    arm(ms)
    return () => clearTimeout(timer)
  },
}

/** Not written where it is imported: the library's own types do not pass `exactOptionalPropertyTypes`. */
const PISCINA: string = 'piscina'

type PiscinaClass = new (
  options: Readonly<Record<string, unknown>>,
) => TaskRunner & { on(event: 'error', call: () => void): unknown }

/**
 * Threads of this process for {@link WorkerPool}: Piscina, which makes a thread anew when one ends.
 *
 * @param file absolute path of a module that exports one function for each task, by name.
 * @param data structured clone that each thread starts with.
 */
export async function startWorkers(file: string, size: number, data: unknown): Promise<TaskRunner> {
  const { Piscina } = (await import(PISCINA)) as { readonly Piscina: PiscinaClass }
  const runner = new Piscina({
    filename: file,
    minThreads: size,
    maxThreads: size,
    workerData: data,
    recordTiming: false,
  })
  runner.on('error', () => {}) // one that ends without a task is nobody's loss
  return runner
}
