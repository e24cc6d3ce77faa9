import { describe, expect, it } from 'vitest'
import { keySetOf, singleKey } from '../../src/crypto/key-set.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { jwkThumbprint } from '../../src/crypto/thumbprint.js'
import { ParseError } from '../../src/errors.js'
import { RECORD_CHECKS, RECORD_REASONS, type RecordCheckId } from '../../src/record/record-checks.js'
import type { RevocationStore } from '../../src/record/revocation.js'
import { keyToJwk } from '../../src/record/sign.js'
import type { TrustedKey } from '../../src/record/trusted-key.js'
import type { VerifyRecordOptions } from '../../src/record/verdict.js'
import { verifyRecord, verifyRecordSync } from '../../src/record/verify.js'
import { backend, claims, key, NOW, signAnyway, signed } from './support.js'

const jwk = signed().cnf.jwk
const thumbprint = jwkThumbprint(jwk) ?? ''
const verify = (record: unknown, trusted: TrustedKey = jwk, options: Partial<VerifyRecordOptions> = {}) =>
  verifyRecord(record, trusted, { now: NOW, backend, ...options })

/** A record whose members were changed before it was signed, so that one rule alone refuses it. */
const resigned = (change: Record<string, unknown>) => {
  const { signature: _, ...members } = { ...signed(), ...change }
  return signAnyway(members)
}

describe('verifyRecord: a key with several names', () => {
  it('is revoked under any of them', async () => {
    const { publicKey } = key
    const keys = keySetOf([
      { keyId: 'old-name', publicKey },
      { keyId: 'new-name', publicKey },
    ])
    for (const name of ['old-name', 'new-name']) {
      expect((await verify(signed(), keys, { revocation: [name] })).reason, name).toBe('revoked')
    }
    expect((await verify(signed(), keys, { revocation: ['other'] })).ok).toBe(true)
  })
})

describe('verifyRecord: what it accepts', () => {
  it('text, bytes and object, under every form of trusted key, alike', async () => {
    const text = JSON.stringify(signed())
    for (const record of [text, new TextEncoder().encode(text), signed()])
      expect((await verify(record)).ok).toBe(true)
    const other = keySetOf([
      { keyId: 'other', publicKey: new Uint8Array(32).fill(1) },
      { keyId: 'ours', publicKey: key.publicKey },
    ])
    for (const trusted of [key.publicKey, keyToJwk(key.publicKey), singleKey(key.publicKey), other])
      expect((await verify(signed(), trusted)).ok).toBe(true)
    expect((await verify(signed(), jwk, { backend: createPureBackend() })).ok).toBe(true)
  })

  it('names every check it made or skipped, in the order of TRACE section 8', async () => {
    const { checks, ...verdict } = await verify(signed())
    expect(checks.map(({ id }) => id)).toEqual(RECORD_REASONS)
    expect(checks.filter(({ status }) => status === 'skipped').map(({ id }) => id)).toEqual([
      'revoked',
      'nonce',
    ])
    expect(verdict).toEqual({
      ok: true,
      reason: '',
      profile: claims().eat_profile,
      acceptedProfiles: [claims().eat_profile],
      revocation: { state: 'no_check_performed', cause: null, bundleDigest: null },
      evidence: { grade: 'none' },
      warnings: [],
    })
  })

  it('the age check can be off while the future check stays on', async () => {
    expect((await verify(signed(), jwk, { now: NOW + 1e9, maxAgeSeconds: null })).ok).toBe(true)
    const ahead = await verify(signed(), jwk, { now: NOW - 1e6, maxAgeSeconds: null })
    expect(ahead.reason).toBe('future')
  })

  it('warns about what it did not look at', async () => {
    const record = resigned({
      runtime: { platform: 'amd-sev-snp', measurement: `sha384:${'a'.repeat(96)}` },
      appraisal: { status: 'affirming', verifier: 'urn:x' },
      policy: { ...claims().policy, enforcement_mode: 'declared' },
    })
    const { ok, warnings } = await verify(record, null, { allowEmbeddedKey: true })
    expect(ok).toBe(true)
    expect(warnings.map(({ id }) => id)).toEqual([
      'embedded_key',
      'platform_unproven',
      'appraisal_unproven',
      'policy_not_evaluated',
    ])
  })
})

describe('verifyRecord: what it refuses', () => {
  const deep = `${'['.repeat(100)}${']'.repeat(100)}`
  const text = JSON.stringify(signed())
  const ecKey = { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' }
  const short = { ...signed(), signature: 'AAAA' }
  const cases: Record<RecordCheckId, () => Promise<{ reason: string; checks: readonly { id: string }[] }>> = {
    duplicate_member: () => verify(text.replace('{', '{"iat":1,')),
    unsafe_integer: () => verify(resigned({ cnf: { jwk: { ...jwk, n: 2 ** 53 } } })),
    unicode: () => verify(text.replace('"internal"', '"\\ud800"')),
    depth: () => verify(text.replace('"internal"', deep)),
    size: () => verify(text.replace('"internal"', `"${'x'.repeat(1024 * 1024)}"`)),
    not_plain_data: () => verify({ ...signed(), data_class: '\ud800' }),
    private_key_material: () => verify(resigned({ cnf: { jwk: { ...jwk, dq: '' } } })),
    trusted_key_private: () => verify(signed(), { ...jwk, d: 'AA' }),
    profile: () => verify(resigned({ eat_profile: '' })),
    profile_superseded: () => verify(resigned({ eat_profile: 'tag:agentrust.io,2026:trace-v0.1' })),
    signature_missing: () => verify({ ...signed(), signature: '' }),
    signature_encoding: () => verify({ ...signed(), signature: `${signed().signature}==` }),
    schema: () => verify(resigned({ surprise: 1 })),
    no_trusted_key: () => verify(signed(), null),
    revoked: () => verify(signed(), jwk, { revocation: [thumbprint] }),
    revocation_store: () => verify(signed(), jwk, { revocation: () => 1 as unknown as boolean }),
    key_mismatch: () => verify(signed(), new Uint8Array(32).fill(1)),
    key_incomplete: () => verify(resigned({ cnf: { jwk: { kty: 'RSA' } } })),
    stale: () => verify(signed(), jwk, { now: NOW - 60 + 86_401 }),
    future: () => verify(signed(), jwk, { now: NOW - 60 - 301 }),
    nonce: () => verify(signed(), jwk, { expectedNonce: 'other' }),
    key_algorithm: () => verify(resigned({ cnf: { jwk: ecKey } }), ecKey),
    signature_length: () => verify(short),
    signature_invalid: () => verify({ ...signed(), data_class: 'public' }),
  }

  it.each(Object.keys(cases) as RecordCheckId[])('%s', async (id) => {
    const { reason, checks } = await cases[id]()
    expect(reason).toBe(RECORD_CHECKS[id][0])
    expect(checks.at(-1)).toMatchObject({ id, status: 'fail' })
  })

  it('for the first reason in the order of TRACE section 8, whatever else is wrong', async () => {
    const other = new Uint8Array(32).fill(1)
    const otherThumbprint = jwkThumbprint(keyToJwk(other)) ?? ''
    let record: Record<string, unknown> = {
      ...signed(),
      cnf: { jwk: { ...jwk, d: 'AA' } },
      eat_profile: 'x',
      signature: '',
      surprise: true,
      data_class: 'tampered',
      iat: 2e9,
    }
    let trusted: TrustedKey = null
    let options: Partial<VerifyRecordOptions> = {
      expectedNonce: 'x',
      revocation: [otherThumbprint],
      now: 3e9,
    }
    const steps: [reason: string, repair: () => void][] = [
      ['private_key_material', () => (record = { ...record, cnf: { jwk } })],
      ['profile', () => (record = { ...record, eat_profile: claims().eat_profile })],
      ['signature_missing', () => (record = { ...record, signature: '=' })],
      ['signature_encoding', () => (record = { ...record, signature: 'AAAA' })],
      ['schema', () => delete record.surprise],
      ['no_trusted_key', () => (trusted = other)],
      ['revoked', () => (options = { ...options, revocation: [] })],
      ['key_mismatch', () => (trusted = jwk)],
      ['stale', () => (options = { ...options, now: 1e9 })],
      ['future', () => (options = { ...options, now: 2e9 })],
      ['nonce', () => (options = { ...options, expectedNonce: null })],
      ['signature_invalid', () => (record = resigned({ iat: 2e9 }))],
    ]
    for (const [reason, repair] of steps) {
      expect((await verify(record, trusted, options)).reason).toBe(reason)
      repair()
    }
    expect((await verify(record, trusted, options)).ok).toBe(true)
  })

  it('any member of a signed record that is changed or removed', async () => {
    const paths: string[][] = []
    const collect = (value: unknown, path: string[]) => {
      if (path.length > 0) paths.push(path)
      if (typeof value === 'object' && value !== null)
        for (const [name, inner] of Object.entries(value)) collect(inner, [...path, name])
    }
    collect(signed(), [])
    expect(paths.length).toBeGreaterThan(30)
    for (const path of paths) {
      for (const change of [flip, () => undefined]) {
        const record = structuredClone(signed()) as unknown as Record<string, unknown>
        const parent = path.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, record)
        const name = path.at(-1) ?? ''
        parent[name] = change(parent[name])
        const verdict = await verify(JSON.stringify(record))
        expect(verdict.ok, path.join('.')).toBe(false)
        expect(verdict.reason, path.join('.')).not.toBe('')
      }
    }
  })

  it('a signature by a weak key over anything', async () => {
    const weak = { kty: 'OKP', crv: 'Ed25519', x: 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }
    const forged = { ...signed(), cnf: { jwk: weak }, signature: `${weak.x.slice(0, -1)}${'A'.repeat(44)}` }
    expect((await verify(forged, weak)).reason).toBe('signature_invalid')
  })

  it('names of Object.prototype as members', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const top = JSON.stringify(signed()).replace('{', `{${JSON.stringify(name)}:{"a":1},`)
      expect((await verify(top)).reason, name).toBe('schema')
    }
    const inherited = Object.create(signed())
    expect((await verify(inherited)).reason).toBe('profile')
    // A free member of cnf.jwk is signed data like any other, and reaches no prototype.
    const jwkText = JSON.stringify(jwk).replace('{', '{"__proto__":{"d":"AA"},')
    const members = JSON.parse(JSON.stringify(claims()))
    const record = signAnyway({ ...members, cnf: { jwk: JSON.parse(jwkText) } })
    expect((await verify(record)).ok).toBe(true)
    expect((await verify(JSON.stringify(record))).ok).toBe(true)
    expect('d' in {}).toBe(false)
  })

  it('values that are no records, without throwing', async () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    const hostile = {
      get iat() {
        throw new Error('read me not')
      },
    }
    const values = [
      null,
      undefined,
      1,
      true,
      [],
      {},
      () => 1,
      Symbol('x'),
      10n,
      cyclic,
      hostile,
      new Date(),
      '[]',
      '1',
    ]
    for (const value of values) expect((await verify(value)).ok).toBe(false)
    for (const trusted of ['text', 5, {}, new Uint8Array(31)] as unknown as TrustedKey[])
      expect((await verify(signed(), trusted)).reason).toBe('key_mismatch')
    expect((await verify(signed(), { all: () => [] })).reason).toBe('no_trusted_key')
  })

  it('text that is no JSON at all is a load failure, the only throw', async () => {
    await expect(verify('not json')).rejects.toThrow(ParseError)
    await expect(verify('{"a":1} trailing')).rejects.toMatchObject({ code: 'ERR_CODEC_JSON_SYNTAX' })
    await expect(verify('')).rejects.toThrow(ParseError)
    expect(() => verifyRecordSync('{', jwk, { now: NOW })).toThrow(ParseError)
  })

  it('an expected nonce outside ASCII is a mismatch, even where the record repeats it', async () => {
    const record = resigned({ runtime: { ...claims().runtime, nonce: 'né' } })
    expect((await verify(record, jwk, { expectedNonce: 'né' })).reason).toBe('nonce')
    expect((await verify(record, jwk, { expectedNonce: '\ud800' })).reason).toBe('nonce')
    const without = resigned({
      runtime: { platform: 'software-only', measurement: claims().runtime.measurement },
    })
    expect((await verify(without, jwk, { expectedNonce: '' })).reason).toBe('nonce')
    expect((await verify(signed(), jwk, { expectedNonce: 'Y2hhbGxlbmdl' })).ok).toBe(true)
  })

  it('misuse of the options is a TypeError or RangeError', async () => {
    await expect(verifyRecord(signed(), jwk, {} as VerifyRecordOptions)).rejects.toThrow(TypeError)
    await expect(verify(signed(), jwk, { now: Number.NaN })).rejects.toThrow(TypeError)
    await expect(verify(signed(), jwk, { maxAgeSeconds: -1 })).rejects.toThrow(RangeError)
    await expect(verify(signed(), jwk, { maxFutureSkewSeconds: Number.NaN })).rejects.toThrow(RangeError)
    await expect(verify(signed(), jwk, { maxAge: 1 } as object)).rejects.toThrow('unknown option maxAge')
  })
})

describe('verifyRecord: revocation', () => {
  const state = async (revocation: RevocationStore, trusted: TrustedKey = jwk) => {
    const verdict = await verify(signed(), trusted, { revocation })
    return [verdict.reason, verdict.revocation.state, verdict.revocation.cause]
  }

  it('asks for thumbprint and kid of the trusted key, in every form of store', async () => {
    const listed = ['revoked', 'verified', 'listed']
    for (const id of [thumbprint, 'our-kid']) {
      const trusted = { ...jwk, kid: 'our-kid' }
      expect(await state([id], trusted)).toEqual(listed)
      expect(await state(new Set([id]), trusted)).toEqual(listed)
      expect(await state((asked) => asked === id, trusted)).toEqual(listed)
      expect(await state(async (asked) => asked === id, trusted)).toEqual(listed)
    }
    expect(await state(async () => false)).toEqual(['', 'verified', 'not_listed'])
  })

  it('takes the kid from a key set, never from the record', async () => {
    const set = keySetOf([
      { keyId: 'other', publicKey: new Uint8Array(32).fill(1) },
      { keyId: 'ours', publicKey: key.publicKey },
    ])
    expect((await state(['ours'], set))[0]).toBe('revoked')
    expect((await state(['other'], set))[0]).toBe('')
    const record = resigned({ cnf: { jwk: { ...jwk, kid: 'in-record' } } })
    expect((await verify(record, jwk, { revocation: ['in-record'] })).ok).toBe(true)
    const embedded = { revocation: ['in-record'], allowEmbeddedKey: true }
    expect((await verify(record, null, embedded)).ok).toBe(true)
    const byThumbprint = { revocation: [thumbprint], allowEmbeddedKey: true }
    expect((await verify(record, null, byThumbprint)).reason).toBe('revoked')
  })

  it('asks about a lone key even where the record names another', async () => {
    const lone = singleKey(new Uint8Array(32).fill(1), 'lone')
    expect((await state(['lone'], lone))[0]).toBe('revoked')
    expect((await state([], lone))[0]).toBe('key_mismatch')
  })

  it('a store that throws, rejects, answers no boolean, or is no store refuses', async () => {
    const fail = () => {
      throw new Error('store is down')
    }
    const stores = [fail, async () => fail(), () => undefined, async () => 'no', {}, 'text', 5]
    for (const store of stores as unknown as RevocationStore[])
      expect(await state(store)).toEqual(['revoked', 'unverified_for_revocation', 'store_unusable'])
  })

  it('asks nothing about a key set in which no key is named', async () => {
    const set = keySetOf([
      { keyId: 'a', publicKey: new Uint8Array(32).fill(1) },
      { keyId: 'b', publicKey: new Uint8Array(32).fill(2) },
    ])
    expect(await state(() => true, set)).toEqual(['key_mismatch', 'no_check_performed', null])
  })
})

/** Another value of the same kind, so that the signature is what notices where no rule does. */
function flip(value: unknown): unknown {
  if (typeof value === 'number') return value + 1
  if (typeof value === 'string') return value.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
  if (Array.isArray(value)) return [...value, value[0]]
  return { ...(value as object), extra: 'x' }
}
