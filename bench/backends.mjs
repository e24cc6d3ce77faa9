// Per back end: hash, sign, verify; and the canonical form, which all share. Rounds of all back ends are interleaved,
// so that a slow minute of the machine hits all of them; figures are medians, ratios are against `node`.
import Benchmark from 'benchmark'
import { jcs } from '../dist/codec/jcs.js'
import { parseJson } from '../dist/codec/json-parse.js'
import { openBackend } from '../dist/crypto/host.js'
import { packBatch } from '../dist/crypto/packed-batch.js'
import { median } from './figures.mjs'
import { sampleReceipt } from './sample.mjs'

const BATCH = 16

/** Opens every back end that serves on this machine; the others are listed with the reason. */
async function openAll() {
  const open = []
  const absent = []
  for (const name of ['native', 'node', 'pure']) {
    try {
      open.push(await openBackend({ require: name }))
    } catch (error) {
      absent.push({ name, why: error.message })
    }
  }
  return { open, absent }
}

/** One operation of one back end: a function, and how many items a call of it handles. */
function operations(backend, payload) {
  const batch = packBatch(Array.from({ length: BATCH }, () => payload))
  const key = backend.generateKey(['receipt'])
  const signatures = backend.ed25519SignMany([key], 'receipt', batch)
  return {
    sha256: () => backend.sha256Many(batch),
    sha512: () => backend.sha512Many(batch),
    sign: () => backend.ed25519SignMany([key], 'receipt', batch),
    verify: () => backend.ed25519VerifyMany(key.publicKey, signatures, batch),
  }
}

/** Runs one suite once; resolves operations a second by benchmark name. */
function runSuite(benchmarks, secondsMax) {
  return new Promise((resolve, reject) => {
    const suite = new Benchmark.Suite()
    for (const [name, run] of benchmarks) suite.add(name, run, { maxTime: secondsMax, minSamples: 3 })
    const figures = new Map()
    suite.on('cycle', ({ target }) =>
      target.error ? reject(target.error) : figures.set(target.name, target.hz),
    )
    suite.on('complete', () => resolve(figures))
    suite.run({ async: true })
  })
}

/** All figures of `rounds` interleaved rounds: `{id, per_second, min, max, ratio_to_node}`. */
export async function benchBackends({ rounds, secondsMax, progress }) {
  const { open, absent } = await openAll()
  const receipt = sampleReceipt()
  const text = JSON.stringify(receipt)
  const payload = new TextEncoder().encode(jcs(receipt))
  const benchmarks = []
  for (const backend of open) {
    for (const [name, run] of Object.entries(operations(backend, payload)))
      benchmarks.push([`${name}/${backend.describe().name}`, run])
  }
  const samples = new Map(
    [...benchmarks.map(([name]) => name), 'jcs/codec', 'parse/codec'].map((name) => [name, []]),
  )
  for (let round = 0; round < rounds; round++) {
    const crypto = await runSuite(benchmarks, secondsMax)
    const codec = await runSuite(
      [
        ['jcs/codec', () => jcs(receipt)],
        ['parse/codec', () => parseJson(text)],
      ],
      secondsMax,
    )
    for (const [name, hz] of crypto) samples.get(name).push(hz * BATCH)
    for (const [name, hz] of codec) samples.get(name).push(hz)
    progress(`round ${round + 1} of ${rounds}`)
  }
  const figures = [...samples].map(([id, values]) => ({
    id,
    per_second: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
  }))
  const byId = new Map(figures.map((figure) => [figure.id, figure.per_second]))
  for (const figure of figures) {
    const base = byId.get(`${figure.id.split('/')[0]}/node`)
    if (base !== undefined) figure.ratio_to_node = figure.per_second / base
  }
  return { batch: BATCH, payload_bytes: payload.length, figures, absent }
}
