// A disk that refuses: the journal fails closed.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { StoreFile } from '../../src/store/fs.js'
import { nodeStoreFs } from '../../src/store/host.js'
import { openJournal } from '../../src/store/journal.js'
import { collect, receiptRow, rowText } from './rows.js'
import { withChanges, withFileChanges } from './sim-fs.js'
import { tempDir } from './temp-dir.js'

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
      const before = await readFile(`${dir}/0000000000000000.ndjson`)
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
      expect(await readFile(`${dir}/0000000000000000.ndjson`)).toEqual(before)
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
