// Chain files and export directories on disk, for the verifier.
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { loadKeys, openBackend } from '../crypto/host.js'
import { TracevarError } from '../errors.js'
import { jsonBytesMax } from '../limits.js'
import { fileAccess, fileSpill } from '../verify/host.js'
import type { Report } from '../verify/report.js'
import { type ExportFiles, verifyExport } from '../verify/verify-export.js'
import { cannotRead } from './cannot-read.js'

/** Options of {@link verifyPath}. */
export interface VerifyPathOptions {
  /** Sidecar of a chain file. Left out: `<path>.tsa` where it is there. */
  readonly tsa?: string | undefined
  readonly acceptTsaIds?: readonly string[] | undefined
  readonly requireComplete?: boolean | undefined
  readonly requireTimestamps?: boolean | undefined
  readonly requireAttested?: boolean | undefined
  /** Digest string of the policy that the chain must name. */
  readonly policyBundleHash?: string | undefined
  /** Epoch seconds. Left out: the clock. */
  readonly nowSec?: number | undefined
  /** Called with the bytes of the chain file read so far, and its length. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/**
 * Verifies an export directory, or a chain file alone: an export of which only the receipts, and perhaps their
 * sidecar, are there.
 *
 * @param keyPath key file or directory of key files.
 * @throws TracevarError `ERR_CLI_READ` when a path cannot be read, `ERR_CRYPTO_KEY_*`.
 */
export async function verifyPath(
  path: string,
  keyPath: string,
  options: VerifyPathOptions = {},
): Promise<Report> {
  const keys = await loadKeys(keyPath)
  const isDirectory = (await reading(path, () => stat(path))).isDirectory()
  const receipts = isDirectory ? join(path, 'receipts.ndjson') : path
  const file = await reading(receipts, () => open(receipts))
  try {
    const { onProgress, tsa, nowSec = Math.floor(Date.now() / 1000), ...rest } = options
    const files = exportFiles(isDirectory ? path : undefined, file, tsa ?? `${receipts}.tsa`, onProgress)
    return await verifyExport(files, keys, openBackend(), {
      ...withoutUndefined(rest),
      nowSec,
      spill: fileSpill,
      // What comes from a pipe cannot be read again; the verifier then puts a copy aside.
      ...((await file.stat()).isFile() ? { reread: () => fileAccess(file) } : {}),
    })
  } finally {
    await file.close()
  }
}

/** Files of an export directory; without one, only the chain file and its sidecar are there. */
function exportFiles(
  dir: string | undefined,
  receipts: FileHandle,
  sidecar: string,
  onProgress: VerifyPathOptions['onProgress'],
): ExportFiles {
  return {
    async stream(name) {
      if (name === 'receipts.ndjson') return chunksOf(receipts, onProgress)
      const path = name === 'receipts.ndjson.tsa' ? sidecar : dir && join(dir, name)
      return path === undefined || !(await isThere(path)) ? undefined : createReadStream(path)
    },
    async bytes(name) {
      if (dir === undefined) return undefined
      const path = join(dir, name)
      if (!(await isThere(path))) return undefined
      const { size } = await reading(path, () => stat(path))
      if (size > jsonBytesMax)
        throw new TracevarError('ERR_VERIFY_INPUT', `${path}: larger than ${jsonBytesMax} bytes`)
      return new Uint8Array(await reading(path, () => readFile(path)))
    },
  }
}

async function* chunksOf(
  file: FileHandle,
  onProgress: VerifyPathOptions['onProgress'],
): AsyncGenerator<Uint8Array> {
  const { size } = await file.stat()
  let done = 0
  for await (const chunk of file.createReadStream({
    autoClose: false,
    start: 0,
  }) as AsyncIterable<Uint8Array>) {
    done += chunk.length
    onProgress?.(done, size)
    yield chunk
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cannotRead(path, cause)
  }
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** The options without members that are undefined. */
function withoutUndefined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>
}
