// The client's and the gateway's requests to the server that have no reply yet, by id.
import { mcpLateRepliesMax, mcpRequestsInFlightMax } from '../limits.js'
import type { Call } from './call.js'
import type { Page } from './catalogue.js'

export type InFlightEntry =
  | { readonly kind: 'call'; readonly call: Call }
  /** Any other request of the client. */
  | { readonly kind: 'request'; readonly method: string }
  /** A request of the gateway; its reply goes nowhere else. */
  | { readonly kind: 'own'; answer(page: Page | null): void }

/** Requests in flight. Those that nobody waits for any more (late) are kept, in bounds, so that a late reply passes. */
export class InFlight {
  readonly #entries = new Map<string, InFlightEntry>()
  readonly #late = new Set<string>()

  /** Whether `count` more requests may be added. */
  hasRoom(count: number): boolean {
    return this.#entries.size - this.#late.size + count <= mcpRequestsInFlightMax
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  get(key: string): InFlightEntry | undefined {
    return this.#entries.get(key)
  }

  add(key: string, entry: InFlightEntry): void {
    this.#entries.set(key, entry)
  }

  delete(key: string): void {
    this.#entries.delete(key)
    this.#late.delete(key)
  }

  /** The request was cancelled or timed out. */
  markLate(key: string): void {
    this.#late.add(key)
    const [oldest] = this.#late
    if (this.#late.size > mcpLateRepliesMax && oldest !== undefined) this.delete(oldest)
  }

  /** No reply will come to the gateway's own requests. */
  endOwn(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.kind !== 'own') continue
      this.delete(key)
      entry.answer(null)
    }
  }

  /** Every call of the client that was not dropped, in order of arrival. */
  calls(): Call[] {
    return [...this.#entries.values()].filter((entry) => entry.kind === 'call').map(({ call }) => call)
  }
}
