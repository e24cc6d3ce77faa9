// Real SIGKILLs at random moments (DESIGN decision 4): every call that went out has its durable receipt, every chain
// verifies, and the next process opens the same directory and goes on.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadKeys, openBackend } from '../../src/crypto/host.js'
import { nodeStoreFs } from '../../src/store/host.js'
import { readJournal } from '../../src/store/journal.js'
import { verifyChain } from '../../src/verify/verify-chain.js'
import type { Receipt } from './support.js'

/** 200 in the project's own check run; fewer where people wait. */
const KILLS = Number(process.env.TRACEVAR_KILLS ?? 12)
const SEED = Number(process.env.TRACEVAR_SEED ?? Date.now() % 2 ** 31)

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tracevar-kill-'))
})
afterAll(() => rm(dir, { recursive: true }))

it(`after each of ${KILLS} SIGKILLs every forwarded call has its receipt and every chain verifies (seed ${SEED})`, async () => {
  let state = SEED
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state / 2 ** 32
  }
  let forwarded = 0
  for (let kill = 0; kill < KILLS; kill++) {
    await killOne(Math.floor(random() * 60))
    if (kill % 40 === 39 || kill === KILLS - 1) forwarded = await check()
  }
  expect(forwarded).toBeGreaterThanOrEqual(KILLS)
}, 1_200_000)

async function killOne(afterMs: number): Promise<void> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'sigkill-child.mjs'), join(dir, 'data'), join(dir, 'effects')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const exited = once(child, 'exit')
  const ready = await Promise.race([once(child.stdout, 'data'), exited.then(() => null)])
  if (ready === null) throw new Error(`the child ended early: ${Buffer.concat(errors).toString()}`)
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  child.kill('SIGKILL')
  const [, signal] = await exited
  expect(signal, Buffer.concat(errors).toString()).toBe('SIGKILL')
}

/** Checks everything that is on disk; gives the number of calls that went out. */
async function check(): Promise<number> {
  const key = (await loadKeys(join(dir, 'data/keys'))).all()[0]!.publicKey
  const chains = new Map<string, Receipt[]>()
  for await (const row of readJournal(nodeStoreFs, join(dir, 'data/journal'))) {
    if (row.t !== 'receipt') continue
    const chain = chains.get(row.workflow) ?? []
    chain.push(JSON.parse(new TextDecoder().decode(row.bytes)) as Receipt)
    chains.set(row.workflow, chain)
  }
  const allowed = new Set<string>()
  const backend = openBackend()
  for (const [workflow, receipts] of chains) {
    const { valid, errors } = await verifyChain(receipts, key, { backend })
    expect(errors, workflow).toEqual([])
    expect(valid).toBe(true)
    for (const receipt of receipts)
      if (receipt.record_type === 'action_receipt') allowed.add(receipt.params_canonical_hash)
  }
  const effects = (await readFile(join(dir, 'effects'), 'utf8')).split('\n').filter((line) => line !== '')
  expect(effects.filter((hash) => !allowed.has(hash))).toEqual([])
  return effects.length
}
