// Files for the verifier: temporary ones to put bytes aside, and the sidecar that VAR users load by path.
import { readFileSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TracevarError } from '../errors.js'
import type { RandomAccess, Spill, SpillFactory } from './random-access.js'
import { parseTsaSidecar, type TsaRecord } from './tsa-sidecar.js'

/** Puts bytes aside in a file of the system's temporary directory that nobody else can open; closing removes it. */
export const fileSpill: SpillFactory = async (): Promise<Spill> => {
  const folder = await mkdtemp(join(tmpdir(), 'tracevar-'))
  try {
    const file = await open(join(folder, 'spill'), 'wx+', 0o600)
    return spillOf(file, folder)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

function spillOf(file: FileHandle, folder: string): Spill {
  let length = 0
  return {
    ...fileAccess(file),
    async append(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, length)
        done += bytesWritten
        length += bytesWritten
      }
    },
    async close() {
      await file.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** An open file as bytes that can be read again. The caller closes it. */
export function fileAccess(file: FileHandle): RandomAccess {
  return {
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return bytes.subarray(0, done)
    },
  }
}

/**
 * Rows of a timestamp sidecar; none when there is no such file (VAR R-50). Synchronous.
 *
 * @throws TracevarError `ERR_VERIFY_INPUT` when the file is there, but cannot be read.
 */
export function loadTsaSidecar(path: string): TsaRecord[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new TracevarError('ERR_VERIFY_INPUT', 'the sidecar cannot be read', { cause })
  }
  return parseTsaSidecar(text)
}
