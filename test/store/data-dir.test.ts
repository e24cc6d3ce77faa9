// The data directory on real files: layout, version, lock.
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type DataDir, findDataDir, openDataDir } from '../../src/store/data-dir.js'
import { nodeProcessHost, nodeStoreFs } from '../../src/store/host.js'
import { openJournal } from '../../src/store/journal.js'
import { type ProcessHost, takeLock } from '../../src/store/lock.js'
import { Random } from './random.js'
import { SimFs } from './sim-fs.js'
import { tempDir } from './temp-dir.js'

const host = await nodeProcessHost()
const parentStarted = (await host.startTime(process.ppid))!

async function open(root: string): Promise<DataDir> {
  return openDataDir(nodeStoreFs, host, root)
}

function lockText(holder: { pid: number; started?: string; boot?: string }): string {
  return JSON.stringify({ pid: holder.pid, started: holder.started ?? '1', boot: holder.boot ?? host.bootId })
}

describe('data directory', () => {
  it('is made with its parts, for the owner only, and given back', async () => {
    const root = `${await tempDir()}/a/b`
    const data = await open(root)
    expect((await readdir(root)).sort()).toEqual([
      'LOCK',
      'VERSION',
      'approvals',
      'evidence',
      'journal',
      'keys',
      'policies',
    ])
    for (const dir of [...Object.values(data.paths), `${root}/..`])
      expect((await stat(dir)).mode & 0o777).toBe(0o700)
    for (const name of ['LOCK', 'VERSION']) expect((await stat(`${root}/${name}`)).mode & 0o777).toBe(0o600)
    expect(await readFile(`${root}/VERSION`, 'utf8')).toBe('tracevar/data/1\n')
    await (await openJournal(nodeStoreFs, data.paths.journal)).close()
    await data.close()
    expect(await readdir(root)).not.toContain('LOCK')
    expect(await findDataDir(nodeStoreFs, root)).toEqual(data.paths)
    await (await open(root)).close()
  })

  it('refuses an unknown version and alters nothing', async () => {
    const root = await tempDir()
    for (const version of ['tracevar/data/2\n', '', 'tracevar/data/1']) {
      await writeFile(`${root}/VERSION`, version)
      await expect(open(root)).rejects.toMatchObject({ code: 'ERR_STORE_FORMAT' })
      await expect(findDataDir(nodeStoreFs, root)).rejects.toMatchObject({ code: 'ERR_STORE_FORMAT' })
      expect(await readdir(root)).toEqual(['VERSION'])
    }
  })

  it('gives the lock back when it cannot be opened', async () => {
    const root = await tempDir()
    await writeFile(`${root}/policies`, 'in the way')
    await expect(open(root)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    expect(await readdir(root)).not.toContain('LOCK')
  })

  it('refuses a journal without a version', async () => {
    const root = await tempDir()
    await (await open(root)).close()
    await rm(`${root}/VERSION`)
    await expect(open(root)).rejects.toMatchObject({ code: 'ERR_STORE_FORMAT' })
  })

  it('is not found where there is none', async () => {
    const root = await tempDir()
    for (const path of [root, `${root}/none`]) {
      await expect(findDataDir(nodeStoreFs, path)).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' })
    }
    expect(await readdir(root)).toEqual([])
  })

  it('says so when the system refuses', async () => {
    const root = await tempDir()
    await writeFile(`${root}/file`, '')
    await expect(open(`${root}/file`)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    await expect(open(`${root}/file/below`)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
    await mkdir(`${root}/closed`)
    await chmod(`${root}/closed`, 0o500)
    if (process.getuid?.() !== 0)
      await expect(open(`${root}/closed`)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  })
})

describe('lock', () => {
  it('refuses a second opener and names the process that lives', async () => {
    const root = await tempDir()
    const data = await open(root)
    const message = `${root}/LOCK is held by process ${process.pid}`
    await expect(open(root)).rejects.toMatchObject({ code: 'ERR_STORE_LOCKED', message })
    await data.close()
    const parent = { pid: process.ppid, started: parentStarted }
    await writeFile(`${root}/LOCK`, lockText(parent))
    await expect(open(root)).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      message: `${root}/LOCK is held by process ${process.ppid}`,
    })
    expect(await readFile(`${root}/LOCK`, 'utf8')).toBe(lockText(parent))
  })

  for (const [what, holder] of Object.entries({
    'a process that is gone': { pid: 2 ** 22 + 1 },
    'a process whose number another one has now': { pid: process.pid, started: '1' },
    'a process from before the machine started': {
      pid: process.ppid,
      started: parentStarted,
      boot: 'another boot',
    },
  })) {
    it(`takes over the lock of ${what}`, async () => {
      const root = await tempDir()
      await (await open(root)).close()
      await writeFile(`${root}/LOCK`, lockText(holder))
      await writeFile(`${root}/LOCK.takeover`, lockText(holder)) // it died while it took over itself
      const data = await open(root)
      expect(JSON.parse(await readFile(`${root}/LOCK`, 'utf8'))).toMatchObject({ pid: process.pid })
      await data.close()
      expect((await readdir(root)).filter((name) => name.startsWith('LOCK'))).toEqual([])
    })
  }

  it('knows when it is lost, and leaves the one of its successor alone', async () => {
    const root = await tempDir()
    const first = await open(root)
    first.checkHeld()
    await rm(`${root}/LOCK`)
    const lost = expect.objectContaining({
      code: 'ERR_STORE_FAILED',
      message: expect.stringContaining('LOCK was removed or replaced'),
    })
    expect(() => first.checkHeld()).toThrow(lost)
    const second = await open(root) // of the same process: the same words in another file
    expect(() => first.checkHeld()).toThrow(lost)
    await first.close()
    second.checkHeld()
    await second.close()
    expect(await readdir(root)).not.toContain('LOCK')
  })

  it('leaves alone what it cannot read, and does not send anybody to remove a lock that is in use', async () => {
    const root = await tempDir()
    for (const text of ['', 'held', '{"pid":1}']) {
      await writeFile(`${root}/LOCK`, text)
      await expect(open(root)).rejects.toMatchObject({
        code: 'ERR_STORE_LOCKED',
        message: expect.stringMatching(
          `^${root}/LOCK .*remove it only when no process has the data directory open`,
        ),
      })
      expect(await readFile(`${root}/LOCK`, 'utf8')).toBe(text)
    }
  })

  it('is never held twice, however a dead lock is fought over (seeds 1 to 200)', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const fs = new SimFs(new Random(seed))
      await fs.createWhole('d/LOCK', new TextEncoder().encode(lockText({ pid: 1 })))
      let holders = 0
      let wins = 0
      const contend = async (pid: number) => {
        const processes: ProcessHost = {
          pid,
          bootId: host.bootId,
          startTime: async (asked) => (asked === 1 ? undefined : `started ${asked}`),
        }
        for (let attempt = 0; attempt < 3; attempt++) {
          try {
            const lock = await takeLock(fs, processes, 'd/LOCK')
            expect(++holders, `seed ${seed}`).toBe(1)
            wins++
            await new Promise((resolve) => setImmediate(resolve))
            holders--
            await lock.release()
          } catch (error) {
            expect(error, `seed ${seed}`).toMatchObject({ code: 'ERR_STORE_LOCKED' })
          }
        }
      }
      await Promise.all([2, 3, 4, 5].map(contend))
      expect(wins, `seed ${seed}`).toBeGreaterThan(0)
    }
  })

  it('ends with one error where a directory can never be made', async () => {
    await expect(openDataDir(nodeStoreFs, await nodeProcessHost(), '/proc/nope/data')).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
    })
  })
})
