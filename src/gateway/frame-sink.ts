// One direction of output: frames leave in the order they were given, some of them only after a receipt is durable.
import type { Writable } from 'node:stream'
import { mcpAnswersBytesMax, mcpQueuedBytesMax } from '../limits.js'

interface Waiting {
  readonly bytes: Uint8Array
  readonly gate: Promise<unknown> | null
  /** Called when the peer has taken the bytes. */
  readonly taken: (() => void) | undefined
}

/** Ordered writer with back-pressure. Writing after the peer has gone is ignored. */
export class FrameSink {
  readonly #stream: Writable
  readonly #queue: Waiting[] = []
  #queuedBytes = 0
  #answersBytes = 0
  #flushing: Promise<void> | null = null
  #gone = false
  #ended = false
  #released = false
  #wake: (() => void)[] = []

  /** @param onGone Called once when the peer no longer reads (EPIPE and the like). */
  constructor(stream: Writable, onGone: () => void) {
    this.#stream = stream
    const gone = (): void => {
      if (this.#gone) return
      this.#gone = true
      this.#wakeAll()
      if (!this.#ended) onGone()
    }
    stream.on('error', gone)
    stream.on('close', gone)
    stream.on('drain', () => this.#wakeAll())
  }

  /** Whether the peer can no longer be written to. */
  get gone(): boolean {
    return this.#gone
  }

  /** Writes `bytes` after everything given before, and not before `gate` (which never rejects) has resolved. */
  write(bytes: Uint8Array, gate: Promise<unknown> | null = null): void {
    this.#give(bytes, gate, undefined)
  }

  /** Writes an answer that the peer itself caused; see {@link answersTaken}. */
  answer(bytes: Uint8Array, gate: Promise<unknown> | null = null): void {
    this.#answersBytes += bytes.length
    this.#give(bytes, gate, () => {
      this.#answersBytes -= bytes.length
      this.#wakeAll()
    })
  }

  /** Ends all holding back: the connection is at its end. */
  release(): void {
    this.#released = true
    this.#wakeAll()
  }

  /** Resolves when more may be written, or nothing is to be held back any more. */
  ready(): Promise<void> {
    return this.#until(() => !this.#stream.writableNeedDrain && this.#queuedBytes <= mcpQueuedBytesMax)
  }

  /** Resolves when the peer has taken its answers, but for a bounded rest: until then it must not cause more of them. */
  answersTaken(): Promise<void> {
    return this.#until(() => this.#answersBytes <= mcpAnswersBytesMax)
  }

  /** Writes what waits, then ends the stream. */
  async end(): Promise<void> {
    await this.#flushing
    this.#ended = true
    if (!this.#gone) this.#stream.end()
  }

  #give(bytes: Uint8Array, gate: Promise<unknown> | null, taken: (() => void) | undefined): void {
    if (this.#gone) return
    if (gate === null && this.#flushing === null) {
      this.#stream.write(bytes, taken)
      return
    }
    this.#queue.push({ bytes, gate, taken })
    this.#queuedBytes += bytes.length
    this.#flushing ??= this.#flush()
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!this.#gone && !this.#released && !isSo())
      await new Promise<void>((resolve) => this.#wake.push(resolve))
  }

  async #flush(): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      await next.gate
      if (!this.#gone) this.#stream.write(next.bytes, next.taken)
      this.#queue.shift()
      this.#queuedBytes -= next.bytes.length
      this.#wakeAll()
    }
    this.#flushing = null
  }

  #wakeAll(): void {
    const waiting = this.#wake
    this.#wake = []
    for (const resolve of waiting) resolve()
  }
}
