// Chain files and export directories on disk, for the verifier.
import { type FileHandle, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { loadKeys, openBackend } from '../crypto/host.js'
import { TracevarError } from '../errors.js'
import { archiveReadBytes, jsonBytesMax } from '../limits.js'
import { fileAccess, fileSpill } from '../verify/host.js'
import type { Report } from '../verify/report.js'
import { type ExportFiles, verifyExport } from '../verify/verify-export.js'
import { cannotRead } from './cannot-read.js'
import { chunksOf, openRegular, readBounded } from './read-file.js'

/** Options of {@link verifyPath}. */
export interface VerifyPathOptions {
  /** Sidecar of a chain file. Left out: `<path>.tsa` where it is there. */
  readonly tsa?: string | undefined
  readonly acceptTsaIds?: readonly string[] | undefined
  readonly requireComplete?: boolean | undefined
  readonly requireTimestamps?: boolean | undefined
  readonly requireRecord?: boolean | undefined
  readonly requireEvidence?: boolean | undefined
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
  const { onProgress, tsa, nowSec = Math.floor(Date.now() / 1000), ...rest } = options
  const isDirectory = await isDirectoryAt(path)
  const receipts = isDirectory ? join(path, 'receipts.ndjson') : path
  // A chain file may be a pipe that the auditor names; inside an export only regular files are read.
  const file = isDirectory ? await openRegular(receipts) : await openAny(path)
  try {
    const files = exportFiles({
      dir: isDirectory ? path : undefined,
      receipts: file && { file, path: receipts, onProgress },
      sidecar: tsa ?? `${receipts}.tsa`,
      isSidecarNamed: tsa !== undefined,
    })
    return await verifyExport(files, keys, openBackend(), {
      ...withoutUndefined(rest),
      nowSec,
      spill: fileSpill,
      // What comes from a pipe cannot be read again; the verifier then puts a copy aside.
      ...((await file?.stat())?.isFile() ? { reread: () => fileAccess(file as FileHandle) } : {}),
    })
  } finally {
    await file?.close()
  }
}

interface ExportSource {
  /** undefined: only the chain file and its sidecar are there. */
  readonly dir: string | undefined
  readonly receipts: OpenReceipts | undefined
  readonly sidecar: string
  /** The caller named the sidecar: then it must be there. */
  readonly isSidecarNamed: boolean
}

interface OpenReceipts {
  readonly file: FileHandle
  readonly path: string
  readonly onProgress: VerifyPathOptions['onProgress']
}

function exportFiles({ dir, receipts, sidecar, isSidecarNamed }: ExportSource): ExportFiles {
  const regular = async (name: string, path = dir && join(dir, name)) => {
    const file = path === undefined ? undefined : await openRegular(path)
    return file && { file, path: path as string }
  }
  return {
    async stream(name) {
      if (name === 'receipts.ndjson') return receipts && receiptChunks(receipts)
      const isSidecar = name === 'receipts.ndjson.tsa'
      const found = await regular(name, isSidecar ? sidecar : undefined)
      if (isSidecar && isSidecarNamed && !found) throw new TracevarError('ERR_CLI_READ', `${sidecar}: ENOENT`)
      return found && chunksOf(found.file, found.path)
    },
    async has(name) {
      const found = await regular(name)
      await found?.file.close()
      return found !== undefined
    },
    async bytes(name) {
      const found = await regular(name)
      return found && readBounded(chunksOf(found.file, found.path), found.path, jsonBytesMax)
    },
  }
}

/** The receipts with progress, in memory that is used again. The file stays open: it may be read again. */
async function* receiptChunks({ file, path, onProgress }: OpenReceipts): AsyncGenerator<Uint8Array> {
  const { size } = await file.stat()
  let done = 0
  try {
    const buffer = new Uint8Array(archiveReadBytes)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) return
      done += bytesRead
      onProgress?.(done, size)
      yield buffer.subarray(0, bytesRead)
    }
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

async function isDirectoryAt(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

async function openAny(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (cause) {
    throw cannotRead(path, cause)
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** The options without members that are undefined. */
function withoutUndefined<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>
}
