// A file that must not be there yet.
import { writeFile } from 'node:fs/promises'
import { TracevarError } from '../errors.js'

/**
 * Writes a new file.
 *
 * @throws TracevarError `ERR_STORE_EXPORT_EXISTS` when it exists (nothing is altered), `ERR_STORE_FAILED`.
 */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content, { flag: 'wx' })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EEXIST') throw new TracevarError('ERR_STORE_EXPORT_EXISTS', `${path} exists`, { cause })
    throw new TracevarError('ERR_STORE_FAILED', `${path} cannot be written: ${code}`, { cause })
  }
}
