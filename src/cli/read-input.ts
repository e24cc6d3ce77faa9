// Files that a command is given.
import { open } from 'node:fs/promises'
import { jsonBytesMax } from '../limits.js'
import { cannotRead } from '../wiring/cannot-read.js'
import { chunksOf, readBounded } from '../wiring/read-file.js'

/**
 * Bytes of a file, or of standard input for `-`; at most `jsonBytesMax`.
 *
 * @throws TracevarError `ERR_CLI_READ` (exit 66) when the system cannot read the path, or it is larger.
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    const chunks =
      path === '-' ? (process.stdin as AsyncIterable<Uint8Array>) : chunksOf(await open(path), path)
    return await readBounded(chunks, path, jsonBytesMax)
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

/** A time given on the command line: epoch seconds, or RFC 3339. Result in seconds. */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,11}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000)
}
