// Where a sync is waited for.
import { storeBlockingSyncBytesMax, storeBlockingSyncMsMax } from '../limits.js'

/** The two ways to sync a file, and a clock. */
export interface SyncWays {
  /** Blocks the event loop. */
  readonly inPlace: () => void
  /** In the thread pool. */
  readonly elsewhere: () => Promise<void>
  readonly nowMs: () => number
}

/**
 * The syncs of one file. A few bytes are waited for in place while the disk is quick: the way to the thread pool and back
 * takes as long again. While it is slow, or many wait for it, the event loop goes on.
 */
export class Syncs {
  readonly #ways: SyncWays
  #bytes = 0
  /** Of the last syncs, later ones counting more; at first it is taken to be slow. */
  #meanMs = 8 * storeBlockingSyncMsMax

  constructor(ways: SyncWays) {
    this.#ways = ways
  }

  /** So many bytes were written. */
  add(bytes: number): void {
    this.#bytes += bytes
  }

  /** @throws (rejects) what the system says; the bytes still count then. */
  async sync(): Promise<void> {
    const { inPlace, elsewhere, nowMs } = this.#ways
    const isInPlace = this.#bytes <= storeBlockingSyncBytesMax && this.#meanMs <= storeBlockingSyncMsMax
    const start = nowMs()
    if (isInPlace) inPlace()
    else await elsewhere()
    this.#bytes = 0
    this.#meanMs += (nowMs() - start - this.#meanMs) / 8
  }
}
