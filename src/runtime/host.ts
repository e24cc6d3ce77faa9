// The runtime's hands: the system's clock.
import type { Clock } from './clock.js'

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
