// confirmLines at the boundary: whatever it is given, it answers, refuses or confirms less, and never crashes.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { Random } from '../store/random.js'
import { ADDON_PATH, describeAddon } from './addon.js'
import { manifestHash, plainContext, plainLines } from './archive-lines.js'

const LONG = process.env.TRACEVAR_LONG === '1' ? 50 : 1
const SEED = Number(process.env.TRACEVAR_SEED ?? Date.now() % 1_000_000)
const LF = Uint8Array.of(10)

describeAddon('addon, lines of an archive', (addon) => {
  const context = plainContext()
  const lines = plainLines(150)

  it('says of confirmed lines what they hold', async () => {
    const answer = await addon.confirmLines(context, lines)
    expect(answer).toMatchObject({
      count: 150,
      bytes: lines.length,
      firstNumber: 1,
      lastNumber: 150,
      earliestMs: Date.UTC(2026, 2, 1) + 1000,
      latestMs: Date.UTC(2026, 2, 1) + 150_000,
      lastMs: Date.UTC(2026, 2, 1) + 150_000,
      calls: 100,
      blocked: 0,
      hasUntagged: false,
    })
    expect(`sha256:${Buffer.from(answer.previous).toString('hex')}`).toBe(manifestHash())
    expect(answer.idWords.length).toBe(2 * 150)
    expect(answer.hashWords.length).toBe(2 * 150)
    expect(answer.hashWords.at(-2)).toBe(Buffer.from(answer.head).readUInt32BE(0))
  })

  it('refuses what is no context', () => {
    for (const length of [0, 1, 32, 39, context.length - 1])
      expect(() => addon.confirmLines(context.slice(0, length), lines), String(length)).toThrow(RangeError)
    expect(() => addon.confirmLines(Buffer.concat([context, LF]), lines)).toThrow('context')
  })

  it('refuses blocks that are none', () => {
    const call = (block: unknown, other: unknown) => () =>
      addon.confirmLines(other as Uint8Array, block as Uint8Array)
    expect(call(new Uint8Array(0), context)).toThrow(RangeError)
    expect(call(lines.slice(0, -1), context)).toThrow('line feed')
    expect(call(new Uint8Array(16 * 1024 * 1024 + 1).fill(10), context)).toThrow(RangeError)
    expect(call(lines, new Uint8Array(2 * 1024 * 1024 + 1))).toThrow(RangeError)
    for (const wrong of [
      undefined,
      null,
      'text',
      new Uint8Array(new SharedArrayBuffer(4)),
      new Int8Array(1),
    ]) {
      expect(call(wrong, context)).toThrow(TypeError)
      expect(call(lines, wrong)).toThrow(TypeError)
    }
  })

  it('takes copies: the caller may change and transfer what it gave', async () => {
    const [mine, myContext] = [lines.slice(), context.slice()]
    const answer = addon.confirmLines(myContext, mine)
    mine.fill(0)
    structuredClone(myContext, { transfer: [myContext.buffer] })
    expect((await answer).count).toBe(150)
  })

  it('bounds the jobs under way', async () => {
    const jobs = Array.from({ length: 64 }, () => addon.confirmLines(context, LF))
    expect(() => addon.confirmLines(context, LF)).toThrow('64')
    for (const { count } of await Promise.all(jobs)) expect(count).toBe(0)
    expect((await addon.confirmLines(context, lines)).count).toBe(150)
  })

  it(`survives damaged lines, and confirms none of them (TRACEVAR_SEED=${SEED})`, async () => {
    const random = new Random(SEED)
    for (let round = 0; round < 500 * LONG; round++) {
      const block = lines.slice()
      const at = random.int(0, block.length - 2)
      const before = block[at]
      block[at] = random.int(0, 255)
      const lineStart = block.lastIndexOf(10, at - 1) + 1
      const { bytes } = await addon.confirmLines(context, block)
      if (block[at] === before) expect(bytes).toBe(lines.length)
      else expect(bytes, `byte ${at}`).toBeLessThanOrEqual(at === 0 ? 0 : lineStart)
    }
  })

  it(`survives damaged contexts (TRACEVAR_SEED=${SEED})`, async () => {
    const random = new Random(SEED + 1)
    const few = lines.subarray(0, lines.indexOf(10, 4000) + 1)
    let refused = 0
    for (let round = 0; round < 3000 * LONG; round++) {
      const damaged = context.slice(0, random.chance(0.1) ? random.int(0, context.length) : undefined)
      for (let i = random.int(1, 3); i > 0; i--)
        damaged[random.int(0, damaged.length - 1)] = random.int(0, 255)
      try {
        const { bytes } = await addon.confirmLines(damaged, few)
        expect(bytes).toBeLessThanOrEqual(few.length)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(100)
  }, 300_000)

  it('workers end with jobs in flight', async () => {
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      const addon = require(${JSON.stringify(ADDON_PATH)})
      for (let i = 0; i < 40; i++) addon.confirmLines(workerData.context, workerData.lines)
      parentPort.postMessage('working')
      setInterval(() => {}, 1000)
    `
    for (let group = 0; group < 5; group++) {
      const workers = Array.from(
        { length: 4 },
        () => new Worker(code, { eval: true, workerData: { context, lines } }),
      )
      await Promise.all(workers.map((worker) => once(worker, 'message')))
      await Promise.all(workers.map((worker) => worker.terminate()))
    }
    expect((await addon.confirmLines(context, lines)).count).toBe(150)
  }, 300_000)
})
