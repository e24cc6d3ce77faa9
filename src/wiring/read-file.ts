// Files of outside origin: regular ones only, and never more than was agreed.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { TracevarError } from '../errors.js'
import { cannotRead } from './cannot-read.js'

/**
 * Opens a regular file. A pipe, device or directory in its place is refused, and does not make the open wait.
 *
 * @returns undefined when there is no such file.
 * @throws TracevarError `ERR_CLI_READ`.
 */
export async function openRegular(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cannotRead(path, cause)
  }
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new TracevarError('ERR_CLI_READ', `${path}: not a regular file`)
}

/**
 * All bytes of a stream. Not by the size that the system tells: a pipe has none.
 *
 * @param path for the message.
 * @throws TracevarError `ERR_CLI_READ` for more than `bytesMax`.
 */
export async function readBounded(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  bytesMax: number,
): Promise<Uint8Array> {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > bytesMax) throw new TracevarError('ERR_CLI_READ', `${path}: larger than ${bytesMax} bytes`)
    kept.push(chunk)
  }
  return new Uint8Array(Buffer.concat(kept))
}

/** Chunks of an open file, which is closed at the end. @throws TracevarError `ERR_CLI_READ`. */
export async function* chunksOf(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* file.createReadStream() as AsyncIterable<Uint8Array>
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}
