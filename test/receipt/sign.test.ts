import { expect, it } from 'vitest'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { signingProvider } from '../../src/crypto/signing-provider.js'
import type { SignedReceipt, UnsignedReceipt } from '../../src/receipt/fields.js'
import { createReceipt } from '../../src/receipt/host.js'
import { signReceipt, verifySignature } from '../../src/receipt/sign.js'

const backend = createNodeBackend()
const seed = new Uint8Array(32).fill(7)
const key = backend.importSeed(seed, ['receipt'])
const closed = createReceipt({
  record_type: 'workflow_closed',
  workflow_id: 'w',
  workflow_id_source: 'nonsudo_generated',
  agent_id: 'a',
  policy_bundle_hash: 'sha256:abc123...',
  total_calls: 0,
  total_blocked: 0,
  session_duration_ms: 0,
  close_reason: 'explicit_close',
})

it('a seed and a provider give the same signature; the default key_id is varcore-default-key', async () => {
  const provider = signingProvider({ backend, key, keyId: 'varcore-default-key', usage: 'receipt' })
  const bySeed = await signReceipt(closed, seed)
  expect(bySeed.signature.key_id).toBe('varcore-default-key')
  expect(await signReceipt(closed, provider, 'ignored')).toEqual(bySeed)
  expect(await signReceipt(closed, Buffer.from(seed))).toEqual(bySeed) // Buffer works
})

it('a provider whose signature does not verify is refused', async () => {
  const provider = signingProvider({ backend, key, keyId: 'k', usage: 'receipt' })
  const liar = { ...provider, sign: async () => new Uint8Array(64) }
  await expect(signReceipt(closed, liar)).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_CRYPTO_SELF_CHECK' }),
  )
})

it('misuse of signReceipt is refused', async () => {
  await expect(signReceipt(closed, new Uint8Array(31))).rejects.toThrow(RangeError)
  const unknown = { ...closed, record_type: 'x' } as unknown as UnsignedReceipt
  await expect(signReceipt(unknown, seed)).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_RECEIPT_INVALID' }),
  )
})

it('verifySignature says why and never throws', async () => {
  const signed = await signReceipt(closed, seed, 'k')
  const { signature } = signed
  const reason = async (members: unknown, publicKey = key.publicKey) =>
    (await verifySignature(members as SignedReceipt, publicKey)).reason
  const withBlock = (block: unknown) => reason({ ...signed, signature: block })
  expect(await reason(signed)).toBe('signature valid')
  expect(await withBlock(undefined)).toBe('L1_INVALID')
  expect(await withBlock(null)).toBe('L1_INVALID')
  expect(await withBlock('sig')).toBe('L1_INVALID')
  expect(await withBlock({ ...signature, alg: 'none' })).toBe('ALG_UNSUPPORTED')
  expect(await withBlock({ ...signature, alg: 'EdDSA' })).toBe('ALG_UNSUPPORTED')
  expect(await withBlock({ ...signature, key_id: undefined })).toBe('INVALID_KEY_ID')
  expect(await withBlock({ ...signature, key_id: '../k' })).toBe('INVALID_KEY_ID')
  expect(await withBlock({ ...signature, sig: `${signature.sig}==` })).toBe('SIG_ENCODING')
  expect(await withBlock({ ...signature, sig: signature.sig.slice(4) })).toBe('SIG_ENCODING')
  expect(await withBlock({ ...signature, sig: 'x'.repeat(1e6) })).toBe('SIG_ENCODING')
  expect(await withBlock({ ...signature, sig: 1 })).toBe('SIG_ENCODING')
  expect(await reason({ ...signed, record_type: 'x' })).toBe('UNKNOWN_RECORD_TYPE')
  expect(await reason({ ...signed, total_calls: Number.NaN })).toBe('L1_INVALID')
  expect(await reason({ ...signed, total_calls: 1 })).toBe('L1_INVALID')
  expect(await reason(null)).toBe('UNKNOWN_RECORD_TYPE')
  expect(await reason(signed, new Uint8Array(31))).toBe('L1_INVALID')
  expect(await reason(signed, new Uint8Array(32))).toBe('WEAK_PUBLIC_KEY')
  const trap = new Proxy(signed, {
    ownKeys() {
      throw new Error('trap')
    },
  })
  expect(await reason(trap)).toBe('L1_INVALID')
})
