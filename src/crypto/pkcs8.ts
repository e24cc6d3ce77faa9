// Ed25519 keys in DER and PEM: PKCS#8 version 1 (RFC 5958, RFC 8410 section 7) and SPKI (RFC 8410 section 4).
// Both have exactly one DER form each, a fixed prefix and 32 bytes, so the prefix is compared.
import { base64Decode, base64Encode } from '../codec/base64.js'
import { hexDecode } from '../codec/hex.js'
import { TracevarError } from '../errors.js'
import { equalConstantTime } from './constant-time.js'
import { ED25519_KEY_BYTES } from './ed25519-strict.js'

/** SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING (32 bytes) } } */
const PKCS8_PREFIX = hexDecode('302e020100300506032b657004220420')
/** SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING (no unused bits, 32 bytes) } */
const SPKI_PREFIX = hexDecode('302a300506032b6570032100')

/** PKCS#8 DER of a 32-byte seed: 48 bytes. The caller should zero the result after use. */
export function encodePkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  const der = new Uint8Array(PKCS8_PREFIX.length + ED25519_KEY_BYTES)
  der.set(PKCS8_PREFIX)
  der.set(seed, PKCS8_PREFIX.length)
  return der
}

/**
 * The 32-byte seed in a PKCS#8 DER, copied. Only version 1 with an Ed25519 key and nothing else is accepted.
 *
 * @throws TracevarError `ERR_CRYPTO_KEY_FORMAT`.
 */
export function decodePkcs8(der: Uint8Array): Uint8Array {
  return afterPrefix(der, PKCS8_PREFIX, 'not an Ed25519 private key in PKCS#8 version 1')
}

/** PEM `PRIVATE KEY` of a 32-byte seed. It is a JavaScript string, which nobody can zero. */
export function writePkcs8Pem(seed: Uint8Array): string {
  const der = encodePkcs8(seed)
  const text = base64Encode(der)
  der.fill(0)
  return `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`
}

/**
 * The 32-byte seed in a PEM `PRIVATE KEY`. The caller should zero it after use.
 *
 * @throws TracevarError `ERR_CRYPTO_KEY_FORMAT`.
 */
export function readPkcs8Pem(text: string): Uint8Array {
  const { label, der } = readPem(text)
  if (label !== 'PRIVATE KEY') refuse('PEM holds no PRIVATE KEY')
  const seed = decodePkcs8(der)
  der.fill(0)
  return seed
}

/**
 * The 32-byte public key in a PEM `PUBLIC KEY` (SPKI).
 *
 * @throws TracevarError `ERR_CRYPTO_KEY_PRIVATE` when a private key stands there, `ERR_CRYPTO_KEY_FORMAT` otherwise.
 */
export function readSpkiPem(text: string): Uint8Array {
  const { label, der } = readPem(text)
  if (label.endsWith('PRIVATE KEY')) {
    der.fill(0)
    throw new TracevarError('ERR_CRYPTO_KEY_PRIVATE', 'PEM holds a private key where a public key belongs')
  }
  if (label !== 'PUBLIC KEY') refuse('PEM holds no PUBLIC KEY')
  return afterPrefix(der, SPKI_PREFIX, 'not an Ed25519 public key in SPKI')
}

/** One block, the strict form of RFC 7468 with either line end; nothing before it, only blank lines after it. */
const PEM =
  /^-----BEGIN ([A-Z0-9 ]{1,40})-----\r?\n((?:[A-Za-z0-9+/=]{1,64}\r?\n)+)-----END \1-----(?:\r?\n)*$/

function readPem(text: string): { readonly label: string; readonly der: Uint8Array } {
  const [, label, body] = PEM.exec(text) ?? []
  if (label === undefined || body === undefined) refuse('not one PEM block')
  try {
    return { label, der: base64Decode(body.replaceAll(/\r?\n/g, '')) }
  } catch (cause) {
    throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', 'PEM body is not base64', { cause })
  }
}

function afterPrefix(der: Uint8Array, prefix: Uint8Array, message: string): Uint8Array {
  const head = der.subarray(0, prefix.length)
  if (der.length !== prefix.length + ED25519_KEY_BYTES || !equalConstantTime(head, prefix)) refuse(message)
  return der.slice(prefix.length)
}

function refuse(message: string): never {
  throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', message)
}
