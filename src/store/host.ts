// The store's hands: real files and processes.
import { randomUUID } from 'node:crypto'
import { constants, fdatasyncSync, statSync, writeSync } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { TracevarError } from '../errors.js'
import { storeBlockingWriteBytesMax, storeReadBytes } from '../limits.js'
import { type StoreFile, type StoreFs, storeError, systemCode } from './fs.js'
import type { ProcessHost } from './lock.js'
import { Syncs } from './syncs.js'

const APPEND = constants.O_WRONLY | constants.O_APPEND
const CREATE = APPEND | constants.O_CREAT | constants.O_EXCL

/** The file system of the machine. */
export const nodeStoreFs: StoreFs = {
  readdir: (path) => readdir(path),
  makeDir,
  read,
  createWhole,
  open: openFile,
  unlink,
  fsyncDir,
}

/** This process and its neighbours, from /proc. Where there is no /proc, a number in use counts as the same process. */
export async function nodeProcessHost(): Promise<ProcessHost> {
  return { pid: process.pid, bootId: await readBootId(), startTime }
}

/**
 * Writes an export directory: makes it where it is missing, writes the files (0644) and makes all of it durable.
 *
 * @param files content by plain file name.
 * @throws TracevarError `ERR_STORE_EXPORT_EXISTS` when the directory exists and is not empty (nothing is altered);
 * `ERR_STORE_FAILED` when the system refuses. RangeError for a name that is no plain file name.
 */
export async function writeExport(dir: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const name of files.keys()) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
      throw new RangeError(`files: expected plain file names, got ${name}`)
  }
  try {
    await makeDir(dir, 0o755)
    if ((await readdir(dir)).length > 0)
      throw new TracevarError('ERR_STORE_EXPORT_EXISTS', `${dir} is not empty`)
    for (const [name, bytes] of files) await writeNew(join(dir, name), bytes, 0o644)
    await fsyncDir(dir)
  } catch (error) {
    throw storeError(`the export cannot be written to ${dir}`, error)
  }
}

async function openFile(path: string, how: 'create' | 'append'): Promise<StoreFile> {
  const absolute = resolve(path) // the process may change its directory
  const handle = await open(absolute, how === 'create' ? CREATE : APPEND, 0o600)
  try {
    // While the file is open no other one gets its number. As bigint: a double rounds the numbers of some systems.
    const { dev, ino } = await handle.stat({ bigint: true })
    const syncs = new Syncs({
      inPlace: () => fdatasyncSync(handle.fd),
      elsewhere: () => handle.datasync(),
      nowMs: () => performance.now(),
    })
    return {
      append(bytes) {
        syncs.add(bytes.length)
        return writeAll(handle, bytes)
      },
      truncate: (length) => handle.truncate(length),
      fdatasync: () => syncs.sync(),
      length: () => {
        // Blocking: 4 µs. By way of the thread pool it is 24 µs, and it is asked several times for each sync.
        const found = statSync(absolute, { bigint: true, throwIfNoEntry: false })
        return found?.dev === dev && found.ino === ino ? Number(found.size) : undefined
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Few bytes are written at once: it is the sync after it that waits for the disk, and it then has the only hop to the
 * thread pool. One write may take only a part; the next one then tells why.
 */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.length - at
    const bytesWritten =
      length <= storeBlockingWriteBytesMax
        ? writeSync(handle.fd, bytes, at, length, null)
        : (await handle.write(bytes, at, length, null)).bytesWritten
    if (bytesWritten === 0) throw new Error('nothing was written')
    at += bytesWritten
  }
}

/** Makes a directory and what is missing above it. Not `recursive`: that never returns where ENOENT is final, as in /proc. */
async function makeDir(path: string, mode = 0o700): Promise<void> {
  const target = resolve(path)
  try {
    await mkdir(target, { mode })
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && (await stat(target)).isDirectory()) return
    const parent = dirname(target)
    if (systemCode(error) !== 'ENOENT' || (await isThere(parent))) throw error
    await makeDir(parent, mode)
    await makeDir(target, mode)
    return
  }
  await fsyncDir(dirname(target)) // a new directory is an entry of the one above it
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function* read(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY)
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(storeReadBytes))
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

/** Written under another name first: a link makes name and content visible at once, and fails where the name is taken. */
async function createWhole(path: string, bytes: Uint8Array): Promise<boolean> {
  const unnamed = `${path}.tmp-${randomUUID()}`
  try {
    await writeNew(unnamed, bytes, 0o600)
    await link(unnamed, path)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(unnamed).catch(() => {})
  }
  await fsyncDir(dirname(path))
  return true
}

async function writeNew(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, CREATE, mode)
  try {
    await writeAll(handle, bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function fsyncDir(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function readBootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  } catch {
    return 'unknown'
  }
}

async function startTime(pid: number): Promise<string | undefined> {
  try {
    // proc(5): the name in parentheses may hold anything; behind it state is field 3, starttime field 22.
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const isDead = fields[0] === 'Z' || fields[0] === 'X'
    return isDead ? undefined : fields[19]
  } catch {
    return isProcess(pid) ? 'unknown' : undefined
  }
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}
