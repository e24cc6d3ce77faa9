// Checks of prebuilds/, for every architecture that this machine can build (node native/check.mjs --prebuilds):
// the gates of check-binary.mjs; no path of this machine in the file; the same bytes from another folder; and, where it
// can be run or emulated, right answers, the same on every architecture. Leaves prebuilds/ filled. Needs dist/.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkBinary, checkObjects, lines } from './check-binary.mjs'
import { nodeOf } from './emulate.mjs'
import { ROOT } from './gyp.mjs'
import { makePrebuilds, PREBUILDS, prebuild } from './prebuild.mjs'

/** Folders whose names would tell on which machine, and where, the addon was built. */
function tellingFolders(elsewhere) {
  const nodeDir = dirname(dirname(process.execPath))
  return [ROOT, elsewhere, tmpdir(), homedir(), nodeDir, '/usr', '/node_modules'].map(
    (folder) => `${folder}/`,
  )
}

function checkTarget(target, elsewhere) {
  const path = join(PREBUILDS, `linux-${target.arch}`, 'tracevar.node')
  checkBinary(path, target)
  const bytes = readFileSync(path)
  for (const folder of tellingFolders(elsewhere)) {
    assert.ok(!bytes.includes(folder), `linux-${target.arch} does not hold the path ${folder}`)
  }
  assert.deepEqual(
    lines(target.readelf, '-SW', path).filter((line) =>
      /\.(symtab|debug_\w+|note\.gnu\.build-id)\b/.test(line),
    ),
    [],
    'stripped',
  )
  console.log(`ok: linux-${target.arch} needs, exports and hardening; stripped; no paths`)
  const folder = join(elsewhere, 'another-folder', target.arch)
  const again = readFileSync(prebuild(target, folder))
  assert.ok(bytes.equals(again), `linux-${target.arch}: a build in another folder gives the same bytes`)
  const objects = join(folder, 'build/Release/obj.target/tracevar')
  checkObjects((source) => join(objects, source.replace(/cc$/, 'o')), target.nm)
  console.log(`ok: linux-${target.arch} built again in another folder is the same, ${bytes.length} bytes`)
}

/** Answers of the prebuilt addon under a Node of its architecture, or undefined where none can be had. */
function answersOf(arch, seed) {
  const node = nodeOf(arch)
  if (node.missing !== undefined) {
    console.log(`not run: linux-${arch}, ${node.missing}`)
    return undefined
  }
  const script = join(ROOT, 'test/package/prebuilt-addon.mjs')
  const output = execFileSync(node.command, [...node.args, script, seed], { encoding: 'utf8' })
  const report = JSON.parse(output)
  assert.equal(report.arch, arch)
  const { node: version, kernels, cpu, answers } = report
  const how = node.args.length > 0 ? ` under ${node.command}` : ''
  console.log(
    `ok: linux-${arch} on Node ${version}${how}: ${answers} right answers of each of ${kernels} (${cpu})`,
  )
  return report.sha256
}

export function checkPrebuilds() {
  const targets = makePrebuilds()
  const elsewhere = mkdtempSync(join(tmpdir(), 'tracevar-prebuilds-'))
  try {
    for (const target of targets) checkTarget(target, elsewhere)
  } finally {
    rmSync(elsewhere, { recursive: true, force: true })
  }
  const seed = String(Date.now())
  const answers = targets.map(({ arch }) => answersOf(arch, seed)).filter((answer) => answer !== undefined)
  assert.notEqual(answers.length, 0, 'at least one addon was run')
  assert.equal(new Set(answers).size, 1, `seed ${seed}: the same answers on every architecture`)
}
