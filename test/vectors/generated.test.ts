// The committed vectors are what their generator writes, and what their manifest says.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from '../support/sources.js'
import { bytesOf, generatedFiles, loadManifest, VECTORS } from './own-vectors.js'

const isBuilt = existsSync(join(ROOT, 'dist/runtime/runtime.js'))

describe.skipIf(!isBuilt)(`regenerated vectors${isBuilt ? '' : ' (dist is not built)'}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'tracevar-vectors-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  it('are the committed ones, byte for byte, in any time zone', () => {
    const env = { ...process.env, TZ: 'Pacific/Apia', LC_ALL: 'C' }
    execFileSync(process.execPath, [join(VECTORS, 'generate.mjs'), dir], { env })
    expect(generatedFiles(dir)).toEqual(generatedFiles())
    const differing = [...generatedFiles(), 'manifest.json'].filter(
      (path) => !readFileSync(join(dir, path)).equals(bytesOf(path)),
    )
    expect(differing).toEqual([])
  })
})

describe('manifest', () => {
  it('lists every file, and nothing else', () => {
    const listed = loadManifest().map(({ path }) => path)
    expect(new Set(listed).size).toBe(listed.length)
    expect(listed.toSorted()).toEqual(generatedFiles())
  })

  it('has the hash of every file, and generators that exist', () => {
    for (const { path, sha256, generator } of loadManifest()) {
      expect(createHash('sha256').update(bytesOf(path)).digest('hex'), path).toBe(sha256)
      expect(existsSync(join(ROOT, generator)), generator).toBe(true)
    }
  })

  it('stays small enough to be carried around', () => {
    const bytes = generatedFiles().reduce((sum, path) => sum + bytesOf(path).length, 0)
    expect(bytes).toBeLessThan(1.5 * 1024 * 1024)
  })
})
