// Bounded waiting.

/** Calls back once after `ms` milliseconds; the result cancels it. */
export type After = (ms: number, call: () => void) => () => void

/** `promise`, or `otherwise` when it has not settled after `ms` milliseconds. */
export async function within<T, U>(
  after: After,
  promise: Promise<T>,
  ms: number,
  otherwise: U,
): Promise<T | U> {
  const late = createLatch()
  const cancel = after(ms, late.open)
  try {
    return await Promise.race([promise, late.opened.then(() => otherwise)])
  } finally {
    cancel()
  }
}

/** A promise that is resolved from outside. */
export interface Latch {
  readonly opened: Promise<void>
  open(): void
}

export function createLatch(): Latch {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
