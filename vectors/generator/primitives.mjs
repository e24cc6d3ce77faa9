// What every format rests on, written a second time: canonical JSON, digests, Ed25519 and Merkle hashes straight from
// node:crypto. Expected values come from here, not from the code that the vectors test.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** RFC 8785 for the values that occur here: V8 writes numbers and strings as the RFC asks. */
export function jcs(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(jcs).join(',')}]`
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${jcs(value[name])}`).join(',')}}`
}

export const utf8 = (text) => Buffer.from(text, 'utf8')
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest()
export const digestOf = (bytes) => `sha256:${sha256(bytes).toString('hex')}`
/** Digest string of a value's canonical JSON. */
export const digest = (value) => digestOf(utf8(jcs(value)))

/** An NDJSON file. */
export const ndjson = (lines) => lines.map((line) => `${line}\n`).join('')

/** A test key. Its seed is SHA-256 of a text that the README names, so that anybody can make it again. */
export function testKey(number) {
  const seed = sha256(utf8(`tracevar vectors key ${number}`))
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(secret).export({ format: 'jwk' })
  return {
    keyId: `vectors-${number}`,
    seed,
    publicKey: Buffer.from(x, 'base64url'),
    thumbprint: sha256(utf8(jcs({ crv: 'Ed25519', kty: 'OKP', x }))).toString('base64url'),
    jwk: { kty: 'OKP', crv: 'Ed25519', x, kid: `vectors-${number}`, use: 'sig', alg: 'EdDSA' },
    cnf: { jwk: { kty: 'OKP', crv: 'Ed25519', x } },
    sign: (payload) => sign(null, utf8(payload), secret).toString('base64url'),
  }
}

export const jwks = (...keys) => `${JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }, null, 2)}\n`

/** RFC 9162 2.1.1. */
export const leafHash = (bytes) => sha256(Buffer.concat([Buffer.of(0), bytes]))
export const nodeHash = (left, right) => sha256(Buffer.concat([Buffer.of(1), left, right]))
