import { execFileSync, spawn } from 'node:child_process'
import { createPrivateKey, sign } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyUsage } from '../../src/crypto/backend.js'
import { loadKeys, loadOrCreateKey } from '../../src/crypto/host.js'
import { jwkOfPublicKey } from '../../src/crypto/jwk.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { writePkcs8Pem } from '../../src/crypto/pkcs8.js'
import { keySetKeysMax } from '../../src/limits.js'

const backend = createNodeBackend()
const usages: readonly KeyUsage[] = ['receipt']
const hex = (byte: string): string => byte.repeat(32)

let dir: string
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'tracevar-keys-')), 'keys')
})
afterEach(() => {
  rmSync(join(dir, '..'), { recursive: true, force: true })
})

const load = (keyId: string) => loadOrCreateKey(dir, keyId, backend, usages)
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('loadOrCreateKey', () => {
  it('makes a PKCS#8 PEM with mode 0600 and a public JWK, nothing else, and gives the same key again', async () => {
    const key = await load('k1')
    expect(readdirSync(dir).sort()).toEqual(['k1.jwk', 'k1.pem'])
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(statSync(join(dir, 'k1.pem')).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(join(dir, 'k1.jwk'), 'utf8'))).toEqual({
      ...jwkOfPublicKey(key.publicKey),
      kid: 'k1',
      use: 'sig',
      alg: 'EdDSA',
    })
    const again = await load('k1')
    expect(again.publicKey).toEqual(key.publicKey)
    expect([...again.usages]).toEqual(usages)

    const message = Buffer.from('m')
    const pem = readFileSync(join(dir, 'k1.pem'), 'utf8')
    const signature = backend.ed25519SignMany([again], 'receipt', packBatch([message]))
    expect(Buffer.from(signature)).toEqual(sign(null, message, createPrivateKey(pem)))
  })

  it('calls made at the same time agree on one key', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => load('k1')))
    expect(new Set(keys.map((key) => Buffer.from(key.publicKey).toString('hex'))).size).toBe(1)
    expect(readdirSync(dir).sort()).toEqual(['k1.jwk', 'k1.pem'])
  })

  it('two key_ids are two keys', async () => {
    expect((await load('a')).publicKey).not.toEqual((await load('b')).publicKey)
  })

  it.each([0o640, 0o604, 0o660, 0o610])('refuses a PEM with mode %o', async (mode) => {
    await load('k1')
    chmodSync(join(dir, 'k1.pem'), mode)
    await expect(load('k1')).rejects.toThrow(code('ERR_CRYPTO_KEY_PERMISSIONS'))
    chmodSync(join(dir, 'k1.pem'), 0o400)
    await load('k1')
  })

  it.each(['', '../k1', 'a/b', 'k.1', 'k'.repeat(65)])(
    'refuses the key_id %j before touching a file',
    async (keyId) => {
      await expect(load(keyId)).rejects.toThrow(code('ERR_RECEIPT_KEY_ID'))
      expect(() => statSync(dir)).toThrow()
    },
  )

  it('refuses a PEM that holds something else, and leaves it as it is', async () => {
    mkdirSync(dir)
    for (const text of ['', 'words', writePkcs8Pem(new Uint8Array(32)).slice(0, 60)]) {
      writeFileSync(join(dir, 'k1.pem'), text, { mode: 0o600 })
      await expect(load('k1')).rejects.toThrow(code('ERR_CRYPTO_KEY_FORMAT'))
      expect(readFileSync(join(dir, 'k1.pem'), 'utf8')).toBe(text)
    }
  })

  it('replaces nothing that has the name already, not even a link that leads nowhere', async () => {
    mkdirSync(dir)
    symlinkSync(join(dir, 'nowhere'), join(dir, 'k1.pem'))
    await expect(load('k1')).rejects.toThrow(code('ERR_CRYPTO_KEY_READ'))
    expect(readdirSync(dir)).toEqual(['k1.pem'])
    expect(lstatSync(join(dir, 'k1.pem')).isSymbolicLink()).toBe(true)
  })

  it('writes a missing JWK again, and refuses one of another key', async () => {
    await load('k1')
    const jwk = readFileSync(join(dir, 'k1.jwk'), 'utf8')
    rmSync(join(dir, 'k1.jwk'))
    await load('k1')
    expect(readFileSync(join(dir, 'k1.jwk'), 'utf8')).toBe(jwk)
    writeFileSync(join(dir, 'k1.jwk'), JSON.stringify(jwkOfPublicKey(backend.generateKey([]).publicKey)))
    await expect(load('k1')).rejects.toThrow(code('ERR_CRYPTO_KEY_FORMAT'))
  })

  it('refuses to replace a lost private key, on every start, and leaves nothing behind', async () => {
    const key = await load('k1')
    const pem = readFileSync(join(dir, 'k1.pem'))
    rmSync(join(dir, 'k1.pem'))
    for (let start = 0; start < 2; start++) {
      await expect(load('k1')).rejects.toMatchObject({
        code: 'ERR_CRYPTO_KEY_READ',
        message: `${join(dir, 'k1.pem')}: missing, but its public half k1.jwk is there: put it back, or use another key_id`,
      })
      expect(readdirSync(dir)).toEqual(['k1.jwk'])
    }
    writeFileSync(join(dir, 'k1.pem'), pem, { mode: 0o600 })
    expect((await load('k1')).publicKey).toEqual(key.publicKey)
  })

  it('tells that the file system refuses', async () => {
    writeFileSync(dir, 'a file where the directory belongs')
    await expect(load('k1')).rejects.toThrow(code('ERR_CRYPTO_KEY_READ'))
  })
})

describe('loadKeys', () => {
  beforeEach(() => mkdirSync(dir))
  const put = (name: string, text: string): void => writeFileSync(join(dir, name), text)

  it('of a file is what the file is', async () => {
    put('a.hex', hex('11'))
    const keys = await loadKeys(join(dir, 'a.hex'))
    expect(keys.kind).toBe('single')
    expect(keys.resolve('any')).toEqual(new Uint8Array(32).fill(0x11))
  })

  it('of a directory is a set by file name; a JWKS there gives its own key_ids; other files are passed over', async () => {
    put('a.hex', hex('11'))
    put('b.jwk', JSON.stringify({ ...jwkOfPublicKey(new Uint8Array(32).fill(0x22)), kid: 'b' }))
    put(
      'more.jwks',
      JSON.stringify({ keys: [{ ...jwkOfPublicKey(new Uint8Array(32).fill(0x33)), kid: 'c' }] }),
    )
    put('notes.txt', 'not a key')
    put('seed.key', hex('44'))
    const keys = await loadKeys(dir)
    expect(keys.kind).toBe('set')
    expect(keys.all().map(({ keyId, publicKey }) => [keyId, publicKey[0]])).toEqual([
      ['a', 0x11],
      ['b', 0x22],
      ['c', 0x33],
    ])
  })

  it('of our own keys directory reads the JWKs and leaves the private halves alone', async () => {
    const key = await load('k1')
    const keys = await loadKeys(dir)
    expect(keys.all()).toEqual([{ keyId: 'k1', publicKey: key.publicKey }])
  })

  it('refuses a private PEM that stands alone', async () => {
    put('a.pem', writePkcs8Pem(new Uint8Array(32)))
    await expect(loadKeys(dir)).rejects.toThrow(code('ERR_CRYPTO_KEY_PRIVATE'))
  })

  it.each([
    [
      'a kid that is not the file name',
      'a.jwk',
      JSON.stringify({ ...jwkOfPublicKey(new Uint8Array(32)), kid: 'b' }),
      'ERR_CRYPTO_KEY_FORMAT',
    ],
    ['a file name that is no key_id', 'a b.hex', hex('11'), 'ERR_RECEIPT_KEY_ID'],
    ['a file that is no key', 'a.json', '{}', 'ERR_CRYPTO_KEY_FORMAT'],
  ])('refuses %s', async (_, name, text, expected) => {
    put(name, text)
    await expect(loadKeys(dir)).rejects.toThrow(code(expected))
  })

  it('refuses the same key_id twice, an empty directory, and too many files', async () => {
    await expect(loadKeys(dir)).rejects.toThrow(code('ERR_CRYPTO_KEY_FORMAT'))
    put('a.hex', hex('11'))
    put('a.jwk', JSON.stringify(jwkOfPublicKey(new Uint8Array(32))))
    await expect(loadKeys(dir)).rejects.toThrow(code('ERR_CRYPTO_KEY_FORMAT'))
    for (let i = 0; i <= keySetKeysMax; i++) put(`k${i}.hex`, hex('11'))
    await expect(loadKeys(dir)).rejects.toThrow(code('ERR_CRYPTO_KEY_FORMAT'))
  })

  it('tells that a path cannot be read', async () => {
    await expect(loadKeys(join(dir, 'missing'))).rejects.toThrow(code('ERR_CRYPTO_KEY_READ'))
  })

  it('reads a named pipe, and stops at the limit of one that does not end', async () => {
    const pipe = join(dir, 'pipe')
    execFileSync('mkfifo', [pipe])
    const feed = (command: string) => spawn('sh', ['-c', `${command} > '${pipe}'`], { stdio: 'ignore' })
    feed(`printf ${hex('11')}`)
    expect((await loadKeys(pipe)).resolve('any')).toEqual(new Uint8Array(32).fill(0x11))
    const endless = feed('exec yes') // ends by itself once nobody reads
    await expect(loadKeys(pipe)).rejects.toThrow(code('ERR_CRYPTO_KEY_FORMAT'))
    endless.kill()
  })
})
