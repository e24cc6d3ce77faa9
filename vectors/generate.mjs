// Writes the vectors: node vectors/generate.mjs [DIR]. The same bytes every time; needs a built `dist`.
// Without DIR the vectors beside this file are replaced; with it nothing is removed.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exportVectors } from './generator/exports.mjs'
import { formatVectors } from './generator/formats.mjs'
import { digestOf, utf8 } from './generator/primitives.mjs'

/** One row a line: a change shows as what it is. */
const list = (rows) => `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`

const { base, files: exportFiles, rows: exportRows } = await exportVectors()
const { files: formatFiles, rows: formatRows } = formatVectors(base)
const rows = [...exportRows, ...formatRows]
const files = { ...exportFiles, ...formatFiles, 'index.json': list(rows) }

const here = fileURLToPath(new URL('.', import.meta.url))
const dir = process.argv[2] ?? here
if (dir === here)
  for (const name of ['exports', 'formats', 'keys'])
    await rm(join(here, name), { recursive: true, force: true })
for (const [path, text] of Object.entries({ ...files, 'manifest.json': manifest() })) {
  await mkdir(dirname(join(dir, path)), { recursive: true })
  await writeFile(join(dir, path), text)
}

function manifest() {
  const entries = Object.entries(files).map(([path, text]) => ({
    path,
    sha256: digestOf(utf8(text)).replace('sha256:', ''),
    generator: `vectors/generator/${path.startsWith('formats/') ? 'formats' : 'exports'}.mjs`,
    expectation: expectationOf(path),
  }))
  return `{"format":"tracevar/vectors/1","files":${list(entries).trimEnd()}}\n`
}

/** What must come of a file, in words; index.json has it for programs. */
function expectationOf(path) {
  if (path === 'index.json') return 'the expectations'
  if (path.startsWith('keys/')) return 'trusted by the rows that name it'
  if (path.endsWith('/public-keys.jwks'))
    return 'the keys that the export publishes; a verifier never takes them from here'
  const judging = rows.filter(({ file }) => path === file || path.startsWith(`${file}/`))
  if (path.startsWith('formats/')) return `${judging.length} cases`
  return [...new Set(judging.map(({ expected }) => outcome(expected)))].join(' or, told otherwise, ')
}

function outcome({ exit_code, failures }) {
  return failures.length === 0 ? `exit ${exit_code}` : `exit ${exit_code}: ${failures.join(', ')}`
}
