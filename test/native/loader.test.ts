// Which file is loaded, and from where not.
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createNativeBackend } from '../../src/crypto/native-backend.js'
import { loadNativeAddon } from '../../src/crypto/native-loader.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { PREBUILDS_FORMAT } from '../../src/formats.js'
import { ADDON_PATH, describeAddon, ROOT } from './addon.js'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const PREBUILT_NAME = `${process.platform}-${process.arch}/tracevar.node`

/** A package with these files. */
function packageWith(files: {
  built?: string | Buffer
  prebuilt?: string | Buffer
  manifest?: unknown
}): string {
  const root = mkdtempSync(join(tmpdir(), 'tracevar-loader-'))
  folders.push(root)
  const write = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    if (typeof content === 'string') copyFileSync(content, join(root, path))
    else writeFileSync(join(root, path), content)
  }
  if (files.built !== undefined) write('build/Release/tracevar.node', files.built)
  if (files.prebuilt !== undefined) write(`prebuilds/${PREBUILT_NAME}`, files.prebuilt)
  if (files.manifest !== undefined)
    write('prebuilds/manifest.json', Buffer.from(JSON.stringify(files.manifest)))
  return root
}

function manifest(sha256: string, format: string = PREBUILDS_FORMAT): unknown {
  return { format, files: [{ path: PREBUILT_NAME, sha256 }] }
}

function refusal(root: string): string {
  try {
    loadNativeAddon(root)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_CRYPTO_NATIVE' })
    return (error as Error).message
  }
  throw new Error('it was loaded')
}

describe('loader', () => {
  it('says what it looked for when there is no addon', () => {
    const message = refusal(packageWith({}))
    expect(message).toContain('no prebuilt addon')
    expect(message).toContain('npm run build:native')
  })

  it('says why a file that is no addon cannot be loaded', () => {
    expect(refusal(packageWith({ built: Buffer.from('no addon') }))).toMatch(/file too short|invalid ELF/)
  })

  it('refuses a prebuilt addon without manifest, in an unknown format, or not listed', () => {
    const prebuilt = Buffer.from('x')
    expect(refusal(packageWith({ prebuilt }))).toContain('manifest.json')
    expect(refusal(packageWith({ prebuilt, manifest: 'text' }))).toContain('no digest')
    expect(refusal(packageWith({ prebuilt, manifest: manifest('0', 'tracevar/prebuilds/2') }))).toContain(
      'no digest',
    )
    expect(refusal(packageWith({ prebuilt, manifest: { format: PREBUILDS_FORMAT, files: [] } }))).toContain(
      'no digest',
    )
  })

  it('the script that writes the manifest writes this format', () => {
    expect(readFileSync(join(ROOT, 'native/prebuild.mjs'), 'utf8')).toContain(`'${PREBUILDS_FORMAT}'`)
  })
})

describeAddon('loader with an addon', () => {
  const digest = createHash('sha256').update(readFileSync(ADDON_PATH)).digest('hex')

  it('takes the one built here and reports its digest', () => {
    const root = packageWith({ built: ADDON_PATH })
    const { addon, path, sha256 } = loadNativeAddon(root)
    expect(path).toBe(join(root, 'build/Release/tracevar.node'))
    expect(sha256).toBe(digest)
    expect(createNativeBackend(addon, { path, sha256 }).describe()).toMatchObject({
      name: 'native',
      attempts: [],
      facts: { path, sha256, keysMax: 1024 },
    })
  })

  it('takes the prebuilt one first when its digest is that of the manifest', () => {
    const root = packageWith({ built: Buffer.from('x'), prebuilt: ADDON_PATH, manifest: manifest(digest) })
    expect(loadNativeAddon(root).path).toBe(join(root, 'prebuilds', PREBUILT_NAME))
  })

  it('refuses a prebuilt one with another digest, and does not go on', () => {
    const wrong = digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    const root = packageWith({ built: ADDON_PATH, prebuilt: ADDON_PATH, manifest: manifest(wrong) })
    expect(refusal(root)).toContain(digest)
  })

  it('passes over a prebuilt one that cannot run here', () => {
    const foreign = Buffer.from('made for another libc')
    const sha256 = createHash('sha256').update(foreign).digest('hex')
    const root = packageWith({ built: ADDON_PATH, prebuilt: foreign, manifest: manifest(sha256) })
    expect(loadNativeAddon(root).path).toBe(join(root, 'build/Release/tracevar.node'))
  })

  it('loaded twice it has one key table, and a key of one back end is a key of the other', () => {
    const root = packageWith({ built: ADDON_PATH })
    const [a, b] = [loadNativeAddon(root), loadNativeAddon(root)].map(({ addon, path, sha256 }) =>
      createNativeBackend(addon, { path, sha256 }),
    )
    const key = a!.generateKey(['receipt'])
    expect(b!.ed25519SignMany([key], 'receipt', packBatch([new Uint8Array(1)]))).toHaveLength(64)
    key.close()
    expect(b!.describe().facts.keysOpen).toBe(0)
  })
})
