// The build's own rules.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADDON_PATH, describeShippedAddon, ROOT } from './addon.js'

const SOURCES = readFileSync(join(ROOT, 'native/sources.txt'), 'utf8').trim().split('\n')

function nativeFiles(ending: RegExp): string[] {
  return readdirSync(join(ROOT, 'native'), { recursive: true, encoding: 'utf8' })
    .filter((path) => ending.test(path) && !path.startsWith('test/'))
    .map((path) => `native/${path}`)
    .sort()
}

describe('native sources', () => {
  it('sources.txt lists every source file, and both builds read it', () => {
    expect([...SOURCES].sort()).toEqual(nativeFiles(/\.cc$/))
    for (const file of ['CMakeLists.txt', 'binding.gyp']) {
      expect(readFileSync(join(ROOT, file), 'utf8')).toContain('native/sources.txt')
    }
  })

  it('only the files of the boundary know Node-API', () => {
    const including = (pattern: RegExp) =>
      nativeFiles(/\.(cc|h)$/).filter((path) => pattern.test(readFileSync(join(ROOT, path), 'utf8')))
    expect(including(/#include <(napi|node_api|js_native_api)\.h>/)).toEqual(['native/boundary.h'])
    expect(including(/#include ".*boundary\.h"/)).toEqual(['native/addon.cc', 'native/addon_archive.cc'])
  })

  it('only these files know an operating system; the rest compiles anywhere', () => {
    const system =
      /#include <(sys\/\w+|pthread|unistd|fcntl|sched|signal|malloc|windows|bcrypt|linux\/\w+)\.h>/
    const knowing = nativeFiles(/\.(cc|h|inc)$/).filter((path) =>
      system.test(readFileSync(join(ROOT, path), 'utf8')),
    )
    expect(knowing).toEqual([
      'native/core/os.h',
      'native/core/os_posix.cc',
      'native/core/os_windows.cc',
      'native/core/process.cc',
      'native/core/spread.cc',
      'native/core/vault.cc',
      'native/core/vault_windows.cc',
      'native/kernels/cpu.cc',
    ])
  })
})

describeShippedAddon('build script', () => {
  it('does nothing, in silence, when the addon is newer than its sources', () => {
    const build = () => execFileSync(process.execPath, [join(ROOT, 'native/build.mjs')], { encoding: 'utf8' })
    build()
    const before = statSync(ADDON_PATH).mtimeMs
    expect(build()).toBe('')
    expect(statSync(ADDON_PATH).mtimeMs).toBe(before)
  })

  it('without what it needs it says so in one line and is no failure, unless required', () => {
    const env = { ...process.env, PATH: '' }
    const script = join(ROOT, 'native/build.mjs')
    // A fresh checkout in the eyes of the script: nothing is built, nothing is found.
    const copy = (extra: readonly string[]) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', FRESH, script, ...extra], {
        encoding: 'utf8',
        env,
      })
    expect(copy([])).toMatch(/^native addon: not built, cmake is not installed; .*\n0\n$/)
    expect(copy(['--require'])).toMatch(/^native addon: not built, cmake is not installed; .*\n1\n$/)
  })
})

/** Runs a copy of the script in a folder without build output, and prints its exit code. */
const FRESH = `
  import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
  import { spawnSync } from 'node:child_process'
  import { tmpdir } from 'node:os'
  import { join } from 'node:path'
  const [script, ...args] = process.argv.slice(1)
  const root = mkdtempSync(join(tmpdir(), 'tracevar-build-'))
  mkdirSync(join(root, 'native'))
  cpSync(script, join(root, 'native/build.mjs'))
  writeFileSync(join(root, 'CMakeLists.txt'), '')
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'native/build.mjs'), ...args], { encoding: 'utf8' })
  rmSync(root, { recursive: true })
  process.stdout.write(stdout + status + '\\n')
`
