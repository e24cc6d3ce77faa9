// How many calls of one workflow may be open at once. Who finds no slot waits in order; who waits too long is told.

/** First come, first served slots. */
export class CallSlots {
  readonly #max: number
  readonly #waiting: (() => void)[] = []
  #open = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Calls that hold a slot now. */
  get open(): number {
    return this.#open
  }

  /** Takes a free slot at once, or returns false. */
  tryTake(): boolean {
    if (this.#open >= this.#max) return false
    this.#open++
    return true
  }

  /**
   * Waits for a slot. Resolves true with the slot taken, or false when `timeout` fires first.
   *
   * @param timeout arms a timer and returns its cancellation.
   */
  take(timeout: (fire: () => void) => () => void): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = timeout(() => {
        const at = this.#waiting.indexOf(granted)
        if (at < 0) return
        this.#waiting.splice(at, 1)
        resolve(false)
      })
      const granted = () => {
        cancel()
        resolve(true)
      }
      this.#waiting.push(granted)
    })
  }

  /** Gives a slot back; the first who waits gets it. */
  release(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#open--
  }
}
