// From `authorize` to a durable receipt: once one call at a time beside bare appends (durable.mjs), once many workflows
// at once (group commit). Latencies in microseconds.
import { nowUs, openDurable, timeCalls } from './durable.mjs'
import { quantile } from './figures.mjs'

function summary(values) {
  const at = (share) => Math.round(quantile(values, share))
  return { p50: at(0.5), p99: at(0.99), min: at(0), max: at(1) }
}

/** `{bare_append_us, one_at_a_time_us, many_us, …}` with latencies, and calls a second for the last. */
export async function benchEndToEnd({ calls, workflows, progress }) {
  const durable = await openDurable()
  try {
    const { pool, blocking, durable: one } = await timeCalls(durable, { calls })
    progress('one at a time')
    const many = await durable.openWorkflows(workflows)
    const manyTimes = []
    const started = nowUs()
    await Promise.all(
      many.map(async (workflow) => {
        for (let i = 0; i < Math.ceil(calls / workflows); i++) {
          const start = nowUs()
          await workflow.authorize('read_note', { name: `note ${i}` })
          manyTimes.push(nowUs() - start)
        }
      }),
    )
    const seconds = (nowUs() - started) / 1e6
    progress('many workflows')
    const bare = [summary(pool), summary(blocking)].sort((a, b) => a.p50 - b.p50)[0]
    const oneFigures = summary(one)
    return {
      backend: durable.runtime.describe().backend.name,
      calls,
      workflows,
      bare_append_us: bare,
      one_at_a_time_us: oneFigures,
      ratio_p50_to_bare: oneFigures.p50 / bare.p50,
      many_us: summary(manyTimes),
      many_per_second: manyTimes.length / seconds,
    }
  } finally {
    await durable.close()
  }
}
