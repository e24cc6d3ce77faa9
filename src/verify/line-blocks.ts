// A stream of bytes in blocks of whole lines.

const LF = 0x0a

/** Consecutive bytes of an input. */
export interface Block {
  readonly bytes: Uint8Array
  /**
   * The block begins at the start of a line and ends with a line feed. Others are pieces of a line that is longer than
   * a block, with the rest of what was read, or the end of an input without a line feed.
   */
  readonly isWhole: boolean
}

/**
 * The bytes of `input` in blocks of up to `bytesMax` bytes. A block is good until more than `kept` further ones have
 * been asked for; then its memory is used again, since new memory costs as much as all else that is done here.
 */
export async function* readBlocks(
  input: AsyncIterable<Uint8Array>,
  kept: number,
  bytesMax: number,
): AsyncGenerator<Block> {
  const ring: Uint8Array[] = []
  let turn = 0
  const nextBuffer = () => {
    turn = (turn + 1) % (kept + 2)
    ring[turn] ??= new Uint8Array(bytesMax)
    return ring[turn] as Uint8Array
  }
  let buffer = nextBuffer()
  let length = 0
  let isInsideLine = false
  for await (const chunk of input) {
    for (let from = 0; from < chunk.length; ) {
      const piece = chunk.subarray(from, from + bytesMax - length)
      buffer.set(piece, length)
      length += piece.length
      from += piece.length
      if (length < bytesMax) continue
      // The first line feed ends the line that is longer than a block; the others come as blocks.
      const end: number = isInsideLine ? buffer.indexOf(LF) + 1 : buffer.lastIndexOf(LF) + 1
      const bytes = end === 0 ? buffer : buffer.subarray(0, end)
      const rest = buffer.subarray(bytes.length)
      buffer = nextBuffer()
      buffer.set(rest)
      length = rest.length
      yield { bytes, isWhole: end > 0 && !isInsideLine }
      isInsideLine = end === 0
    }
  }
  const bytes = buffer.subarray(0, length)
  const end = isInsideLine ? 0 : bytes.lastIndexOf(LF) + 1
  if (end > 0) yield { bytes: bytes.subarray(0, end), isWhole: true }
  if (end < length) yield { bytes: bytes.subarray(end), isWhole: false }
}
