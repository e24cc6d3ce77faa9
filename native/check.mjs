// Checks of what is shipped that are too slow or need too many tools for the ordinary tests.
//   node native/check.mjs             builds with cmake-js and node-gyp; both must pass the gates below and agree
//   node native/check.mjs --valgrind  C++ tests: limb ranges (debug build), residues, constant time (valgrind)
//   node native/check.mjs --sanitize  the whole suite with the addon under AddressSanitizer and UBSan
//   node native/check.mjs --compilers clang, and gcc for Windows: check-compilers.mjs
//   node native/check.mjs --prebuilds what is shipped, for each architecture: check-prebuilds.mjs
// Needs cmake, a compiler, binutils; valgrind, gcc's sanitizer libraries. Ends with 1 at the first failure.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { checkBinary, checkObjects, lines } from './check-binary.mjs'
import { checkCompilers } from './check-compilers.mjs'
import { checkPrebuilds } from './check-prebuilds.mjs'
import { GYP_ROOT, ROOT, runInGypRoot } from './gyp.mjs'
import { spilledSelections } from './spills.mjs'

const require = createRequire(import.meta.url)
const CMAKE_JS = require.resolve('cmake-js/bin/cmake-js')

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options })
  assert.equal(result.status, 0, `${command} ${args[0]} failed`)
}

/**
 * Selected table entries stay in registers where there are enough of them (32 with AVX-512). With 16 they do not, which
 * README.md says, and which shows here that such stores are found.
 */
function checkSpills(objectOf) {
  const rows = [
    { source: 'native/kernels/x86/ed25519_ifma_ct.cc', stays: true },
    { source: 'native/kernels/x86/ed25519_avx2_ct.cc', stays: false },
  ]
  for (const { source, stays } of rows) {
    const functions = spilledSelections(objectOf(source))
    assert.ok(functions.length >= 2, `${source}: functions that select`)
    for (const { function: name, stores, selections } of functions) {
      assert.ok(selections >= 15, `${source}: ${name} selects 15 limbs`)
      if (stays) assert.deepEqual(stores, [], `${source}: ${name} stores what it selected`)
      else assert.notDeepEqual(stores, [], `${source}: ${name} stores nothing; say so in README.md`)
    }
  }
}

function checkBuilds() {
  run(process.execPath, [CMAKE_JS, 'compile', '--log-level', 'error'])
  const cmakeBuilt = join(ROOT, 'build/Release/tracevar.node')
  runInGypRoot(GYP_ROOT, 'node-gyp/bin/node-gyp.js', ['rebuild'])
  const gypBuilt = join(GYP_ROOT, 'build/Release/tracevar.node')
  for (const path of [cmakeBuilt, gypBuilt]) {
    checkBinary(path)
    console.log(`ok: needs, exports and hardening of ${path}`)
  }
  const cmakeObject = (source) => join(ROOT, 'build/CMakeFiles/tracevar.dir', `${source}.o`)
  const gypObject = (source) =>
    join(GYP_ROOT, 'build/Release/obj.target/tracevar', source.replace(/cc$/, 'o'))
  for (const objectOf of [cmakeObject, gypObject]) {
    checkObjects(objectOf)
    if (process.arch === 'x64') checkSpills(objectOf)
  }
  console.log('ok: objects')
  const describe = (path) =>
    execFileSync(process.execPath, ['-p', `JSON.stringify(require(${JSON.stringify(path)}).describe())`], {
      encoding: 'utf8',
    })
  assert.equal(describe(cmakeBuilt), describe(gypBuilt))
  console.log('ok: cmake-js and node-gyp builds describe themselves alike')
  rmSync(GYP_ROOT, { recursive: true })
}

function checkWithValgrind() {
  for (const type of ['Debug', 'Release']) {
    const folder = join(ROOT, `build-ctest-${type}`)
    run('cmake', ['-S', ROOT, '-B', folder, '-DTRACEVAR_TESTS=ON', `-DCMAKE_BUILD_TYPE=${type}`])
    run('cmake', ['--build', folder])
    run('ctest', ['--test-dir', folder, '--output-on-failure', '--no-tests=error'])
  }
}

function checkWithSanitizers() {
  const folder = join(ROOT, 'build-asan')
  run(process.execPath, [CMAKE_JS, 'compile', '-O', folder, '--CDTRACEVAR_SANITIZE=address,undefined'])
  const addon = join(folder, 'Release/tracevar.node')
  // cmake-js drops flags without a word: a "sanitizer build" may have no sanitizer in it.
  assert.ok(
    lines('nm', '-D', addon).some((line) => line.includes('__asan_report')),
    'AddressSanitizer is in the build',
  )
  const library = (name) => lines('gcc', `-print-file-name=${name}`)[0]
  const copy = copyWithAddon(addon)
  run(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'], {
    cwd: copy,
    env: {
      ...process.env,
      LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
      ASAN_OPTIONS: 'detect_leaks=0',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
      TRACEVAR_SANITIZED: '1',
    },
  })
  rmSync(dirname(copy), { recursive: true })
}

/**
 * A copy of the project whose addon is another one: it is only ever loaded from its place below the package. Beside it
 * stand the vectors that tests use.
 */
function copyWithAddon(addon) {
  const copy = join(mkdtempSync(join(tmpdir(), 'tracevar-')), 'project')
  const left = new Set(['.git', 'node_modules', 'prebuilds'])
  cpSync(ROOT, copy, {
    recursive: true,
    filter: (path) =>
      dirname(path) !== ROOT || !(left.has(basename(path)) || basename(path).startsWith('build')),
  })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  mkdirSync(join(copy, 'build/Release'), { recursive: true })
  cpSync(addon, join(copy, 'build/Release/tracevar.node'))
  if (existsSync(join(ROOT, '../shared'))) symlinkSync(join(ROOT, '../shared'), join(copy, '../shared'))
  return copy
}

if (process.argv.includes('--valgrind')) checkWithValgrind()
else if (process.argv.includes('--sanitize')) checkWithSanitizers()
else if (process.argv.includes('--compilers')) await checkCompilers()
else if (process.argv.includes('--prebuilds')) checkPrebuilds()
else checkBuilds()
