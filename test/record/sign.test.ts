import { describe, expect, it } from 'vitest'
import type { EvidenceReport } from '../../src/attest/evidence.js'
import { jcsBytes } from '../../src/codec/jcs.js'
import type { PrivateKey, SyncBackend } from '../../src/crypto/backend.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { type SigningProvider, signingProvider } from '../../src/crypto/signing-provider.js'
import { jwkThumbprint } from '../../src/crypto/thumbprint.js'
import { type RecordLog, TrustRecord, traceCodec, verifyRecord as verifyNow } from '../../src/record/host.js'
import { keyToJwk, signRecord, signRecordAsync } from '../../src/record/sign.js'
import { createTraceCodec } from '../../src/record/trace-codec.js'
import type { UnsignedTrustRecord } from '../../src/record/types.js'
import { verifyRecord } from '../../src/record/verify.js'
import { backend, claims, key, NOW, signed, signer } from './support.js'

const seed = new Uint8Array(32).fill(7)
const hardware = (): UnsignedTrustRecord => ({
  ...claims(),
  runtime: { platform: 'amd-sev-snp', measurement: `sha384:${'a'.repeat(96)}` },
})

describe('signRecord', () => {
  it('sets cnf.jwk from the key, embeds base64url of 64 bytes, and leaves its input alone', async () => {
    const input = { ...claims(), cnf: { jwk: { kty: 'OKP', crv: 'Ed25519', x: 'other' } }, signature: 'old' }
    const before = structuredClone(input)
    const record = signRecord(input, signer)
    expect(input).toEqual(before)
    expect(record.cnf.jwk).toEqual(keyToJwk(signer))
    expect(record.cnf.jwk).toEqual(keyToJwk(key.publicKey))
    expect(record.signature).toMatch(/^[A-Za-z0-9_-]{86}$/)
    expect((await verifyRecord(record, key.publicKey, { now: NOW, backend })).ok).toBe(true)
  })

  it('gives the same bytes from a handle and from a seed, on every back end', () => {
    for (const options of [{}, { backend }, { backend: createPureBackend() }])
      expect(jcsBytes(signRecord(claims(), seed, options))).toEqual(jcsBytes(signed()))
    expect(() => signRecord(claims(), seed.subarray(1))).toThrow(RangeError)
  })

  it('closes the handle that it made of a seed, also when it refuses', () => {
    const handles: PrivateKey[] = []
    const recording: SyncBackend = {
      ...backend,
      importSeed(given, usages) {
        const handle = backend.importSeed(given, usages)
        handles.push(handle)
        return handle
      },
    }
    signRecord(claims(), seed, { backend: recording })
    expect(() => signRecord({ ...claims(), iat: 0 }, seed, { backend: recording })).toThrow('iat')
    expect(handles).toHaveLength(2)
    for (const handle of handles)
      expect(() => signRecord(claims(), { backend, key: handle })).toThrow(
        expect.objectContaining({ code: 'ERR_CRYPTO_KEY_CLOSED' }),
      )
  })

  it('refuses a key without usage record, and a closed one', () => {
    const receiptKey = backend.importSeed(seed, ['receipt'])
    expect(() => signRecord(claims(), { backend, key: receiptKey })).toThrow(
      expect.objectContaining({ code: 'ERR_CRYPTO_KEY_USAGE' }),
    )
    const closed = backend.importSeed(seed, ['record'])
    closed.close()
    expect(() => signRecord(claims(), { backend, key: closed })).toThrow(
      expect.objectContaining({ code: 'ERR_CRYPTO_KEY_CLOSED' }),
    )
  })

  it('refuses private members in the given cnf', () => {
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) {
      const record = { ...claims(), cnf: { jwk: { ...keyToJwk(signer), [name]: 'AA' } } }
      expect(() => signRecord(record, signer)).toThrow(
        expect.objectContaining({ code: 'ERR_CRYPTO_KEY_PRIVATE' }),
      )
    }
  })

  it('refuses claims that form no record, naming path and rule and no value', () => {
    const cases: [change: object, message: RegExp][] = [
      [{ subject: 'secret-value' }, /^record: subject: expected a SPIFFE id/],
      [
        { policy: { bundle_hash: 'x', enforcement_mode: 'enforce' } },
        /policy\.bundle_hash: expected a digest/,
      ],
      [{ surprise: 1 }, /top level: expected no member "surprise"/],
      [{ iat: 2 ** 53 }, /beyond 2\^53-1/],
      [{ data_class: '\ud800' }, /lone surrogate/],
      [{ model: undefined }, /model: expected a value/],
    ]
    for (const [change, message] of cases) {
      const sign = () => signRecord({ ...claims(), ...change }, signer)
      expect(sign).toThrow(expect.objectContaining({ code: 'ERR_RECORD_INVALID' }))
      expect(sign).toThrow(message)
      expect(sign).not.toThrow(/secret-value/)
    }
    expect(() => signRecord([] as unknown as UnsignedTrustRecord, signer)).toThrow('expected an object')
  })

  it('refuses a hardware platform without evidence that binds key, platform and measurement', () => {
    const refused = expect.objectContaining({ code: 'ERR_RECORD_PLATFORM' })
    expect(() => signRecord(hardware(), signer)).toThrow(refused)
    const software: EvidenceReport = {
      status: 'none',
      platform: 'software-only',
      grade: 'software-only',
      measurement: hardware().runtime.measurement,
      cnfThumbprint: jwkThumbprint(keyToJwk(signer)) ?? null,
      checks: [],
      notChecked: [],
    }
    expect(() => signRecord(hardware(), signer, { evidence: software })).toThrow(refused)
    // No hardware row exists yet, so the types have no such value: the cast stands for one.
    const evidence = { ...software, platform: 'amd-sev-snp' } as unknown as EvidenceReport
    expect(signRecord(hardware(), signer, { evidence }).runtime.platform).toBe('amd-sev-snp')
    for (const change of [{ grade: 'none' }, { measurement: 'sha384:00' }, { cnfThumbprint: 'x' }])
      expect(() =>
        signRecord(hardware(), signer, { evidence: { ...evidence, ...change } as EvidenceReport }),
      ).toThrow(refused)
  })
})

describe('signRecordAsync', () => {
  const provider = signingProvider({ backend, key, keyId: 'k1', usage: 'record' })

  it('gives the bytes of signRecord', async () => {
    expect(jcsBytes(await signRecordAsync(claims(), provider, { backend }))).toEqual(jcsBytes(signed()))
  })

  it('refuses a provider that signs something else, or under another key than it named', async () => {
    const refused = expect.objectContaining({ code: 'ERR_CRYPTO_SELF_CHECK' })
    const wrong: SigningProvider = { ...provider, sign: async () => new Uint8Array(64) }
    await expect(signRecordAsync(claims(), wrong, { backend })).rejects.toEqual(refused)
    const other = backend.generateKey(['record'])
    let calls = 0
    const changing: SigningProvider = {
      ...signingProvider({ backend, key: other, keyId: 'k2', usage: 'record' }),
      getPublicKeyJwk: async () => keyToJwk(calls++ === 0 ? key.publicKey : other.publicKey),
    }
    await expect(signRecordAsync(claims(), changing, { backend })).rejects.toEqual(refused)
  })
})

describe('traceCodec', () => {
  const codec = createTraceCodec(() => NOW, backend)
  const input = () => ({ ...claims() }) as Record<string, unknown>

  it('runs the sequence of finalizeTrace without waiting', async () => {
    for (const signingKey of [signer, seed]) {
      const record = codec.signRecord(input(), signingKey)
      expect(record).not.toBeInstanceOf(Promise)
      expect(record).toMatchObject({ eat_profile: codec.profileV02, cnf: { jwk: keyToJwk(signer) } })
      expect(codec.validateRecord(record)).toBeUndefined()
      const publicKey = codec.publicKey(signingKey)
      expect(publicKey).toEqual(keyToJwk(signer))
      expect(codec.verifyRecord(record, publicKey, { maxAgeSeconds: null })).toBeUndefined()
      expect((await verifyRecord(record, key.publicKey, { now: NOW, backend })).ok).toBe(true)
    }
    expect(traceCodec.profileV02).toBe('tag:agentrust-io.com,2026:trace-v0.2')
    const record = traceCodec.signRecord({ ...input(), iat: 1_700_000_000 }, seed)
    traceCodec.verifyRecord(record, traceCodec.publicKey(seed), { maxAgeSeconds: null })
  })

  it('throws every refusal, with the reason', () => {
    const record = codec.signRecord(input(), signer)
    const verify = (
      changed: Record<string, unknown>,
      verificationKey: unknown,
      maxAgeSeconds: number | null,
    ) => expect(() => codec.verifyRecord(changed, verificationKey, { maxAgeSeconds }))
    const rejected = (reason: string) => expect.objectContaining({ code: 'ERR_RECORD_REJECTED', reason })
    verify({ ...record, data_class: 'x' }, key.publicKey, null).toThrow(rejected('signature_invalid'))
    verify(record, key.publicKey, 59).toThrow(rejected('stale'))
    verify(record, null, null).toThrow(rejected('no_trusted_key'))
    verify(record, new Uint8Array(32), null).toThrow(rejected('key_mismatch'))
    expect(() => codec.validateRecord({ ...record, surprise: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_RECORD_INVALID' }),
    )
    expect(() => codec.signRecord({}, signer)).toThrow(
      expect.objectContaining({ code: 'ERR_RECORD_INVALID' }),
    )
    for (const bad of [null, 'key', {}]) expect(() => codec.publicKey(bad)).toThrow(TypeError)
    expect(() => codec.signRecord(input(), 5)).toThrow(TypeError)
  })
})

describe('TrustRecord', () => {
  it('signs, anchors its exact bytes, and verifies by the clock', async () => {
    const now = Math.floor(Date.now() / 1000)
    const record = TrustRecord.sign({ ...claims(), iat: now }, signer)
    const appended: Uint8Array[] = []
    const log: RecordLog<{ index: number }> = {
      append: async (bytes) => ({ index: appended.push(bytes) - 1 }),
    }
    expect(await record.anchor(log)).toEqual({ index: 0 })
    expect(appended).toEqual([record.toBytes()])
    expect(new TextDecoder().decode(record.toBytes())).toContain('"signature":"')
    expect((await record.verify(key.publicKey)).ok).toBe(true)
    expect((await record.verify(null)).reason).toBe('no_trusted_key')
    expect((await record.verify(key.publicKey, { now: now + 86_401 })).reason).toBe('stale')
    expect((await verifyNow(record.toJSON(), key.publicKey)).ok).toBe(true)
  })

  it('hands out copies, and asserts no hardware', async () => {
    const record = new TrustRecord(signed())
    record.toJSON().data_class = 'public'
    expect((await record.verify(key.publicKey, { now: NOW })).ok).toBe(true)
    expect(() => TrustRecord.sign(hardware(), signer)).toThrow(
      expect.objectContaining({ code: 'ERR_RECORD_PLATFORM' }),
    )
  })
})
