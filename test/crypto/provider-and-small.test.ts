// Signing providers, self-check, comparison, hashes and packed batches.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SyncBackend } from '../../src/crypto/backend.js'
import { equalConstantTime } from '../../src/crypto/constant-time.js'
import { sha256, sha256String } from '../../src/crypto/hash.js'
import { jwkOfPublicKey } from '../../src/crypto/jwk.js'
import { createKeyHandles } from '../../src/crypto/key-handles.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { batchCount, batchItem, packBatch } from '../../src/crypto/packed-batch.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { selfCheck, selfCheckAsync } from '../../src/crypto/self-check.js'
import {
  isSigningProvider,
  type SigningProvider,
  signingProvider,
  signWithProvider,
} from '../../src/crypto/signing-provider.js'
import { softwareBackend } from '../../src/crypto/software-backend.js'
import { batchItemsMax } from '../../src/limits.js'

const node = createNodeBackend()

describe('signing provider', () => {
  const key = node.generateKey(['receipt'])
  const provider = signingProvider({ backend: node, key, keyId: 'k1', usage: 'receipt' })
  const message = Buffer.from('message')

  it('over a key handle signs with its usage and names its key', async () => {
    expect(isSigningProvider(provider)).toBe(true)
    expect(provider.keyId).toBe('k1')
    expect(await provider.getPublicKeyJwk()).toEqual({
      ...jwkOfPublicKey(key.publicKey),
      kid: 'k1',
      use: 'sig',
      alg: 'EdDSA',
    })
    const { signature, publicKey } = await signWithProvider(provider, message, node)
    expect(publicKey).toEqual(key.publicKey)
    expect([...node.ed25519VerifyMany(publicKey, signature, packBatch([message]))]).toEqual([1])
    const other = signingProvider({ backend: node, key, keyId: 'k1', usage: 'record' })
    await expect(other.sign(message)).rejects.toMatchObject({ code: 'ERR_CRYPTO_KEY_USAGE' })
  })

  const lying: readonly [string, Partial<SigningProvider>, string][] = [
    ['signs something else', { sign: () => provider.sign(Buffer.from('other')) }, 'ERR_CRYPTO_SELF_CHECK'],
    [
      'names another key',
      { getPublicKeyJwk: async () => jwkOfPublicKey(node.generateKey([]).publicKey) },
      'ERR_CRYPTO_SELF_CHECK',
    ],
    ['gives a short signature', { sign: async () => new Uint8Array(63) }, 'ERR_CRYPTO_SELF_CHECK'],
    ['gives text', { sign: async () => 's'.repeat(64) as never }, 'ERR_CRYPTO_SELF_CHECK'],
    [
      'gives a private JWK',
      { getPublicKeyJwk: async () => ({ ...(await provider.getPublicKeyJwk()), d: 'AA' }) },
      'ERR_CRYPTO_KEY_PRIVATE',
    ],
    [
      'gives a JWK of another type',
      { getPublicKeyJwk: async () => ({ kty: 'EC' }) },
      'ERR_CRYPTO_KEY_FORMAT',
    ],
  ]
  it.each(lying)('that %s is caught before its signature is used', async (_, part, expected) => {
    await expect(signWithProvider({ ...provider, ...part }, message, node)).rejects.toMatchObject({
      code: expected,
    })
  })

  it('that changes the bytes it was given cannot change ours', async () => {
    const bytes = Uint8Array.from(message)
    const scribbler: SigningProvider = {
      ...provider,
      async sign(given) {
        const signature = await provider.sign(given)
        given.fill(0)
        return signature
      },
    }
    await signWithProvider(scribbler, bytes, node)
    expect(Buffer.from(bytes)).toEqual(message)
  })

  it.each([
    null,
    undefined,
    'x',
    new Uint8Array(32),
    {},
    { ...provider, sign: 1 },
    { ...provider, keyId: 1 },
  ])('is not %o', (value) => {
    expect(isSigningProvider(value)).toBe(false)
  })
})

describe('self-check', () => {
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 1)
  const broken: readonly [string, Partial<SyncBackend>][] = [
    ['sha256', { sha256Many: (batch) => flipped(node.sha256Many(batch)) }],
    ['sha512', { sha512Many: (batch) => flipped(node.sha512Many(batch)) }],
    [
      'a verify that accepts everything',
      { ed25519VerifyMany: (_k, _s, batch) => new Uint8Array(batchCount(batch)).fill(1) },
    ],
    [
      'a verify that refuses everything',
      { ed25519VerifyMany: (_k, _s, batch) => new Uint8Array(batchCount(batch)) },
    ],
    ['sign', { ed25519SignMany: (k, u, batch) => flipped(node.ed25519SignMany(k, u, batch)) }],
    ['another key than the seed', { importSeed: (_seed, usages) => node.generateKey(usages) }],
  ]
  it('passes a sound back end', () => {
    expect(() => selfCheck(node)).not.toThrow()
  })
  it.each(broken)('notices %s', async (_, part) => {
    expect(() => selfCheck({ ...node, ...part })).toThrow(
      expect.objectContaining({ code: 'ERR_CRYPTO_SELF_CHECK' }),
    )
    await expect(selfCheckAsync({ ...node, ...part, mode: 'async' } as never)).rejects.toMatchObject({
      code: 'ERR_CRYPTO_SELF_CHECK',
    })
  })

  it('a library that signs wrongly does not get its signature out', () => {
    const faulty = softwareBackend<null>({
      description: { name: 'pure', kernel: 'faulty', keyStorage: 'heap', attempts: [], facts: {} },
      keys: createKeyHandles('pure', () => {}),
      checksOwnSignatures: true,
      sha256,
      sha512: sha256,
      sign: () => randomBytes(64).fill(0, 63),
      verify: () => false,
      generate: () => ({ secret: null, publicKey: node.generateKey([]).publicKey }),
      fromSeed: () => ({ secret: null, publicKey: new Uint8Array(32) }),
    })
    const key = faulty.generateKey(['receipt'])
    expect(() => faulty.ed25519SignMany([key], 'receipt', packBatch([new Uint8Array()]))).toThrow(
      expect.objectContaining({ code: 'ERR_CRYPTO_SELF_CHECK' }),
    )
  })
})

describe('pure back end', () => {
  it('names the version that is installed', () => {
    const path = new URL('../../node_modules/@noble/ed25519/package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
    expect(createPureBackend().describe().kernel).toBe(`@noble/ed25519 ${version}`)
  })
  it('makes no key without randomness', () => {
    expect(() => createPureBackend().generateKey(['receipt'])).toThrow(TypeError)
  })
})

describe('key handle', () => {
  it('wipes its secret when closed, once', () => {
    const wiped: string[] = []
    const handles = createKeyHandles<string>('pure', (secret) => wiped.push(secret))
    const key = handles.create({ secret: 's', publicKey: new Uint8Array(32) }, ['receipt'])
    expect(wiped).toEqual([])
    key.close()
    key.close()
    expect(wiped).toEqual(['s'])
  })
})

describe('equalConstantTime', () => {
  it('compares length and every byte', () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => i)
    expect(equalConstantTime(bytes, bytes.slice())).toBe(true)
    expect(equalConstantTime(new Uint8Array(), new Uint8Array())).toBe(true)
    expect(equalConstantTime(bytes, bytes.subarray(1))).toBe(false)
    for (let i = 0; i < bytes.length; i++) {
      const other = bytes.slice()
      other[i]! ^= 0x80
      expect(equalConstantTime(bytes, other), `byte ${i}`).toBe(false)
    }
  })
})

describe('sha256', () => {
  it('is that of node:crypto, as bytes and as digest string', () => {
    const bytes = Buffer.from('abc')
    const hex = createHash('sha256').update(bytes).digest('hex')
    expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(hex)
    expect(sha256String(bytes)).toBe(`sha256:${hex}`)
  })
})

describe('packed batch', () => {
  it('gives back what was packed', () => {
    const items = [0, 3, 0, 70].map((length) => new Uint8Array(length).fill(length))
    const batch = packBatch(items)
    expect(batchCount(batch)).toBe(4)
    for (const [i, item] of items.entries()) expect(batchItem(batch, i)).toEqual(item)
  })
  it('refuses text, which would be packed as zeros', () => {
    expect(() => packBatch(['abc' as never])).toThrow(TypeError)
  })
  it('refuses more items than the limit', () => {
    expect(() => packBatch(Array(batchItemsMax + 1).fill(new Uint8Array()))).toThrow(RangeError)
  })
})
