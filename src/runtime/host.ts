// The runtime's hands: the system's clock.
import type { Clock } from './clock.js'

/** Wall clock, monotonic clock and timers of this process. A pending timer does not keep the process alive. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
