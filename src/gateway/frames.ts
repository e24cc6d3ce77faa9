// Newline framing of MCP over stdio: bytes in, frames out, nothing changed.
import { TracevarError } from '../errors.js'
import { mcpFrameBytesMax } from '../limits.js'

const LF = 0x0a
const CR = 0x0d

/** One line. `raw`: the bytes as they came, with line ending. `message`: the same without LF or CRLF. */
export interface Frame {
  readonly raw: Uint8Array
  readonly message: Uint8Array
}

/** Splits a byte stream at LF. Chunks are kept in a list and joined once a frame, so the cost is linear. */
export class FrameSplitter {
  readonly #bytesMax: number
  #chunks: Uint8Array[] = []
  #pending = 0

  /** @param bytesMax Largest frame without its line ending, bytes. */
  constructor(bytesMax: number = mcpFrameBytesMax) {
    this.#bytesMax = bytesMax
  }

  /**
   * The frames that `chunk` completes, in order; views of the chunk where a frame lies within it.
   * @throws TracevarError `ERR_GATEWAY_FRAME` after the frames before the oversize one.
   */
  *push(chunk: Uint8Array): Generator<Frame> {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(LF, start)
      const part = chunk.subarray(start, end < 0 ? chunk.length : end + 1)
      this.#chunks.push(part)
      this.#pending += part.length
      if (this.#pending - (end < 0 ? 0 : 1) > this.#bytesMax) {
        throw new TracevarError('ERR_GATEWAY_FRAME', `a frame is larger than ${this.#bytesMax} bytes`)
      }
      if (end < 0) return
      start = end + 1
      yield this.#take()
    }
  }

  /** The bytes after the last line ending as a frame of their own: some readers take them at the end of input. */
  rest(): Frame | null {
    return this.#pending === 0 ? null : this.#take()
  }

  #take(): Frame {
    const first = this.#chunks[0]
    const raw = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#pending = 0
    let end = raw.length
    if (raw[end - 1] === LF) end--
    if (raw[end - 1] === CR) end--
    return { raw, message: raw.subarray(0, end) }
  }
}
