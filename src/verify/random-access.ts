// Bytes that can be read again, and bytes that are put aside. The real files are wired in by host.ts.
import { lineReadBytes, readChunkBytes } from '../limits.js'

/** Bytes at known places. */
export interface RandomAccess {
  /** Up to `length` bytes from `offset`, in memory of their own; fewer only at the end, none beyond it. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** A place to put bytes aside and read them again, such as a temporary file. */
export interface Spill extends RandomAccess {
  /** Adds bytes at the end. The caller may change `bytes` once the promise has resolved. */
  append(bytes: Uint8Array): Promise<void>
  /** Throws the bytes away. */
  close(): Promise<void>
}

/** Opens an empty spill. */
export type SpillFactory = () => Promise<Spill>

/** Puts bytes aside in memory: for browsers, and for input of a size that memory can hold. */
export const memorySpill: SpillFactory = async () => {
  let chunks: { readonly start: number; readonly bytes: Uint8Array }[] = []
  let length = 0
  return {
    async append(bytes) {
      if (bytes.length > 0) chunks.push({ start: length, bytes: bytes.slice() })
      length += bytes.length
    },
    async read(offset, count) {
      const wanted = new Uint8Array(Math.max(0, Math.min(count, length - offset)))
      let at = chunkAt(chunks, offset)
      for (let filled = 0; filled < wanted.length; at++) {
        const chunk = chunks[at]
        if (chunk === undefined) break
        const from = offset + filled - chunk.start
        const piece = chunk.bytes.subarray(from, from + wanted.length - filled)
        wanted.set(piece, filled)
        filled += piece.length
      }
      return wanted
    },
    async close() {
      chunks = []
      length = 0
    },
  }
}

/** Index of the last chunk that starts at or before `offset`. */
function chunkAt(chunks: readonly { readonly start: number }[], offset: number): number {
  let low = 0
  let high = chunks.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((chunks[middle]?.start ?? 0) <= offset) low = middle
    else high = middle
  }
  return low
}

/** The bytes from the first to the last. */
export async function* readAll(access: RandomAccess): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; ) {
    const chunk = await access.read(offset, readChunkBytes)
    if (chunk.length === 0) return
    yield chunk
    offset += chunk.length
  }
}

/** Passes `input` on, and puts a copy aside. */
export async function* tee(input: AsyncIterable<Uint8Array>, spill: Spill): AsyncGenerator<Uint8Array> {
  for await (const chunk of input) {
    await spill.append(chunk)
    yield chunk
  }
}

const LF = 0x0a

/** Reads lines at given offsets; neighbours cost one read, whether one goes forwards or backwards. */
export class LineAccess {
  readonly #access: RandomAccess
  #start = 0
  #window: Uint8Array = new Uint8Array(0)

  constructor(access: RandomAccess) {
    this.#access = access
  }

  /** The bytes from `offset` to the next line feed or the end; undefined when there are more than `bytesMax`. */
  async lineAt(offset: number, bytesMax: number): Promise<Uint8Array | undefined> {
    const isShortlyBefore = offset < this.#start && offset >= this.#start - readChunkBytes
    if (isShortlyBefore) await this.#move(Math.max(0, offset - readChunkBytes / 2), readChunkBytes)
    const at = offset - this.#start
    const isInside = at >= 0 && at <= this.#window.length
    let line = this.#window.subarray(isInside ? at : this.#window.length)
    let length = isInside ? readChunkBytes : lineReadBytes
    for (; line.indexOf(LF) < 0 && line.length <= bytesMax; length *= 4) {
      await this.#move(offset, length)
      line = this.#window
      if (line.length < length) break // the input ends here
    }
    const end = line.indexOf(LF)
    const content = end < 0 ? line : line.subarray(0, end)
    return content.length > bytesMax ? undefined : content
  }

  async #move(start: number, length: number): Promise<void> {
    this.#window = await this.#access.read(start, length)
    this.#start = start
  }
}
