// Why: what is published must be what was meant: every export exists, nothing else is in the tarball, and the lock file
// installs anywhere.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, sourceFiles } from '../support/sources.js'

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string; default: string }>
  bin: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  scripts: Record<string, string>
}

describe('gate: package', () => {
  it('every export and bin names a built file with types', () => {
    for (const [name, target] of Object.entries(manifest.exports)) {
      const files = typeof target === 'string' ? [target] : [target.types, target.default]
      for (const file of files) expect(existsSync(join(ROOT, file)), `${name} -> ${file}`).toBe(true)
    }
    for (const file of Object.values(manifest.bin)) expect(existsSync(join(ROOT, file)), file).toBe(true)
  })

  it('every entry file is exported', () => {
    const exported = JSON.stringify(manifest.exports)
    const entries = sourceFiles('src/entry').map((file) =>
      file.path.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js'),
    )
    expect(entries.filter((file) => !exported.includes(file))).toEqual([])
  })

  it('dependencies are pinned exactly', () => {
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('no install script', () => {
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(manifest.scripts[script]).toBeUndefined()
  })

  it('the lock file is complete and names no registry', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<
        string,
        {
          resolved?: string
          dependencies?: Record<string, string>
          optionalDependencies?: Record<string, string>
        }
      >
    }
    const names = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')))
    for (const [path, entry] of Object.entries(lock.packages)) {
      expect(entry.resolved, path).toBeUndefined()
      for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
        expect(names.has(name), `${path} needs ${name}`).toBe(true)
      }
    }
  })

  it('the tarball holds what it should and nothing else', () => {
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: ROOT,
        encoding: 'utf8',
      }),
    ) as {
      files: { path: string }[]
    }[]
    const paths = packed!.files.map((file) => file.path)
    const expected =
      /^(dist\/.*\.(js|d\.ts)|native\/.*|prebuilds\/.*|CMakeLists\.txt|binding\.gyp|package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|docs\/threat-model\.md)$/
    expect(paths.filter((path) => !expected.test(path))).toEqual([])
    for (const needed of ['README.md', 'LICENSE', 'dist/index.js', 'dist/cli/main.js', 'native/sources.txt'])
      expect(paths).toContain(needed)
  })

  it('no module of the library waits at top level, so require() works', () => {
    const waiting = sourceFiles('src')
      .filter((file) => !file.path.startsWith('src/cli/') && !file.path.startsWith('src/demo-peers/main-'))
      .filter((file) => /^(?:await |(?:const|let) [^=]+= await )/m.test(file.text))
      .map((file) => file.path)
    expect(waiting).toEqual([])
  })
})
