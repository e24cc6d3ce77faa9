import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readOpening } from '../../src/attest/binding.js'
import { bootId, issuedAtNow, packageDigest, randomChallenge } from '../../src/attest/host.js'
import { jcsBytes } from '../../src/codec/jcs.js'
import { sha256String } from '../../src/crypto/hash.js'
import { opening } from './support.js'

describe('package digest', () => {
  let root = ''
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tracevar-package-'))
    mkdirSync(join(root, 'dist', 'cli'), { recursive: true })
    writeFileSync(join(root, 'package.json'), '{}')
    writeFileSync(join(root, 'dist', 'index.js'), 'a')
    writeFileSync(join(root, 'dist', 'cli', 'main.js'), 'b')
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('is over package.json and every file below dist', () => {
    const digestOf = (text: string) => sha256String(new TextEncoder().encode(text))
    const manifest = {
      'package.json': digestOf('{}'),
      'dist/index.js': digestOf('a'),
      'dist/cli/main.js': digestOf('b'),
    }
    expect(packageDigest(root)).toBe(sha256String(jcsBytes(manifest)))
    expect(packageDigest(`${root}/`)).toBe(packageDigest(root))
  })

  it('changes with content, name and number of files, and not with what else lies there', () => {
    const before = packageDigest(root)
    writeFileSync(join(root, 'README.md'), 'x')
    writeFileSync(join(root, 'dist', 'tsconfig.tsbuildinfo'), 'x')
    expect(packageDigest(root)).toBe(before)
    writeFileSync(join(root, 'dist', 'extra.js'), '')
    const grown = packageDigest(root)
    expect(grown).not.toBe(before)
    writeFileSync(join(root, 'dist', 'extra.js'), 'c')
    expect([before, grown]).not.toContain(packageDigest(root))
  })

  it('a package that cannot be read is an error', () => {
    expect(() => packageDigest(join(root, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'ERR_ATTEST_EVIDENCE' }),
    )
  })
})

describe('facts of the machine', () => {
  it('fit the binding document', () => {
    const document = { ...opening, boot_id: bootId(), issued_at: issuedAtNow(), challenge: randomChallenge() }
    expect(readOpening(document)).toBe(document)
    expect(bootId()).toBe(bootId())
    expect(randomChallenge()).not.toBe(randomChallenge())
  })
})
