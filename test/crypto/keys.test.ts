// JWK, thumbprints, PKCS#8, SPKI and key sets; node:crypto is the oracle for the encodings.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { base64urlEncode } from '../../src/codec/base64.js'
import { hexDecode, hexEncode } from '../../src/codec/hex.js'
import {
  hasPrivateMembers,
  jwkOfPublicKey,
  PRIVATE_JWK_MEMBERS,
  publicKeyOfJwk,
} from '../../src/crypto/jwk.js'
import { isValidKeyId, isWeakPublicKey, keySetOf, parseKeyFile, singleKey } from '../../src/crypto/key-set.js'
import { decodePkcs8, encodePkcs8, readPkcs8Pem, readSpkiPem, writePkcs8Pem } from '../../src/crypto/pkcs8.js'
import { jwkThumbprint } from '../../src/crypto/thumbprint.js'
import { keyFileBytesMax, keySetKeysMax } from '../../src/limits.js'
import { RFC8032 } from './signature-cases.js'

const seed = hexDecode(RFC8032[0].seed)
const publicKey = hexDecode(RFC8032[0].publicKey)
const x = base64urlEncode(publicKey)
const jwk = { kty: 'OKP', crv: 'Ed25519', x }
const nodePrivate = createPrivateKey({
  key: { ...jwk, d: base64urlEncode(seed) },
  format: 'jwk',
})
const spkiPem = createPublicKey(nodePrivate).export({ type: 'spki', format: 'pem' }) as string
const pkcs8Pem = nodePrivate.export({ type: 'pkcs8', format: 'pem' }) as string

function code(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return String((error as { code?: unknown }).code ?? (error as Error).name)
  }
  return 'nothing'
}

describe('JWK', () => {
  it('and 32 bytes become each other', () => {
    expect(jwkOfPublicKey(publicKey)).toEqual(jwk)
    expect(publicKeyOfJwk(jwk)).toEqual(publicKey)
  })
  it('may say kid, use sig and alg EdDSA or Ed25519', () => {
    for (const alg of ['EdDSA', 'Ed25519']) {
      expect(publicKeyOfJwk({ ...jwk, kid: 'a', use: 'sig', alg, extra: 1 })).toEqual(publicKey)
    }
  })
  it.each(PRIVATE_JWK_MEMBERS)('with the private member %s is refused', (name) => {
    expect(code(() => publicKeyOfJwk({ ...jwk, [name]: 'AA' }))).toBe('ERR_CRYPTO_KEY_PRIVATE')
    expect(hasPrivateMembers({ ...jwk, [name]: null })).toBe(true)
  })
  it.each([
    ['no object', 'x'],
    ['null', null],
    ['another type', { ...jwk, kty: 'EC' }],
    ['another curve', { ...jwk, crv: 'X25519' }],
    ['no x', { kty: 'OKP', crv: 'Ed25519' }],
    ['x not text', { ...jwk, x: 5 }],
    ['x of 31 bytes', { ...jwk, x: base64urlEncode(publicKey.subarray(1)) }],
    ['x padded', { ...jwk, x: `${x}=` }],
    ['x with unused bits', { ...jwk, x: `${x.slice(0, -1)}p` }],
    ['x in the other alphabet', { ...jwk, x: `+${x.slice(1)}` }],
    ['another use', { ...jwk, use: 'enc' }],
    ['another algorithm', { ...jwk, alg: 'ES256' }],
    ['members from a prototype', Object.create(jwk)],
  ])('is refused: %s', (_, value) => {
    expect(code(() => publicKeyOfJwk(value))).toBe('ERR_CRYPTO_KEY_FORMAT')
  })
  it('of another length is a misuse', () => {
    expect(() => jwkOfPublicKey(new Uint8Array(33))).toThrow(RangeError)
  })
})

describe('thumbprint', () => {
  it('of OKP is that of RFC 8037 A.3, whatever else the JWK holds', () => {
    expect(jwkThumbprint(jwk)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
    expect(jwkThumbprint({ kid: 'a', use: 'sig', ...jwk, d: 'private' })).toBe(jwkThumbprint(jwk))
  })
  it('of RSA is that of RFC 7638 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    expect(jwkThumbprint({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    )
  })
  it.each(['P-256', 'P-384'])('of EC %s hashes crv, kty, x and y', (namedCurve) => {
    const ec = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
    const text = `{"crv":"${ec.crv}","kty":"EC","x":"${ec.x}","y":"${ec.y}"}`
    expect(jwkThumbprint(ec)).toBe(createHash('sha256').update(text).digest('base64url'))
  })
  it.each([
    ['no object', 'x'],
    ['null', null],
    ['no kty', { crv: 'Ed25519', x }],
    ['an unknown kty', { ...jwk, kty: 'oct' }],
    ['a kty that is a name of Object', { ...jwk, kty: 'constructor' }],
    ['OKP without x', { kty: 'OKP', crv: 'Ed25519' }],
    ['EC without y', { kty: 'EC', crv: 'P-256', x }],
    ['RSA without n', { kty: 'RSA', e: 'AQAB' }],
    ['a member that is no text', { ...jwk, x: 5 }],
    ['a lone surrogate', { ...jwk, x: '\ud800' }],
  ])('is undefined for %s', (_, value) => {
    expect(jwkThumbprint(value)).toBeUndefined()
  })
})

describe('PKCS#8 and SPKI', () => {
  it('are written and read as node:crypto does', () => {
    expect(writePkcs8Pem(seed)).toBe(pkcs8Pem)
    expect(hexEncode(readPkcs8Pem(pkcs8Pem))).toBe(RFC8032[0].seed)
    const der = nodePrivate.export({ type: 'pkcs8', format: 'der' })
    expect(hexEncode(encodePkcs8(seed))).toBe(der.toString('hex'))
    expect(decodePkcs8(encodePkcs8(seed))).toEqual(seed)
    expect(readSpkiPem(spkiPem)).toEqual(publicKey)
  })
  it('may have CRLF and blank lines at the end, or no line end', () => {
    for (const text of [pkcs8Pem.replaceAll('\n', '\r\n'), `${pkcs8Pem}\n\n`, pkcs8Pem.trimEnd()]) {
      expect(readPkcs8Pem(text)).toEqual(seed)
    }
  })
  const ecPem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  it.each([
    ['nothing', ''],
    ['text before the block', `key:\n${pkcs8Pem}`],
    ['two blocks', pkcs8Pem + pkcs8Pem],
    ['labels that differ', pkcs8Pem.replace('END PRIVATE', 'END PUBLIC')],
    ['a public key', spkiPem],
    ['another algorithm', ecPem.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['no base64', pkcs8Pem.replace('\nMC', '\n=C')],
    ['a cut body', pkcs8Pem.replace(/.{4}\n-----END/, '\n-----END')],
    ['version 2', pkcs8Pem.replace('MC4CAQAw', 'MC4CAQEw')],
  ])('refuse as a private key: %s', (_, text) => {
    expect(code(() => readPkcs8Pem(text))).toBe('ERR_CRYPTO_KEY_FORMAT')
  })
  it('refuse as a public key: another algorithm, a certificate, a cut body', () => {
    for (const text of [
      ecPem.publicKey.export({ type: 'spki', format: 'pem' }) as string,
      spkiPem.replaceAll('PUBLIC KEY', 'CERTIFICATE'),
      spkiPem.replace(/.{4}\n-----END/, '\n-----END'),
    ]) {
      expect(code(() => readSpkiPem(text))).toBe('ERR_CRYPTO_KEY_FORMAT')
    }
  })
  it('a private key where a public one belongs has a code of its own', () => {
    expect(code(() => readSpkiPem(pkcs8Pem))).toBe('ERR_CRYPTO_KEY_PRIVATE')
    expect(code(() => readSpkiPem(pkcs8Pem.replaceAll('PRIVATE', 'EC PRIVATE')))).toBe(
      'ERR_CRYPTO_KEY_PRIVATE',
    )
  })
})

describe('key files', () => {
  const read = (text: string) => parseKeyFile(Buffer.from(text), 'k')

  it.each([
    ['JWK', JSON.stringify(jwk)],
    ['JWK with blanks around', `\n ${JSON.stringify(jwk)} \n`],
    ['PEM', spkiPem],
    ['hex', `${RFC8032[0].publicKey}\n`],
  ])('%s is one bare key, which answers for every key_id', (_, text) => {
    const keys = read(text)
    expect(keys.kind).toBe('single')
    expect(keys.resolve('anything')).toEqual(publicKey)
    expect(keys.all()).toEqual([{ keyId: null, publicKey }])
  })

  it('a JWK with a kid is still one bare key', () => {
    const keys = read(JSON.stringify({ ...jwk, kid: 'a' }))
    expect(keys.kind).toBe('single')
    expect(keys.resolve('b')).toEqual(publicKey)
    expect(keys.all()).toEqual([{ keyId: 'a', publicKey }])
  })

  it('JWKS is a set: each key answers for its own key_id, keys of other types are passed over', () => {
    const other = jwkOfPublicKey(hexDecode(RFC8032[1].publicKey))
    const keys = read(
      JSON.stringify({
        keys: [{ ...jwk, kid: 'a' }, { kty: 'EC', crv: 'P-256', x, y: x }, { ...other, kid: 'b' }, jwk],
      }),
    )
    expect(keys.kind).toBe('set')
    expect(keys.resolve('a')).toEqual(publicKey)
    expect(hexEncode(keys.resolve('b')!)).toBe(RFC8032[1].publicKey)
    expect(keys.resolve('c')).toBeUndefined()
    expect(keys.resolve('__proto__')).toBeUndefined()
    expect(keys.all().map((entry) => entry.keyId)).toEqual(['a', 'b', null])
  })

  it.each([
    ['nothing', '', 'ERR_CRYPTO_KEY_FORMAT'],
    ['words', 'my key', 'ERR_CRYPTO_KEY_FORMAT'],
    ['63 digits', RFC8032[0].publicKey.slice(1), 'ERR_CRYPTO_KEY_FORMAT'],
    ['64 characters that are no digits', 'z'.repeat(64), 'ERR_CRYPTO_KEY_FORMAT'],
    ['bad JSON', '{"kty":', 'ERR_CRYPTO_KEY_FORMAT'],
    ['a duplicate name', `{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":"${x}"}`, 'ERR_CRYPTO_KEY_FORMAT'],
    ['a JWK of another type', '{"kty":"EC","crv":"P-256"}', 'ERR_CRYPTO_KEY_FORMAT'],
    ['a kid that is no text', JSON.stringify({ ...jwk, kid: 5 }), 'ERR_CRYPTO_KEY_FORMAT'],
    ['keys that are no array', '{"keys":{}}', 'ERR_CRYPTO_KEY_FORMAT'],
    ['a key that is no object', '{"keys":["a"]}', 'ERR_CRYPTO_KEY_FORMAT'],
    ['an empty JWKS', '{"keys":[]}', 'ERR_CRYPTO_KEY_FORMAT'],
    ['a JWKS without Ed25519', '{"keys":[{"kty":"RSA"}]}', 'ERR_CRYPTO_KEY_FORMAT'],
    [
      'the same kid twice',
      JSON.stringify({
        keys: [
          { ...jwk, kid: 'a' },
          { ...jwk, kid: 'a' },
        ],
      }),
      'ERR_CRYPTO_KEY_FORMAT',
    ],
    ['a private JWK', JSON.stringify({ ...jwk, d: x }), 'ERR_CRYPTO_KEY_PRIVATE'],
    [
      'a JWKS with a private key of another type',
      JSON.stringify({ keys: [jwk, { kty: 'oct', k: 'AA' }] }),
      'ERR_CRYPTO_KEY_PRIVATE',
    ],
    ['a private PEM', pkcs8Pem, 'ERR_CRYPTO_KEY_PRIVATE'],
  ])('are refused: %s', (_, text, expected) => {
    expect(code(() => read(text))).toBe(expected)
  })

  it('are refused when they are no UTF-8 or too large', () => {
    expect(code(() => parseKeyFile(Uint8Array.of(0x7b, 0xff), 'k'))).toBe('ERR_CRYPTO_KEY_FORMAT')
    expect(code(() => parseKeyFile(new Uint8Array(keyFileBytesMax + 1), 'k'))).toBe('ERR_CRYPTO_KEY_FORMAT')
  })

  it('messages name the file and hold nothing of it', () => {
    const secret = pkcs8Pem.split('\n')[1]!
    expect(() => parseKeyFile(Buffer.from(pkcs8Pem), 'name.pem')).toThrow(/^name\.pem: (?!.*MC4C)/)
    expect(() => parseKeyFile(Buffer.from(secret), 'name.pem')).toThrow(/^name\.pem: (?!.*MC4C)/)
  })
})

describe('key sets', () => {
  it('keep copies and give copies', () => {
    const given = publicKey.slice()
    for (const keys of [singleKey(given), keySetOf([{ keyId: 'a', publicKey: given }])]) {
      keys.resolve('a')!.fill(0)
      keys.all()[0]!.publicKey.fill(0)
      given.fill(0)
      expect(keys.resolve('a')).toEqual(publicKey)
      given.set(publicKey)
    }
  })
  it('refuse a key_id twice, no keys, too many keys, and keys of another length', () => {
    const entry = { keyId: 'a', publicKey }
    expect(code(() => keySetOf([entry, entry]))).toBe('ERR_CRYPTO_KEY_FORMAT')
    expect(code(() => keySetOf([]))).toBe('ERR_CRYPTO_KEY_FORMAT')
    const many = Array.from({ length: keySetKeysMax + 1 }, (_, i) => ({ keyId: `k${i}`, publicKey }))
    expect(keySetOf(many.slice(1)).all()).toHaveLength(keySetKeysMax)
    expect(code(() => keySetOf(many))).toBe('ERR_CRYPTO_KEY_FORMAT')
    expect(() => singleKey(new Uint8Array(31))).toThrow(RangeError)
  })
  it('hold weak keys, which can be told', () => {
    const zero = parseKeyFile(Buffer.from('00'.repeat(32)), 'k').resolve('a')!
    expect(isWeakPublicKey(zero)).toBe(true)
  })
  it('VAR R-26 key_id is 1 to 64 of A-Z a-z 0-9 _ -', () => {
    for (const good of ['a', 'A-z_0', 'k'.repeat(64)]) expect(isValidKeyId(good), good).toBe(true)
    for (const bad of ['', 'k'.repeat(65), 'a b', 'a.b', '../a', 'a\n', 'é', 5, null, undefined, ['a']]) {
      expect(isValidKeyId(bad), String(bad)).toBe(false)
    }
  })
})
