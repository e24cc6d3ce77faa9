// One key table for all threads of a process, and threads that end at any moment.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { ADDON_PATH, describeAddon, generateKey, importKey, signStatus, statusName } from './addon.js'

const LOAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  const addon = require(${JSON.stringify(ADDON_PATH)})
  const sign = (token) => {
    const out = new Uint8Array(64)
    const status = addon.signMany(token, 1, new Uint8Array(5), Uint32Array.of(0, 5), out)
    return { status: addon.describe().statuses[status], out }
  }
`

function start(code: string, workerData: unknown = undefined): Worker {
  return new Worker(LOAD + code, { eval: true, workerData })
}

async function answerOf(worker: Worker): Promise<never> {
  const [answer] = await once(worker, 'message')
  return answer as never
}

describeAddon('addon in threads', (addon) => {
  it('a key of the main thread signs in a worker, with the same bytes', async () => {
    const key = importKey(addon, new Uint8Array(32).fill(9))
    const worker = start('parentPort.postMessage(sign(workerData))', key.token)
    const { status, out }: { status: string; out: Uint8Array } = await answerOf(worker)
    const here = new Uint8Array(64)
    addon.signMany(key.token, 1, new Uint8Array(5), Uint32Array.of(0, 5), here)
    expect(status).toBe('OK')
    expect(Buffer.compare(out, here)).toBe(0)
    addon.closeKey(key.token)
  })

  it('a key of a worker closes when the worker ends, unless another thread holds it', async () => {
    const code = `
      const keys = [0, 1].map(() => ({ token: new Uint8Array(16), publicKey: new Uint8Array(32) }))
      for (const { token, publicKey } of keys) addon.generateKey(1, token, publicKey)
      parentPort.on('message', () => process.exit())
      parentPort.postMessage(keys.map(({ token }) => token))
    `
    for (const end of ['exit', 'terminate'] as const) {
      const worker = start(code)
      const [held, left]: readonly [Uint8Array, Uint8Array] = await answerOf(worker)
      expect(statusName(addon, addon.addRef(held))).toBe('OK')
      expect([signStatus(addon, held), signStatus(addon, left)]).toEqual(['OK', 'OK'])
      const ended = once(worker, 'exit')
      if (end === 'exit') worker.postMessage('end')
      else await worker.terminate()
      await ended
      expect([signStatus(addon, held), signStatus(addon, left)], end).toEqual(['OK', 'KEY_CLOSED'])
      addon.closeKey(held)
      expect(signStatus(addon, held), end).toBe('KEY_CLOSED')
    }
  })

  it('a thread closes only what it holds', async () => {
    const key = generateKey(addon)
    const worker = start(
      'parentPort.postMessage(addon.describe().statuses[addon.closeKey(workerData)])',
      key.token,
    )
    expect(await answerOf(worker)).toBe('KEY_CLOSED')
    expect(signStatus(addon, key.token)).toBe('OK')
    addon.closeKey(key.token)
  })

  it('closing while other threads sign gives whole signatures, then KEY_CLOSED', async () => {
    const code = `
      const first = sign(workerData).out
      parentPort.postMessage('signing')
      for (;;) {
        const { status, out } = sign(workerData)
        if (status !== 'OK') { parentPort.postMessage(status); break }
        if (Buffer.compare(out, first) !== 0) { parentPort.postMessage('another signature'); break }
      }
    `
    for (let round = 0; round < 5; round++) {
      const key = generateKey(addon)
      const workers = [start(code, key.token), start(code, key.token)]
      await Promise.all(workers.map(answerOf))
      const answers = workers.map(answerOf)
      await sleep(20)
      addon.closeKey(key.token)
      expect(await Promise.all(answers)).toEqual(['KEY_CLOSED', 'KEY_CLOSED'])
    }
  })

  it('60 workers end in the middle of their work, and nothing stays open', async () => {
    const before = addon.describe().keysOpen
    const code = `
      const token = new Uint8Array(16)
      addon.generateKey(1, token, new Uint8Array(32))
      const offsets = new Uint32Array(51).map((_, i) => 20 * i)
      parentPort.postMessage('working')
      for (;;) addon.signMany(token, 1, new Uint8Array(1000), offsets, new Uint8Array(64 * 50))
    `
    for (let group = 0; group < 10; group++) {
      const workers = Array.from({ length: 6 }, () => start(code))
      await Promise.all(workers.map(answerOf))
      expect(addon.describe().keysOpen).toBe(before + 6)
      await Promise.all(workers.map((worker) => worker.terminate()))
    }
    expect(addon.describe().keysOpen).toBe(before)
  }, 300_000) // under a sanitizer, on a busy machine
})
