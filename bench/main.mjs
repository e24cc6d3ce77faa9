// npm run bench [-- --quick] [--json]: prints figures for people, or one JSON object.
import { parseArgs } from 'node:util'
import { benchBackends } from './backends.mjs'
import { benchEndToEnd } from './end-to-end.mjs'
import { machineFacts } from './machine.mjs'

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } })
const progress = (text) => process.stderr.write(`bench: ${text}\n`)
const size = values.quick
  ? { rounds: 3, secondsMax: 0.15, calls: 200, workflows: 32 }
  : { rounds: 9, secondsMax: 0.5, calls: 2_000, workflows: 64 }

const machine = machineFacts()
const backends = await benchBackends({ ...size, progress })
const endToEnd = await benchEndToEnd({ ...size, progress })

if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ machine, rounds: size.rounds, backends, end_to_end: endToEnd })}\n`,
  )
} else {
  const out = (text) => process.stdout.write(`${text}\n`)
  const number = (value) => Math.round(value).toLocaleString('en-US').padStart(12)
  out(
    `${machine.cpu}, ${machine.cores} cores, ${machine.platform}, node ${machine.node}, commit ${machine.commit}`,
  )
  out(
    `${backends.payload_bytes} byte messages, ${backends.batch} a call, medians of ${size.rounds} interleaved rounds\n`,
  )
  out('operation        per second         (min          max)   ratio to node')
  for (const { id, per_second, min, max, ratio_to_node } of backends.figures) {
    out(
      `${id.padEnd(14)}${number(per_second)} (${number(min)} ${number(max)})${ratio_to_node === undefined ? '' : `   ${ratio_to_node.toFixed(2)}x`}`,
    )
  }
  for (const { name, why } of backends.absent) out(`${name}: not here (${why})`)
  out(`\nauthorize -> durable, back end ${endToEnd.backend}, microseconds`)
  for (const [name, row] of [
    ['bare append + fdatasync', endToEnd.bare_append_us],
    ['one call at a time', endToEnd.one_at_a_time_us],
    [`${endToEnd.workflows} workflows at once`, endToEnd.many_us],
  ]) {
    out(`  ${name.padEnd(32)} p50 ${number(row.p50)}  p99 ${number(row.p99)}`)
  }
  out(
    `  one at a time is ${endToEnd.ratio_p50_to_bare.toFixed(2)}x a bare append; together ${number(endToEnd.many_per_second).trim()} receipts a second`,
  )
}
