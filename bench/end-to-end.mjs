// From `authorize` to a durable receipt, against a bare append and fdatasync of 1 KiB in the same run; once one call
// at a time, once many workflows at once (group commit). Latencies in microseconds.
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRuntime } from '../dist/index.js'

const now = () => performance.now() * 1000

function summary(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
  return { p50: at(0.5), p99: at(0.99), min: at(0), max: at(1) }
}

/** `{bare, one_at_a_time, many}` with latencies, and calls a second for the last two. */
export async function benchEndToEnd({ calls, workflows, progress }) {
  const dir = await mkdtemp(join(tmpdir(), 'tracevar-bench-'))
  const runtime = await openRuntime({
    dataDir: join(dir, 'data'),
    policy: { default: 'ALLOW', rules: [] },
    mode: 'enforce',
  })
  const bare = await open(join(dir, 'bare'), 'a')
  try {
    const kibibyte = new Uint8Array(1024)
    const workflow = await runtime.openWorkflow({ declaredTools: ['read_note'] })
    const bareTimes = []
    const oneTimes = []
    for (let i = 0; i < calls; i++) {
      const bareStart = now()
      await bare.write(kibibyte)
      await bare.datasync()
      bareTimes.push(now() - bareStart)
      const start = now()
      const ticket = await workflow.authorize('read_note', { name: `note ${i}` })
      oneTimes.push(now() - start)
      await ticket.conclude('SUCCESS', { response: 'text' })
    }
    progress('one at a time')
    const many = await Promise.all(
      Array.from({ length: workflows }, () => runtime.openWorkflow({ declaredTools: ['read_note'] })),
    )
    const manyTimes = []
    const started = now()
    await Promise.all(
      many.map(async (one) => {
        for (let i = 0; i < Math.ceil(calls / workflows); i++) {
          const start = now()
          await one.authorize('read_note', { name: `note ${i}` })
          manyTimes.push(now() - start)
        }
      }),
    )
    const seconds = (now() - started) / 1e6
    progress('many workflows')
    const [bareFigures, oneFigures] = [summary(bareTimes), summary(oneTimes)]
    return {
      backend: runtime.describe().backend.name,
      calls,
      workflows,
      bare_append_us: bareFigures,
      one_at_a_time_us: oneFigures,
      ratio_p50_to_bare: oneFigures.p50 / bareFigures.p50,
      many_us: summary(manyTimes),
      many_per_second: manyTimes.length / seconds,
    }
  } finally {
    await bare.close()
    await runtime.close()
    await rm(dir, { recursive: true })
  }
}
