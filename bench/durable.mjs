// From `authorize` to a durable receipt, against a bare append and fdatasync of as many bytes in the same run, on the
// same file system, call by call. The bare append is done both ways that Node has: by way of its thread pool
// (`FileHandle`), and blocking the process (`writeSync`, `fdatasyncSync`), which no server may do; the faster one counts.
// Files are in the temporary directory (TMPDIR); where that is in memory, a sync costs nothing and ratios mean nothing.
import { fdatasyncSync, writeSync } from 'node:fs'
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRuntime } from '../dist/index.js'
import { figure, median, quantile } from './figures.mjs'

const WARM_UP_WORKFLOWS = 64
const WARM_UP_CALLS = 40

export const nowUs = () => performance.now() * 1000

/** A runtime in a scratch directory, warm, with one workflow and files for bare appends beside its journal. */
export async function openDurable() {
  const dir = await mkdtemp(join(tmpdir(), 'tracevar-bench-'))
  const runtime = await openRuntime({
    dataDir: join(dir, 'data'),
    policy: { default: 'ALLOW', rules: [] },
    mode: 'enforce',
  })
  const files = [await open(join(dir, 'bare-pool'), 'a'), await open(join(dir, 'bare-blocking'), 'a')]
  const openWorkflows = (count) =>
    Promise.all(Array.from({ length: count }, () => runtime.openWorkflow({ declaredTools: ['read_note'] })))
  const warm = await openWorkflows(WARM_UP_WORKFLOWS)
  await Promise.all(warm.map((workflow) => call(workflow, WARM_UP_CALLS)))
  const [workflow] = await openWorkflows(1)
  const bytes = new Uint8Array(await bytesOfOneGroup(workflow, join(dir, 'data', 'journal')))
  return {
    runtime,
    workflow,
    openWorkflows,
    bare: { pool: barePool(files[0], bytes), blocking: bareBlocking(files[1], bytes) },
    async close() {
      for (const file of files) await file.close()
      await runtime.close()
      await rm(dir, { recursive: true })
    },
  }
}

async function call(workflow, times) {
  for (let i = 0; i < times; i++) {
    const ticket = await workflow.authorize('read_note', { name: `note ${i}` })
    await ticket.conclude('SUCCESS', { response: 'text' })
  }
}

/** What the journal writes for one receipt: its row and the mark before it. */
async function bytesOfOneGroup(workflow, journalDir) {
  const [name] = (await readdir(journalDir)).sort().slice(-1)
  const size = async () => (await stat(join(journalDir, name))).size
  const before = await size()
  await workflow.authorize('read_note', { name: 'note' })
  return (await size()) - before
}

const barePool = (file, bytes) => async () => {
  await file.write(bytes)
  await file.datasync()
}

const bareBlocking = (file, bytes) => () => {
  writeSync(file.fd, bytes)
  fdatasyncSync(file.fd)
}

/** Latencies in microseconds by contender, of `calls` calls each or as many as `until` (epoch ms) leaves time for. */
export async function timeCalls({ bare, workflow }, { calls, until = Number.POSITIVE_INFINITY }) {
  const contenders = {
    ...bare,
    durable: (i) => workflow.authorize('read_note', { name: `note ${i}` }),
  }
  const names = Object.keys(contenders)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let i = 0; i < calls && (i < CALLS_MIN || Date.now() < until); i++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + i) % names.length] // each comes after each of the others
      const start = nowUs()
      const ticket = await contenders[name](i)
      times[name].push(nowUs() - start)
      await ticket?.conclude('SUCCESS', { response: 'text' })
    }
  }
  return times
}

const CALLS_MIN = 20

/** `durable_p50_vs_bare` and `durable_p99_vs_bare`: how many times as long as the bare append. */
export async function benchDurable({ rounds, calls, secondsMax, progress }) {
  const durable = await openDurable()
  try {
    const taken = []
    for (let round = 0; round < rounds; round++) {
      taken.push(await timeCalls(durable, { calls, until: Date.now() + (secondsMax * 1000) / rounds }))
      progress(`durable: round ${round + 1} of ${rounds}`)
    }
    return [0.5, 0.99].map((share) => {
      const of = (name) => taken.map((times) => quantile(times[name], share))
      const [faster, slower] = ['pool', 'blocking'].sort((a, b) => median(of(a)) - median(of(b)))
      return {
        ...figure(`durable_p${share * 100}_vs_bare`, 'us', of('durable'), of(faster)),
        bare: faster,
        other_bare: { bare: slower, peer: median(of(slower)) },
      }
    })
  } finally {
    await durable.close()
  }
}
