// npm run bench:compare [-- --quick] [--json]: our figures against their peers', from one interleaved run.
//
// Prints a table, or with --json exactly one object `{machine, rounds, figures}`; the same object is written to
// bench/results/compare.json (with --quick to compare-quick.json, which is not kept). A figure is
// `{id, ours, peer, ratio, unit, min, max}`: medians of both, and the median, least and greatest ratio of the rounds.
// The ratio says how many times as much we do a second; for durable_*, how many times as long we take. A figure without
// a peer has `ratio: null`, and min and max are those of `ours`. What this machine or build cannot give has `ours: null`
// and a `why`. --quick ends within 50 s; whatever else runs on the machine meanwhile disturbs the figures.
import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { openBackend } from '../dist/crypto/host.js'
import { benchArchive } from './archive.mjs'
import { benchDurable } from './durable.mjs'
import { machineFacts } from './machine.mjs'
import { benchSeal } from './seal.mjs'
import { benchSignatures } from './signatures.mjs'

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } })
const progress = (text) => process.stderr.write(`bench: ${text}\n`)
const rounds = values.quick ? 7 : 21
/** `secondsMax`: what each part may take; on a busy machine it then takes fewer calls and rounds. */
const size = values.quick
  ? { calls: 400, sliceMs: 60, archiveSliceMs: 250, countMax: 50_000, secondsMax: 9 }
  : { calls: 2_000, sliceMs: 100, archiveSliceMs: 1_000, countMax: 400_000, secondsMax: 60 }

const backend = openBackend().describe()
const machine = { ...machineFacts(), backend: backend.name, kernel: backend.kernel }
const options = { ...size, rounds, progress }
const figures = [
  ...(await benchDurable(options)),
  ...(await benchSignatures(options)),
  ...(await benchSeal(options)),
  ...(await benchArchive({ ...options, sliceMs: size.archiveSliceMs })),
]
const result = JSON.stringify({ machine, rounds, figures })

const results = new URL('results/', import.meta.url)
await mkdir(results, { recursive: true })
await writeFile(new URL(values.quick ? 'compare-quick.json' : 'compare.json', results), `${result}\n`)
process.stdout.write(values.json ? `${result}\n` : table(machine, rounds, figures))

function table({ cpu, cores, platform, node, commit, kernel }, rounds, figures) {
  const row = (...cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(34) : cell.padStart(12))).join('')
  const number = (value) =>
    value === null ? '-' : value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2)
  const lines = figures.map(({ id, ours, peer, ratio, unit, min, max, why }) =>
    why === undefined
      ? row(id, ...[ours, peer].map(number), unit, ...[ratio, min, max].map(number))
      : `${row(id)} ${why}`,
  )
  return [
    `${cpu}, ${cores} cores, ${platform}, node ${node}, commit ${commit}, kernel ${kernel}; ${rounds} rounds`,
    row('', 'ours', 'peer', 'unit', 'ratio', 'min', 'max'),
    ...lines,
    '',
  ].join('\n')
}
