// An archive from bytes on disk (in the page cache) to its report, as `tracevar verify` does it, back end and key file
// opened anew each time: on one core, on all cores, and on one core by the back end `node`. Each runs in a process of
// its own that waits while another one is measured; `taskset` (util-linux) binds to a core.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBackend } from '../dist/crypto/host.js'
import { createReceipt } from '../dist/receipt/host.js'
import { sealReceipt } from '../dist/receipt/seal.js'
import { figure, median, noFigure } from './figures.mjs'
import { sampleReceipt } from './sample.mjs'

/** Receipts from which the speed of the back end `node` is estimated. */
const SAMPLE_COUNT = 500
const CHILD = fileURLToPath(new URL('archive-child.mjs', import.meta.url))

/** A chain of up to `countMax` receipts, as many as `secondsMax` leaves time for; lines with their newlines, and key. */
function createChain({ countMax, secondsMax }) {
  const backend = openBackend()
  const key = backend.generateKey(['receipt'])
  const signer = { backend, key, keyId: 'bench' }
  const { signature, prev_receipt_hash, sequence_number, receipt_id, ...action } = sampleReceipt()
  const until = Date.now() + secondsMax * 1000
  const lines = []
  let previous = null
  while (lines.length < countMax && (lines.length < SAMPLE_COUNT || Date.now() < until)) {
    const { issued_at, ...fields } = previous === null ? manifestOf(action) : action
    const { bytes, hash } = sealReceipt(createReceipt(fields), previous, signer)
    previous = { hash, sequenceNumber: lines.length }
    lines.push(bytes)
  }
  const publicKey = Buffer.from(key.publicKey).toString('hex')
  key.close()
  return { lines, publicKey }
}

function manifestOf({ workflow_id, workflow_id_source, agent_id, policy_bundle_hash, tool_name }) {
  return {
    record_type: 'workflow_manifest',
    workflow_id,
    workflow_id_source,
    agent_id,
    policy_bundle_hash,
    initiator_id: 'user',
    workflow_owner: 'user',
    session_budget: {},
    declared_tools: [tool_name],
    mode: 'enforce',
  }
}

/** The first core that this process may use. */
async function firstCore() {
  const status = await readFile('/proc/self/status', 'utf8')
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(status)?.[1] ?? '0'
}

/** Starts a verifier. `verify` resolves milliseconds; both reject with what went wrong. */
async function startVerifier({ core, env = {} }) {
  const command = [...(core === undefined ? [] : ['taskset', '-c', core]), process.execPath, CHILD]
  const child = spawn(command[0], command.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(child, 'spawn')
  return {
    async verify(file) {
      const ended = new AbortController()
      child.send(file)
      try {
        const answers = [once(child, 'message', ended), once(child, 'exit', ended)]
        for (const answer of answers) answer.catch(() => {}) // the one that is given up
        const [answer] = await Promise.race(answers)
        if (answer?.ms === undefined) throw new Error(`archive: ${answer?.why ?? 'the verifier ended'}`)
        return answer.ms
      } finally {
        ended.abort()
      }
    },
    stop: () => child.kill(),
  }
}

/**
 * Receipts a second by verifier, one value a round. The native ones verify the whole chain, whose parts that take the
 * same time whatever its length then count for little; `node` verifies as many receipts as it can in `sliceMs`.
 */
async function takeArchiveRounds(verifiers, { lines, dir, keyPath }, { rounds, sliceMs, until, progress }) {
  const sample = await writeChain(lines.slice(0, SAMPLE_COUNT), dir, 'sample', keyPath)
  const whole = await writeChain(lines, dir, 'whole', keyPath)
  await verifiers.node.verify(sample) // the first one loads and warms
  const nodeCount = Math.ceil((SAMPLE_COUNT * sliceMs) / (await verifiers.node.verify(sample)))
  const files = {
    core: whole,
    all: whole,
    node: await writeChain(lines.slice(0, nodeCount), dir, 'node', keyPath),
  }
  for (const [name, { verify }] of Object.entries(verifiers)) await verify(files[name])
  const rates = Object.fromEntries(Object.keys(verifiers).map((name) => [name, []]))
  for (let round = 0; round < rounds && (round < 3 || Date.now() < until); round++) {
    for (const [name, { verify }] of Object.entries(verifiers)) {
      rates[name].push((files[name].count * 1000) / (await verify(files[name])))
    }
    progress(`archive: round ${round + 1} of ${rounds}`)
  }
  return rates
}

async function writeChain(lines, dir, name, keyPath) {
  const path = join(dir, `${name}.ndjson`)
  const newline = Buffer.from('\n')
  await writeFile(path, Buffer.concat(lines.flatMap((line) => [line, newline])))
  return { path, keyPath, count: lines.length }
}

const IDS = ['archive_receipts_per_second_core', 'archive_vs_node_backend', 'archive_scaling']

/**
 * The figures `IDS`, in receipts a second. The first two say the same of one core: what it is and, with its bytes, how
 * many times as fast as the back end `node`. The third is all cores against one.
 */
export async function benchArchive({ rounds, countMax, sliceMs, secondsMax, progress }) {
  const unit = 'receipts/s'
  const until = Date.now() + secondsMax * 1000
  const dir = await mkdtemp(join(tmpdir(), 'tracevar-bench-'))
  const verifiers = {}
  try {
    const { lines, publicKey } = createChain({ countMax, secondsMax: secondsMax / 3 })
    const keyPath = join(dir, 'key.hex')
    await writeFile(keyPath, publicKey)
    progress(`archive: a chain of ${lines.length} receipts`)
    const core = await firstCore()
    verifiers.core = await startVerifier({ core })
    verifiers.all = await startVerifier({})
    verifiers.node = await startVerifier({ core, env: { TRACEVAR_BACKEND: 'node' } })
    const rates = await takeArchiveRounds(
      verifiers,
      { lines, dir, keyPath },
      { rounds, sliceMs, until, progress },
    )
    const lineBytes = lines.reduce((sum, line) => sum + line.length + 1, 0) / lines.length
    return [
      {
        ...figure(IDS[0], unit, rates.core, rates.node),
        megabytes_per_second: (median(rates.core) * lineBytes) / 1e6,
      },
      figure(IDS[1], unit, rates.core, rates.node),
      { ...figure(IDS[2], unit, rates.all, rates.core), cores: availableParallelism() },
    ]
  } catch (error) {
    if (error.syscall !== 'spawn taskset') throw error
    return IDS.map((id) => noFigure(id, unit, `taskset cannot be run: ${error.code}`))
  } finally {
    for (const { stop } of Object.values(verifiers)) stop()
    await rm(dir, { recursive: true })
  }
}
