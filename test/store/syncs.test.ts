import { describe, expect, it } from 'vitest'
import { storeBlockingSyncBytesMax as bytesMax, storeBlockingSyncMsMax as msMax } from '../../src/limits.js'
import { Syncs } from '../../src/store/syncs.js'

/** Syncs of a disk that takes `disk.ms`; notes where each was waited for. */
function setUp() {
  const disk = { ms: msMax / 2, error: undefined as Error | undefined }
  const where: string[] = []
  let now = 0
  const sync = (place: string) => {
    where.push(place)
    now += disk.ms
    if (disk.error) throw disk.error
  }
  const syncs = new Syncs({
    inPlace: () => sync('in place'),
    elsewhere: async () => sync('elsewhere'),
    nowMs: () => now,
  })
  const write = async (bytes: number, times = 1) => {
    for (let i = 0; i < times; i++) {
      syncs.add(bytes)
      await syncs.sync()
    }
    return where.at(-1)
  }
  return { disk, where, syncs, write }
}

describe('syncs', () => {
  it('begin elsewhere, and are waited for in place when the disk has proved quick', async () => {
    const { write, where } = setUp()
    expect(await write(1)).toBe('elsewhere')
    expect(await write(1, 100)).toBe('in place')
    expect(where.indexOf('in place')).toBeGreaterThan(8)
  })

  it('of many bytes are waited for elsewhere', async () => {
    const { write, syncs, where } = setUp()
    await write(1, 100)
    expect(await write(bytesMax)).toBe('in place')
    expect(await write(bytesMax + 1)).toBe('elsewhere')
    for (let i = 0; i < 3; i++) syncs.add(bytesMax / 2) // several writes, one sync
    await syncs.sync()
    expect(where.at(-1)).toBe('elsewhere')
  })

  it('leave the event loop alone as soon as the disk is slow, until it is quick again', async () => {
    const { write, disk } = setUp()
    await write(1, 100)
    disk.ms = 100 * msMax
    expect(await write(1)).toBe('in place') // nobody could know
    expect(await write(1)).toBe('elsewhere')
    disk.ms = msMax / 2
    expect(await write(1)).toBe('elsewhere')
    expect(await write(1, 100)).toBe('in place')
  })

  it('fail as the disk does, and forget no bytes', async () => {
    const { write, disk, where } = setUp()
    await write(1, 100)
    disk.error = new Error('EIO')
    await expect(write(bytesMax)).rejects.toThrow('EIO')
    disk.error = undefined
    await write(1)
    expect(where.at(-1)).toBe('elsewhere')
  })
})
