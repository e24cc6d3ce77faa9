// The `pure` back end: JavaScript only, for browsers and for machines without anything else.
// The library's own `verify` is cofactored even with `zip215: false`, and its `sign` wants a hash set in a global of
// the library; so both are written here from its points. Its arithmetic is not constant-time in JavaScript.
import { CURVE, Point } from '@noble/ed25519'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { hexEncode } from '../codec/hex.js'
import type { SyncBackend } from './backend.js'
import { equalConstantTime } from './constant-time.js'
import { createKeyHandles, type KeyPair } from './key-handles.js'
import { softwareBackend } from './software-backend.js'

/** RFC 8032 5.1.5: the hash of the seed, 64 bytes: first half clamped to the scalar, second half the prefix. */
type Expanded = Uint8Array

const keys = createKeyHandles<Expanded>('pure', (expanded) => expanded.fill(0))

/** Options of {@link createPureBackend}. */
export interface PureBackendOptions {
  /** Bytes from a secure random generator. Left out: `generateKey` is refused (a verifier needs none). */
  readonly randomBytes?: (length: number) => Uint8Array
}

/** The back end on @noble/ed25519 and @noble/hashes: about 2 ms for a verification. */
export function createPureBackend(options: PureBackendOptions = {}): SyncBackend {
  const { randomBytes } = options
  return softwareBackend({
    description: {
      name: 'pure',
      kernel: '@noble/ed25519 2.3.0',
      keyStorage: 'heap',
      attempts: [],
      facts: {},
    },
    keys,
    checksOwnSignatures: true,
    sha256,
    sha512,
    sign,
    verify,
    generate() {
      if (randomBytes === undefined) throw new TypeError('randomBytes: needed to generate a key')
      const seed = randomBytes(32)
      const pair = fromSeed(seed)
      seed.fill(0)
      return pair
    },
    fromSeed,
  })
}

function fromSeed(seed: Uint8Array): KeyPair<Expanded> {
  const secret = sha512(seed)
  secret[0] = (secret[0] ?? 0) & 0xf8
  secret[31] = ((secret[31] ?? 0) & 0x7f) | 0x40
  return { secret, publicKey: Point.BASE.multiply(scalar(secret.subarray(0, 32))).toBytes() }
}

/** RFC 8032 5.1.6. */
function sign({ secret, publicKey }: KeyPair<Expanded>, item: Uint8Array): Uint8Array {
  const r = scalar(sha512.create().update(secret.subarray(32)).update(item).digest())
  const R = Point.BASE.multiply(r).toBytes()
  const k = challenge(R, publicKey, item)
  const S = (r + k * scalar(secret.subarray(0, 32))) % CURVE.n
  const signature = new Uint8Array(64)
  signature.set(R)
  for (let i = 32, rest = S; i < 64; i++, rest >>= 8n) signature[i] = Number(rest & 0xffn)
  return signature
}

/** [S]B - [k]A encodes to R. */
function verify(publicKey: Uint8Array, signature: Uint8Array, item: Uint8Array): boolean {
  const A = decodePoint(publicKey)
  if (A === undefined) return false
  const R = signature.subarray(0, 32)
  const k = challenge(R, publicKey, item)
  // `false`: variable time, which is fine for public values, and takes zero.
  const point = Point.BASE.multiply(scalar(signature.subarray(32)), false).add(A.multiply(k, false).negate())
  // The library cannot encode the neutral element. It is of small order, so no R that got here equals it.
  return !point.is0() && equalConstantTime(point.toBytes(), R)
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes)
  } catch {
    return undefined // not on the curve; the library says so with a plain Error
  }
}

function challenge(R: Uint8Array, publicKey: Uint8Array, item: Uint8Array): bigint {
  return scalar(sha512.create().update(R).update(publicKey).update(item).digest())
}

/** Little-endian bytes modulo L. */
function scalar(bytes: Uint8Array): bigint {
  return BigInt(`0x${hexEncode(bytes.slice().reverse())}`) % CURVE.n
}
