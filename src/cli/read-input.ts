// Files that a command is given.
import { readFile } from 'node:fs/promises'
import { TracevarError } from '../errors.js'
import { jsonBytesMax } from '../limits.js'
import { cannotRead } from '../wiring/cannot-read.js'

/**
 * Bytes of a file, or of standard input for `-`.
 *
 * @throws TracevarError `ERR_CLI_READ` (exit 66) when the system cannot read the path.
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return path === '-' ? await readStdin() : new Uint8Array(await readFile(path))
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > jsonBytesMax)
      throw new TracevarError('ERR_CODEC_JSON_SIZE', `standard input is larger than ${jsonBytesMax} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** A time given on the command line: epoch seconds, or RFC 3339. Result in seconds. */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,11}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000)
}
