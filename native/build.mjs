// Builds build/Release/tracevar.node with cmake-js.
//   node native/build.mjs            builds if it can; if not, says why in one line and ends with 0
//   node native/build.mjs --require  the same, but a failure ends with 1 and shows the build's output
// Does nothing when the addon is newer than everything it is made of. Otherwise removes prebuilds/ as well: the loader
// prefers what is there, which is now older than its sources.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const ROOT = dirname(import.meta.dirname)
const OUTPUT = join(ROOT, 'build/Release/tracevar.node')
const required = process.argv.includes('--require')

function newestInput() {
  const native = readdirSync(import.meta.dirname, { recursive: true })
    .filter((name) => /\.(cc|h|inc|map|txt)$/.test(name) && !name.startsWith('test/'))
    .map((name) => join(import.meta.dirname, name))
  return Math.max(...[join(ROOT, 'CMakeLists.txt'), ...native].map((path) => statSync(path).mtimeMs))
}

function runs(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/** What is missing for a build, or undefined. */
function obstacle() {
  if (process.platform !== 'linux') return `it has never been run with Node on ${process.platform}`
  if (!runs('cmake', '--version')) return 'cmake is not installed'
  if (!runs(process.env.CXX ?? 'c++', '--version')) return 'there is no C++ compiler'
  try {
    createRequire(import.meta.url).resolve('cmake-js/package.json')
  } catch {
    return 'cmake-js is not installed'
  }
  return undefined
}

function build() {
  const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js')
  const result = spawnSync(process.execPath, [cmakeJs, 'compile'], {
    cwd: ROOT,
    stdio: required ? 'inherit' : 'pipe',
  })
  if (result.status === 0 && existsSync(OUTPUT)) {
    const now = new Date()
    rmSync(join(ROOT, 'prebuilds'), { recursive: true, force: true })
    utimesSync(OUTPUT, now, now) // cmake leaves it alone where an input is newer but the same
    return undefined
  }
  return required ? 'the build failed' : 'the build failed; npm run build:native shows how'
}

function main() {
  if (existsSync(OUTPUT) && statSync(OUTPUT).mtimeMs > newestInput()) return
  const why = obstacle() ?? build()
  if (why === undefined) {
    console.log('native addon: built')
    return
  }
  console.log(`native addon: not built, ${why}; the node back end serves instead`)
  if (required) process.exitCode = 1
}

main()
