// Time as the runtime uses it: wall time for receipts, monotonic time for durations and for noticing jumps.

/** Injected time. `host.ts` supplies the real one. */
export interface Clock {
  /** Milliseconds since 1970, may jump. */
  wallMs(): number
  /** Milliseconds since an arbitrary start, never falls. */
  monotonicMs(): number
  /**
   * Calls back once after `ms`; the result cancels it.
   *
   * @param options `background`: the process may end before. Left out: it is kept alive.
   */
  after(ms: number, call: () => void, options?: { readonly background?: boolean }): () => void
}

/** A stamp for one receipt, and how far the wall clock jumped since the stamp before (0: no jump worth noting). */
export interface Stamp {
  readonly wallMs: number
  readonly jumpMs: number
}

/**
 * Wall times that never fall within one chain (VAR L2 TIME_REGRESSION; DESIGN decision 13): a clock set back keeps
 * giving the last time until it has caught up, and every jump beyond `toleranceMs` is reported once.
 */
export class Stamps {
  readonly #clock: Clock
  readonly #toleranceMs: number
  #lastMs = 0
  #offsetMs: number

  constructor(clock: Clock, toleranceMs: number) {
    this.#clock = clock
    this.#toleranceMs = toleranceMs
    this.#offsetMs = clock.wallMs() - clock.monotonicMs()
  }

  next(): Stamp {
    const wall = this.#clock.wallMs()
    const offset = wall - this.#clock.monotonicMs()
    const drift = offset - this.#offsetMs
    const jumped = Math.abs(drift) > this.#toleranceMs
    if (jumped) this.#offsetMs = offset
    this.#lastMs = Math.max(this.#lastMs, Math.floor(wall))
    return { wallMs: this.#lastMs, jumpMs: jumped ? Math.round(drift) : 0 }
  }
}

/** RFC 3339 UTC with milliseconds (VAR R-7). */
export function rfc3339(wallMs: number): string {
  return new Date(wallMs).toISOString()
}
