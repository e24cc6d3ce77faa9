// A real runtime whose time, randomness and disk are made up, so that it writes the same bytes every time.
import { PLATFORMS } from '../../dist/attest/platform.js'
import { createNodeBackend } from '../../dist/crypto/node-backend.js'
import { queueTimeoutMsOf } from '../../dist/policy/evaluate.js'
import { parsePolicy } from '../../dist/policy/load.js'
import { createUlidSource } from '../../dist/receipt/ulid.js'
import { Runtime } from '../../dist/runtime/runtime.js'
import { digest, digestOf, jcs, jwks, ndjson, sha256, utf8 } from './primitives.mjs'

/** When every world begins. */
export const START_MS = Date.UTC(2026, 0, 15, 9, 0, 0)
/** When the vectors are verified, epoch seconds: a day later. */
export const NOW_SEC = START_MS / 1000 + 86_400

/** Lets everything that is ready run. */
export const settle = () => new Promise((resolve) => setImmediate(resolve))

/** A clock that moves when it is told to. */
function fakeClock() {
  let wall = START_MS
  let monotonic = 1_000
  let timers = []
  return {
    wallMs: () => wall,
    monotonicMs: () => monotonic,
    after(ms, call) {
      const timer = { at: monotonic + ms, call }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    /** Time passes; timers that are due go off. */
    advance(ms) {
      wall += ms
      monotonic += ms
      const due = timers.filter(({ at }) => at <= monotonic)
      timers = timers.filter(({ at }) => at > monotonic)
      for (const { call } of due) call()
    },
    /** Somebody sets the wall clock. */
    jump(ms) {
      wall += ms
    },
  }
}

/** Bytes that look random: SHA-256 of the seed and a counter. */
function seededBytes(seed) {
  let counter = 0
  return (length) => sha256(utf8(`${seed} ${counter++}`)).subarray(0, length)
}

/** A journal that keeps its rows in memory. */
function memoryJournal(rows) {
  return {
    hasRoom: true,
    append: async (more) => void rows.push(...more),
    note: (row) => void rows.push(row),
    close: async () => {},
  }
}

/**
 * Opens a world. `policy` is a policy as a value; `key` signs; `record` and `challenge` are those of the runtime.
 */
export function openWorld({ name, policy, mode = 'enforce', key, record = {}, challenge = null }) {
  const backend = createNodeBackend()
  const loaded = parsePolicy(utf8(jcs(policy)), 'policy', { profile: 'hardened', mode })
  const rows = []
  const clock = fakeClock()
  const runtime = new Runtime({
    journal: memoryJournal(rows),
    signer: {
      backend,
      key: backend.importSeed(key.seed, ['receipt', 'record', 'annex']),
      keyId: key.keyId,
    },
    policy: {
      config: loaded.policy,
      bundleHash: digest(loaded.policy),
      defaults: {},
      queueTimeoutMs: (tool) => queueTimeoutMsOf(loaded.policy, tool) ?? 5_000,
    },
    mode,
    clock,
    ulid: createUlidSource(seededBytes(name)),
    sha256String: digestOf,
    platform: PLATFORMS.get('software-only'),
    packageDigest: digestOf(utf8('package of the vectors')),
    bootId: '00000000-0000-4000-8000-000000000001',
    challenge,
    record,
    isolation: 'in-process',
    runtimeVersion: '0.1.0',
    release: async () => {},
  })
  return { runtime, clock, files: () => exportFiles(rows, loaded.policy, key) }
}

/** The files of the only workflow, as `tracevar export` writes them. Text by name. */
function exportFiles(rows, policy, key) {
  const linesOf = (kind) =>
    rows.filter(({ t }) => t === kind).map(({ bytes }) => Buffer.from(bytes).toString())
  const [document] = linesOf('workflow')
  const [issued] = linesOf('record').map((text) => JSON.parse(text))
  return {
    'receipts.ndjson': ndjson(linesOf('receipt')),
    'annex.ndjson': ndjson(linesOf('annex')),
    'workflow.json': document,
    'policy.json': jcs(policy),
    ...(issued && {
      'trust-record.json': jcs(issued.trust_record),
      'evidence.json': jcs(issued.evidence),
    }),
    'public-keys.jwks': jwks(key),
  }
}
