// A disk that refuses: the journal fails closed.
import { appendFile, copyFile, readdir, readFile, rename, rm, truncate } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type DataDir, openDataDir } from '../../src/store/data-dir.js'
import type { StoreFile } from '../../src/store/fs.js'
import { nodeProcessHost, nodeStoreFs } from '../../src/store/host.js'
import { openJournal } from '../../src/store/journal.js'
import { collect, receiptRow, rowText } from './rows.js'
import { withChanges, withFileChanges } from './sim-fs.js'
import { tempDir } from './temp-dir.js'

const FIRST = '0000000000000000.ndjson'
const ROWS = Array.from({ length: 8 }, (_, n) => receiptRow('w', { n }))

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/** What one operation does while `isBad`; counts how often it was tried then. */
const FAULTS: Readonly<Record<string, (file: StoreFile, tried: () => void) => Partial<StoreFile>>> = {
  'a failed sync': (_file, tried) => ({
    fdatasync: async () => {
      tried()
      throw systemError('EIO')
    },
  }),
  'a full disk that takes a part': (file, tried) => ({
    append: async (bytes) => {
      tried()
      await file.append(bytes.subarray(0, bytes.length / 2))
      throw systemError('ENOSPC')
    },
  }),
}

describe('journal on a disk that refuses', () => {
  for (const [what, fault] of Object.entries(FAULTS)) {
    it(`rejects all that waits on ${what}, tries nothing again, and accepts nothing more`, async () => {
      const dir = await tempDir()
      let isBad = false
      let tries = 0
      const fs = withFileChanges(nodeStoreFs, (file) => {
        const bad = fault(file, () => tries++)
        return {
          append: (bytes) => (isBad && bad.append ? bad.append(bytes) : file.append(bytes)),
          fdatasync: () => (isBad && bad.fdatasync ? bad.fdatasync() : file.fdatasync()),
        }
      })
      const journal = await openJournal(fs, dir)
      await journal.append([ROWS[0]!])
      const before = await readFile(`${dir}/${FIRST}`)
      isBad = true
      const appends = [journal.append([ROWS[1]!]), journal.append([ROWS[2]!])]
      const late = new Promise((resolve) => setImmediate(resolve)).then(() => journal.append([ROWS[3]!]))
      const failed = { status: 'rejected', reason: { code: 'ERR_STORE_FAILED' } }
      expect(await Promise.allSettled([...appends, late])).toMatchObject([failed, failed, failed])
      await expect(journal.append([ROWS[4]!])).rejects.toMatchObject({
        code: 'ERR_STORE_FAILED',
        message: expect.stringMatching(/^the journal failed: E(IO|NOSPC)$/),
        cause: expect.objectContaining({ code: expect.any(String) }),
      })
      journal.note(ROWS[5]!)
      expect(tries).toBe(1)
      expect(journal.facts.notesDropped).toBe(1)
      isBad = false
      await expect(journal.append([ROWS[6]!])).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
      expect((await collect(journal.read())).map(rowText)).toEqual([rowText(ROWS[0]!)])
      await journal.close()

      // What was refused is not found later, although the system still showed it.
      expect(await readFile(`${dir}/${FIRST}`)).toEqual(before)
      const again = await openJournal(nodeStoreFs, dir)
      await again.append([ROWS[7]!])
      expect((await collect(again.read())).map(rowText)).toEqual([ROWS[0]!, ROWS[7]!].map(rowText))
      await again.close()
    })
  }

  it('fails closed when a new segment cannot be made', async () => {
    const dir = await tempDir()
    let isBad = false
    const fs = withChanges(nodeStoreFs, {
      fsyncDir: async (path) => {
        if (isBad) throw systemError('EIO')
        await nodeStoreFs.fsyncDir(path)
      },
    })
    const journal = await openJournal(fs, dir, { segmentBytesMax: 1 })
    isBad = true
    await expect(journal.append([ROWS[0]!])).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    await journal.close()
  })

  it('tells the closer when what was noted could not be made durable', async () => {
    let isBad = false
    const fs = withFileChanges(nodeStoreFs, (file) => ({
      fdatasync: async () => {
        if (isBad) throw systemError('EIO')
        await file.fdatasync()
      },
    }))
    const journal = await openJournal(fs, await tempDir())
    journal.note(ROWS[0]!)
    isBad = true
    await expect(journal.close()).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  })
})

/** What somebody does to the segment that is open. */
const MEDDLING: Readonly<Record<string, (path: string) => Promise<void>>> = {
  removed: (path) => rm(path),
  'moved away': (path) => rename(path, `${path}.away`),
  'replaced by a copy': async (path) => {
    await copyFile(path, `${path}.copy`)
    await rename(`${path}.copy`, path)
  },
  cut: (path) => truncate(path, 0),
  'written to': (path) => appendFile(path, 'a line of somebody else\n'),
}

describe('journal whose open segment is not as it left it', () => {
  for (const [what, meddle] of Object.entries(MEDDLING)) {
    it(`fails closed when it was ${what}`, async () => {
      const dir = await tempDir()
      const journal = await openJournal(nodeStoreFs, dir)
      await journal.append([ROWS[0]!])
      await meddle(`${dir}/${FIRST}`)
      const before = await contents(dir)
      const failed = { code: 'ERR_STORE_FAILED', message: expect.stringContaining(FIRST) }
      await expect(journal.append([ROWS[1]!])).rejects.toMatchObject(failed)
      await expect(journal.append([ROWS[2]!])).rejects.toMatchObject(failed)
      await journal.close()
      expect(Object.keys(await contents(dir))).toEqual(Object.keys(before))
    })

    it(`tells whoever closes or reads it, nothing else being left to do, that it was ${what}`, async () => {
      for (const use of ['close', 'read'] as const) {
        const dir = await tempDir()
        const journal = await openJournal(nodeStoreFs, dir)
        await journal.append([ROWS[0]!])
        await meddle(`${dir}/${FIRST}`)
        const used = use === 'close' ? journal.close() : collect(journal.read())
        await expect(used).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
        await journal.close().catch(() => {})
      }
    })
  }

  it('cannot be read any more when it was removed', async () => {
    const dir = await tempDir()
    const journal = await openJournal(nodeStoreFs, dir)
    await rm(`${dir}/${FIRST}`)
    await expect(journal.append([ROWS[0]!])).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    await expect(collect(journal.read())).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: 'the journal cannot be read: ENOENT',
    })
    await journal.close()
  })

  it('promises nothing when it was removed during the sync', async () => {
    const dir = await tempDir()
    let isBad = false
    const fs = withFileChanges(nodeStoreFs, (file) => ({
      fdatasync: async () => {
        await file.fdatasync()
        if (isBad) await rm(`${dir}/${FIRST}`)
      },
    }))
    const journal = await openJournal(fs, dir)
    isBad = true
    await expect(journal.append([ROWS[0]!])).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    await journal.close()
  })

  it('is found by its absolute path, wherever the process is then', async () => {
    const dir = await tempDir()
    const from = process.cwd()
    process.chdir(dir)
    onTestFinished(() => process.chdir(from))
    const journal = await openJournal(nodeStoreFs, '.')
    process.chdir(from)
    await journal.append([ROWS[0]!])
    await journal.close()
  })
})

describe('journal of a data directory whose lock is lost', () => {
  const open = async (root: string): Promise<DataDir> =>
    openDataDir(nodeStoreFs, await nodeProcessHost(), root)
  const lost = { code: 'ERR_STORE_FAILED', message: expect.stringContaining('LOCK') }

  it('writes nothing more, whoever has the lock now: the journal of the second writer stays whole', async () => {
    const root = await tempDir()
    const first = await open(root)
    const dir = first.paths.journal
    const journal = await openJournal(nodeStoreFs, dir, { lock: first })
    await journal.append([ROWS[0]!])
    journal.note(ROWS[1]!) // written, never synced: nothing that may be cut off later
    while (journal.facts.rows < 2) await new Promise((resolve) => setImmediate(resolve))
    await rm(`${root}/LOCK`)
    const second = await open(root)
    const other = await openJournal(nodeStoreFs, dir, { lock: second })
    await other.append([ROWS[2]!])
    const before = await contents(dir)
    await expect(journal.append([ROWS[3]!])).rejects.toMatchObject(lost)
    await journal.close()
    await first.close()
    expect(await contents(dir)).toEqual(before)
    expect(await readdir(root)).toContain('LOCK')

    await other.append([ROWS[4]!])
    await other.close()
    await second.close()
    expect(await readdir(root)).not.toContain('LOCK')
    const again = await openJournal(nodeStoreFs, dir)
    const expected = [0, 1, 2, 4].map((i) => rowText(ROWS[i]!))
    expect((await collect(again.read())).map(rowText)).toEqual(expected)
    await again.close()
  })

  it('does not close as if all were well', async () => {
    const root = await tempDir()
    const data = await open(root)
    const journal = await openJournal(nodeStoreFs, data.paths.journal, { lock: data })
    await journal.append([ROWS[0]!])
    await rm(`${root}/LOCK`)
    const before = await contents(data.paths.journal)
    await expect(journal.close()).rejects.toMatchObject(lost)
    expect(await contents(data.paths.journal)).toEqual(before)
    await data.close()
  })

  it('promises nothing when it was lost during the sync', async () => {
    const root = await tempDir()
    const data = await open(root)
    let isBad = false
    const fs = withFileChanges(nodeStoreFs, (file) => ({
      fdatasync: async () => {
        await file.fdatasync()
        if (isBad) await rm(`${root}/LOCK`)
      },
    }))
    const journal = await openJournal(fs, data.paths.journal, { lock: data })
    isBad = true
    await expect(journal.append([ROWS[0]!])).rejects.toMatchObject(lost)
    await journal.close()
    await data.close()
  })

  it('is not repaired: the torn tail may be what the second writer writes', async () => {
    const root = await tempDir()
    const data = await open(root)
    const dir = data.paths.journal
    await (await openJournal(nodeStoreFs, dir)).close()
    await appendFile(`${dir}/${FIRST}`, '{"t":"receipt","workf')
    await rm(`${root}/LOCK`)
    const before = await contents(dir)
    await expect(openJournal(nodeStoreFs, dir, { lock: data })).rejects.toMatchObject(lost)
    expect(await contents(dir)).toEqual(before)
    await data.close()
  })
})

async function contents(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir)).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(`${dir}/${name}`, 'latin1')])),
  )
}
