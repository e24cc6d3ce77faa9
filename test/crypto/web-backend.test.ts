// What only an asynchronous back end can get wrong.
import { webcrypto } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { createWebBackend, type WebSubtle } from '../../src/crypto/web-backend.js'

const real: WebSubtle = webcrypto.subtle

/** WebCrypto with some operations replaced; the others are bound, as browsers demand. */
function subtleWith(part: Partial<WebSubtle>): WebSubtle {
  return {
    digest: (...given) => real.digest(...given),
    importKey: (...given) => real.importKey(...given),
    exportKey: (...given) => real.exportKey(...given),
    generateKey: (...given) => real.generateKey(...given),
    sign: (...given) => real.sign(...given),
    verify: (...given) => real.verify(...given),
    ...part,
  }
}

/** Replaces an operation only after the known-answer test has passed. */
async function openThenBreak(part: Partial<WebSubtle>) {
  const subtle = subtleWith({})
  const backend = await createWebBackend(subtle)
  Object.assign(subtle, part)
  return backend
}

const message = packBatch([Buffer.from('m')])

describe('web back end', () => {
  it('does not let out a signature that does not verify', async () => {
    const backend = await openThenBreak({ sign: async () => new ArrayBuffer(64) })
    const key = await backend.generateKey(['receipt'])
    await expect(backend.ed25519SignMany([key], 'receipt', message)).rejects.toMatchObject({
      code: 'ERR_CRYPTO_SELF_CHECK',
    })
  })

  it('does not open on a WebCrypto that gives wrong answers or lacks Ed25519', async () => {
    await expect(createWebBackend(subtleWith({ verify: async () => true }))).rejects.toMatchObject({
      code: 'ERR_CRYPTO_SELF_CHECK',
    })
    const importKey = async () => {
      throw new DOMException('no Ed25519', 'NotSupportedError')
    }
    await expect(createWebBackend(subtleWith({ importKey }))).rejects.toMatchObject({
      name: 'NotSupportedError',
    })
  })

  it('a public key that WebCrypto refuses to import is a verdict; any other failure is none', async () => {
    const failing = (name: string) => async () => {
      throw new DOMException('', name)
    }
    const key = new Uint8Array(32).fill(2)
    const signature = new Uint8Array(64).fill(3).fill(0, 63)
    const refusing = await openThenBreak({ importKey: failing('DataError') })
    expect([...(await refusing.ed25519VerifyMany(key, signature, message))]).toEqual([0])
    const broken = await openThenBreak({ importKey: failing('OperationError') })
    await expect(broken.ed25519VerifyMany(key, signature, message)).rejects.toMatchObject({
      name: 'OperationError',
    })
  })

  it('works on what it was given, whatever the caller does to it meanwhile', async () => {
    const backend = await createWebBackend(real)
    const key = await backend.generateKey(['receipt'])
    const items = Array.from({ length: 200 }, (_, i) => new Uint8Array(20).fill(i))
    const expected = packBatch(items)
    const scribbled = packBatch(items)
    const signing = backend.ed25519SignMany([key], 'receipt', scribbled)
    scribbled.bytes.fill(0)
    scribbled.offsets.fill(0)
    const signatures = await signing

    const given = { publicKey: key.publicKey, signatures: signatures.slice(), batch: packBatch(items) }
    const verifying = backend.ed25519VerifyMany(given.publicKey, given.signatures, given.batch)
    for (const bytes of [given.publicKey, given.signatures, given.batch.bytes, given.batch.offsets])
      bytes.fill(0)
    expect([...(await verifying)]).toEqual(Array(200).fill(1))
    expect(await backend.ed25519SignMany([key], 'receipt', expected)).toEqual(signatures)
  })
})
