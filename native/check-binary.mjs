// What a shipped addon needs, exports and is hardened by (DESIGN decision 15). Needs binutils.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './gyp.mjs'

/** Newest version of a glibc symbol that may be needed: CentOS 7, and the first arm64. */
const GLIBC_MAX = '2.17'

/** The lines that a command prints. */
export function lines(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8' }).split('\n').filter(Boolean)
}

/** `2.9` is less than `2.17`. */
function newerThan(a, b) {
  const [majorA, minorA] = a.split('.').map(Number)
  const [majorB, minorB] = b.split('.').map(Number)
  return majorA !== majorB ? majorA > majorB : minorA > minorB
}

const symbolName = (line) => line.trim().split(/\s+/).at(-1)

function checkHeaders(path, readelf) {
  const dynamic = lines(readelf, '-dW', path)
  const needed = dynamic.filter((line) => line.includes('(NEEDED)')).map((line) => line.match(/\[(.*)\]/)[1])
  assert.deepEqual(needed, ['libc.so.6'], 'libraries')
  const flags = dynamic.filter((line) => /\(FLAGS(_1)?\)/.test(line)).join(' ')
  for (const flag of ['BIND_NOW', 'SYMBOLIC', 'NODELETE']) assert.match(flags, new RegExp(flag))
  const segments = lines(readelf, '-lW', path).join('\n')
  assert.match(segments, /GNU_RELRO/)
  assert.match(segments, /GNU_STACK.* RW /, 'the stack is not executable')
}

function checkSymbols(path, nm) {
  const undefinedNames = lines(nm, '-D', '--undefined-only', path).map(symbolName)
  assert.deepEqual(
    undefinedNames.filter((name) => /^_Z|GLIBCXX|CXXABI/.test(name)),
    [],
    'nothing of libstdc++',
  )
  const glibc = undefinedNames.flatMap((name) => name.match(/@GLIBC_([0-9.]+)/)?.[1] ?? [])
  assert.notEqual(glibc.length, 0, 'glibc symbols carry their versions')
  assert.deepEqual(
    glibc.filter((version) => newerThan(version, GLIBC_MAX)),
    [],
    `no glibc symbol newer than ${GLIBC_MAX}`,
  )
  assert.deepEqual(
    lines(nm, '-D', '--defined-only', path).map(symbolName).sort(),
    ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
    'exports',
  )
}

/** Fails unless the addon at `path` is as it must be. `tools`: names of `readelf` and `nm` for its architecture. */
export function checkBinary(path, tools = { readelf: 'readelf', nm: 'nm' }) {
  checkHeaders(path, tools.readelf)
  checkSymbols(path, tools.nm)
}

/**
 * Fails unless every source was compiled, to `objectOf(source)`; and unless no kernel object has a weak symbol, which
 * could be merged with one that was compiled for another instruction set.
 */
export function checkObjects(objectOf, nm = 'nm') {
  const sources = readFileSync(join(ROOT, 'native/sources.txt'), 'utf8').trim().split(/\s+/)
  for (const source of sources) {
    const symbols = lines(nm, objectOf(source))
    const weak = symbols.filter((line) => source.includes('/kernels/') && / [WVu] /.test(line))
    assert.deepEqual(weak, [], `${source}: no weak symbols`)
  }
}
