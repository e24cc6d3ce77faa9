// Vector folders on disk: every index.json below a directory.
import { access, readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { openBackend } from '../crypto/host.js'
import { TracevarError } from '../errors.js'
import { type FamilyResult, runVectorIndex, skippedFile } from '../verify/run-vectors.js'
import { cannotRead } from './cannot-read.js'

/**
 * Runs every `index.json` below a directory. A folder of JSON files that no index covers is listed as skipped.
 *
 * @throws TracevarError `ERR_CLI_READ`, `ERR_STORE_NOT_FOUND` when there is no index below `dir`.
 */
export async function runVectors(
  dir: string,
  onRow: (done: number, total: number) => void,
): Promise<{ readonly ok: boolean; readonly families: FamilyResult[] }> {
  const backend = openBackend()
  const found = await indexesBelow(dir)
  if (!found.some(({ isIndex }) => isIndex))
    throw new TracevarError('ERR_STORE_NOT_FOUND', `${dir}: no index.json below`)
  const families: FamilyResult[] = []
  for (const { folder, isIndex } of found) {
    const name = relative(dir, folder) || (folder.split('/').filter(Boolean).at(-1) ?? '.')
    if (!isIndex) {
      families.push(skippedFile(name, 'no index.json'))
      continue
    }
    const files = {
      read: async (path: string) => new Uint8Array(await readFile(join(folder, path))),
      exists: (path: string) =>
        access(join(folder, path)).then(
          () => true,
          () => false,
        ),
    }
    families.push(...(await runVectorIndex(name, files, backend, onRow)))
  }
  return { ok: families.every(({ wrong }) => wrong === 0), families }
}

/** Folders with an index (whose subfolders it covers), and other folders that hold files. */
async function indexesBelow(dir: string): Promise<{ readonly folder: string; readonly isIndex: boolean }[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((cause: unknown) => {
    throw cannotRead(dir, cause)
  })
  if (entries.some((entry) => entry.name === 'index.json')) return [{ folder: dir, isIndex: true }]
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => indexesBelow(join(dir, entry.name))),
  )
  const hasFiles = entries.some((entry) => entry.isFile() && entry.name !== 'README.md')
  return [...(hasFiles ? [{ folder: dir, isIndex: false }] : []), ...below.flat()]
}
