// The few file-system operations the store is built on, so that a simulated disk can stand in for the real one.
import { TracevarError } from '../errors.js'

/** An open file that only grows at its end. */
export interface StoreFile {
  /** Writes all bytes at the end. Not durable before {@link fdatasync}; a failure may leave a part of them. */
  append(bytes: Uint8Array): Promise<void>
  /** Cuts the file to `length` bytes. Not durable before {@link fdatasync}. */
  truncate(length: number): Promise<void>
  /** Makes content and length durable. Says nothing about the directory entry. */
  fdatasync(): Promise<void>
  /**
   * Bytes that the file has now; undefined when the path it was opened by does not lead to it any more: it was
   * removed, moved or replaced. Answers at once, so that nothing can happen between the answer and what relies on it
   * in this process.
   */
  length(): number | undefined
  close(): Promise<void>
}

/** Failures reject with the system's error, whose `code` is `ENOENT`, `ENOSPC`, … Paths use `/`. */
export interface StoreFs {
  /** Names in a directory, in any order. */
  readdir(path: string): Promise<string[]>
  /** Makes a directory (0700) and the missing ones above it, durably. One that exists is left as it is. */
  makeDir(path: string): Promise<void>
  /** The file's bytes from its start, in chunks that the reader may keep. */
  read(path: string): AsyncIterable<Uint8Array>
  /**
   * Makes a file (0600) that has all its content from the moment it can be seen, durably.
   * False, and nothing changed, where the name is taken.
   */
  createWhole(path: string, bytes: Uint8Array): Promise<boolean>
  /** Opens a file for appending. `create`: a new one (0600), `EEXIST` where the name is taken. `append`: an old one. */
  open(path: string, how: 'create' | 'append'): Promise<StoreFile>
  unlink(path: string): Promise<void>
  /** Makes the entries of a directory durable. */
  fsyncDir(path: string): Promise<void>
}

/** Whole content of a file; undefined where there is none. */
export async function readFile(fs: StoreFs, path: string): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of fs.read(path)) chunks.push(chunk)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  return concatBytes(chunks)
}

/** One array with the bytes of all. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** True when both hold the same bytes. Not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** `code` of a system error, undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** `ERR_STORE_FAILED` for what the file system reported; our own errors stay as they are. */
export function storeError(doing: string, cause: unknown): TracevarError {
  if (cause instanceof TracevarError) return cause
  return new TracevarError('ERR_STORE_FAILED', `${doing}: ${systemCode(cause) ?? 'unknown failure'}`, {
    cause,
  })
}
