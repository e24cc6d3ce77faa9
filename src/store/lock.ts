// The lock of a data directory: one process at a time writes, and a process that died does not lock others out.
import { utf8Decode, utf8Encode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import { lockAttemptsMax, lockTakeoverDepthMax } from '../limits.js'
import { readFile, type StoreFile, type StoreFs } from './fs.js'
import { readJsonObject } from './json-object.js'

/** What tells a living process from one that had the same number before. */
export interface ProcessHost {
  readonly pid: number
  /** Differs after every start of the machine. */
  readonly bootId: string
  /** When a process began, in whatever unit the system has; undefined where no such process lives. */
  startTime(pid: number): Promise<string | undefined>
}

/** A lock that is held. */
export interface Lock {
  /**
   * Asked before and after whatever must not be done by two processes. Takes microseconds.
   *
   * @throws TracevarError `ERR_STORE_FAILED` when the lock file was removed, moved or replaced.
   */
  checkHeld(): void
  /** Gives the lock back. One that is lost is left to whoever has it now. */
  release(): Promise<void>
}

/**
 * Takes the lock file `path`, which holds process number, start time and boot id of its owner. The lock of a dead
 * process is taken over. Processes in different process-number name spaces (containers) cannot see each other:
 * sharing a directory between them is not supported.
 *
 * @throws TracevarError `ERR_STORE_LOCKED` naming the process that lives; system errors as they are.
 */
export async function takeLock(fs: StoreFs, processes: ProcessHost, path: string): Promise<Lock> {
  const started = (await processes.startTime(processes.pid)) ?? ''
  const me = JSON.stringify({ pid: processes.pid, started, boot: processes.bootId })
  await acquire(fs, processes, path, me, lockTakeoverDepthMax)
  const file = await openLock(fs, path, me)
  const isHeld = (): boolean => file.length() !== undefined
  return {
    checkHeld() {
      if (isHeld()) return
      throw new TracevarError(
        'ERR_STORE_FAILED',
        `${path} was removed or replaced: another process may have the data directory open`,
      )
    },
    async release() {
      try {
        if (isHeld()) await removeIf(fs, path, me)
      } finally {
        await file.close()
      }
    },
  }
}

/** Keeps the lock file open: what it says can be written again, which file it is cannot. */
async function openLock(fs: StoreFs, path: string, me: string): Promise<StoreFile> {
  try {
    return await fs.open(path, 'append')
  } catch (error) {
    await removeIf(fs, path, me)
    throw error
  }
}

async function acquire(
  fs: StoreFs,
  processes: ProcessHost,
  path: string,
  me: string,
  depth: number,
): Promise<void> {
  for (let attempt = 0; attempt < lockAttemptsMax; attempt++) {
    if (await fs.createWhole(path, utf8Encode(me))) return
    const holder = await readText(fs, path)
    if (holder === undefined) continue // given back in the meantime
    const pid = await livingPid(processes, parseHolder(holder, path))
    if (pid !== undefined) {
      throw new TracevarError('ERR_STORE_LOCKED', `${path} is held by process ${pid}`)
    }
    if (depth === 0) break
    // Only the owner of this second lock may remove a dead one; else the slower of two would remove a living one.
    const takeover = `${path}.takeover`
    await acquire(fs, processes, takeover, me, depth - 1)
    try {
      await removeIf(fs, path, holder)
    } finally {
      await fs.unlink(takeover)
    }
  }
  throw new TracevarError('ERR_STORE_LOCKED', `${path} cannot be taken; ${REMOVAL}`)
}

/** What a lock file says. */
interface Holder {
  readonly pid: number
  readonly started: string
  readonly boot: string
}

/** Process that holds a lock with this content; undefined when it does not live any more. */
async function livingPid(processes: ProcessHost, holder: Holder): Promise<number | undefined> {
  const { pid, started, boot } = holder
  const lives = boot === processes.bootId && started === (await processes.startTime(pid))
  return lives ? pid : undefined
}

/** A lock file has all its content from the start, so what cannot be read is not ours to remove. */
function parseHolder(text: string, path: string): Holder {
  const { pid, started, boot } = readJsonObject(text) ?? {}
  if (typeof pid === 'number' && typeof started === 'string' && typeof boot === 'string') {
    return { pid, started, boot }
  }
  throw new TracevarError('ERR_STORE_LOCKED', `${path} is no lock of ours; ${REMOVAL}`)
}

const REMOVAL = 'remove it only when no process has the data directory open: two writers damage the journal'

async function readText(fs: StoreFs, path: string): Promise<string | undefined> {
  const bytes = await readFile(fs, path)
  return bytes && utf8Decode(bytes)
}

async function removeIf(fs: StoreFs, path: string, content: string): Promise<void> {
  if ((await readText(fs, path)) === content) await fs.unlink(path)
}
