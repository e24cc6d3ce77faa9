// The data directory: its layout, format version and lock (DESIGN "Files").
import { utf8Encode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import { DATA_FORMAT } from '../formats.js'
import { equalBytes, readFile, type StoreFs, storeError, systemCode } from './fs.js'
import { type Lock, type ProcessHost, takeLock } from './lock.js'

/** Paths of a data directory. Directories are 0700, files in them 0600. */
export interface DataPaths {
  readonly root: string
  /** `<key_id>.pem` and `<key_id>.jwk`. */
  readonly keys: string
  /** Segments: see `openJournal`. */
  readonly journal: string
  /** `<sha256>.json`: the exact bytes that were hashed. */
  readonly policies: string
  readonly approvals: string
  readonly evidence: string
}

/** A data directory that this process holds the lock of. */
export interface DataDir extends Pick<Lock, 'checkHeld'> {
  readonly paths: DataPaths
  /** Gives the lock back. Close the journal first. */
  close(): Promise<void>
}

/** Paths below a data directory; whether it exists is not looked at. */
export function dataPaths(root: string): DataPaths {
  return {
    root,
    keys: `${root}/keys`,
    journal: `${root}/journal`,
    policies: `${root}/policies`,
    approvals: `${root}/approvals`,
    evidence: `${root}/evidence`,
  }
}

/**
 * Opens a data directory for writing, and makes it where there is none. Held until `close()`.
 *
 * @throws TracevarError `ERR_STORE_LOCKED` naming the process that has it open; `ERR_STORE_FORMAT` for an unknown
 * `VERSION` (nothing is altered), or a journal without one; `ERR_STORE_FAILED` when the system refuses.
 */
export async function openDataDir(fs: StoreFs, processes: ProcessHost, root: string): Promise<DataDir> {
  const paths = dataPaths(root)
  try {
    await fs.makeDir(root)
    await hasVersion(fs, root) // before anything is written into what may be somebody else's
    const lock = await takeLock(fs, processes, `${root}/LOCK`)
    try {
      if (!(await hasVersion(fs, root))) await fs.createWhole(`${root}/VERSION`, VERSION)
      for (const dir of Object.values(paths)) await fs.makeDir(dir)
    } catch (error) {
      await lock.release()
      throw error
    }
    return { paths, checkHeld: lock.checkHeld, close: lock.release }
  } catch (error) {
    throw storeError(`the data directory ${root} cannot be opened`, error)
  }
}

/**
 * Paths of a data directory that is only read: no lock, nothing altered, it may be open elsewhere.
 *
 * @throws TracevarError `ERR_STORE_NOT_FOUND` when there is none; `ERR_STORE_FORMAT`; `ERR_STORE_FAILED`.
 */
export async function findDataDir(fs: StoreFs, root: string): Promise<DataPaths> {
  try {
    if (await hasVersion(fs, root)) return dataPaths(root)
  } catch (error) {
    throw storeError(`the data directory ${root} cannot be read`, error)
  }
  throw new TracevarError('ERR_STORE_NOT_FOUND', `${root} is no data directory: it has no VERSION`)
}

const VERSION = utf8Encode(`${DATA_FORMAT}\n`)

/** False where there is neither version nor journal. */
async function hasVersion(fs: StoreFs, root: string): Promise<boolean> {
  const version = await readFile(fs, `${root}/VERSION`)
  if (version === undefined) {
    if (!(await hasEntry(fs, root, 'journal'))) return false
    throw new TracevarError('ERR_STORE_FORMAT', `${root} holds a journal but no VERSION`)
  }
  if (equalBytes(version, VERSION)) return true
  throw new TracevarError('ERR_STORE_FORMAT', `${root}/VERSION: expected ${DATA_FORMAT}`)
}

async function hasEntry(fs: StoreFs, dir: string, name: string): Promise<boolean> {
  try {
    return (await fs.readdir(dir)).includes(name)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}
