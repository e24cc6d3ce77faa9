// Compiles core/ and kernels/ with the compilers that are not used for what is shipped (node native/check.mjs
// --compilers): clang for Linux, gcc for Windows (mingw-w64). With our warnings as errors, and with code made, since some
// errors of instruction sets are seen only then. native/test/system_test.cc is linked, and run where that is possible:
// for arm64 under qemu, for Windows under wine. A compiler that is not there is named and left out; with none at all it fails.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ARM64_LIBRARIES, QEMU } from './emulate.mjs'
import { ROOT } from './gyp.mjs'

/** clang 16 is the first with the SHA-2 instructions of ARMv8 outside files compiled for them. */
const CLANGS = ['clang++-19', 'clang++-16', 'clang++']
const FLAGS = ['-std=c++20', '-O1', '-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics']
const WARNINGS = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror']

const starts = (command) => spawnSync(command, ['--version']).status === 0

/** A compiler: words for it, its command (undefined: not there), its own arguments; how its programs are started. */
function compilers() {
  const clang = CLANGS.find(starts)
  const mingw = ['x86_64-w64-mingw32-g++'].find(starts)
  const wine = ['wine64', '/usr/lib/wine/wine64'].find(starts)
  const hasLibraries = existsSync(ARM64_LIBRARIES)
  return [
    { name: 'clang for linux x64', command: process.arch === 'x64' ? clang : undefined, args: [], run: [] },
    {
      name: 'clang for linux arm64',
      command: hasLibraries ? clang : undefined,
      args: ['--target=aarch64-linux-gnu'],
      run: starts(QEMU) ? [QEMU, '-L', ARM64_LIBRARIES] : undefined,
    },
    {
      name: 'mingw-w64 for windows x64',
      command: mingw,
      // gcc for Windows takes stack slots of 32 and 64 bytes for aligned when they are not (its bug 54412).
      args: ['-Wa,-muse-unaligned-vector-move'],
      link: ['-static', '-lbcrypt'],
      run: wine === undefined ? undefined : [wine],
    },
  ]
}

async function compileAll({ command, args }, sources, folder) {
  const waiting = [...sources]
  const objects = []
  const compiler = async () => {
    for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
      const object = join(folder, `${source}.o`)
      mkdirSync(dirname(object), { recursive: true })
      await promisify(execFile)(command, [...args, ...FLAGS, ...WARNINGS, '-c', '-o', object, source], {
        cwd: ROOT,
      })
      objects.push(object)
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, compiler))
  return objects
}

function linkAndRun({ command, name, args, link = [], run }, objects, folder) {
  if (run === undefined) return console.log(`   not run: ${name}`)
  const program = join(folder, 'system_test.exe')
  const linked = spawnSync(command, [...args, '-o', program, ...objects, ...link], { encoding: 'utf8' })
  assert.equal(linked.status, 0, linked.stderr)
  const [start, ...rest] = [...run, program]
  const env = { ...process.env, WINEPREFIX: join(folder, 'wine'), WINEDEBUG: '-all' }
  const { status, stdout } = spawnSync(start, rest, { env, encoding: 'utf8', timeout: 300_000 })
  console.log(stdout.trim().replaceAll('\r', '').replace(/^/gm, '   '))
  assert.equal(status, 0, `${name}: system_test`)
}

export async function checkCompilers() {
  const listed = readFileSync(join(ROOT, 'native/sources.txt'), 'utf8').trim().split(/\s+/)
  const sources = listed.filter((path) => /\/(core|kernels)\//.test(path))
  const found = compilers().filter(({ name, command }) => {
    if (command === undefined) console.log(`left out, not installed: ${name}`)
    return command !== undefined
  })
  assert.notEqual(found.length, 0, 'at least one compiler is there')
  for (const compiler of found) {
    const folder = mkdtempSync(join(tmpdir(), 'tracevar-compilers-'))
    try {
      const objects = await compileAll(compiler, [...sources, 'native/test/system_test.cc'], folder)
      console.log(`ok: ${compiler.name}, ${objects.length} files`)
      linkAndRun(compiler, objects, folder)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
