// The one accept set for Ed25519 signatures, STRICT (DESIGN decision 1), as far as bytes alone decide it.
//
// A signature (R, S) over M under A is accepted exactly when
//   1. A and R are canonical: the y coordinate (the low 255 bits) is below p = 2^255 - 19;
//   2. A and R are not of small order: y is none of the five values that the eight torsion points have.
//      Points with x = 0 are among them, so "no sign bit where x is 0" (RFC 8032 5.1.3) needs no rule of its own;
//   3. S is below the group order L (RFC 8032 5.1.7);
//   4. A is on the curve, and [S]B - [k]A, k = SHA-512(R || A || M) mod L, encodes to exactly the bytes R
//      (cofactorless; an R that is not on the curve equals no encoding).
// This file decides 1 to 3. Rule 4 is the back end's: OpenSSL and WebCrypto compare so; `pure` computes it itself.
import { hexDecode } from '../codec/hex.js'

/** Bytes of an Ed25519 public key, private seed, or half of a signature. */
export const ED25519_KEY_BYTES = 32
/** Bytes of an Ed25519 signature. */
export const ED25519_SIGNATURE_BYTES = 64

/** y coordinates of the points of order 1, 2, 4 and 8, little-endian, without sign bit. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  `01${'00'.repeat(31)}`, // order 1
  `ec${'ff'.repeat(30)}7f`, // order 2: y = p - 1
  '00'.repeat(32), // order 4
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // order 8
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', // order 8
].map((hex) => hexDecode(hex))

/** L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const ORDER = hexDecode(`edd3f55c1a631258d69cf7a2def9de14${'00'.repeat(15)}10`)

/**
 * True for a public key that no honest signer has: not canonical, or of small order. STRICT accepts no signature
 * under it.
 *
 * @param publicKey 32 bytes. @throws RangeError for another length.
 */
export function isWeakPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== ED25519_KEY_BYTES) {
    throw new RangeError(`publicKey: expected ${ED25519_KEY_BYTES} bytes, got ${publicKey.length}`)
  }
  return isWeakPoint(publicKey)
}

/**
 * Rules 1 to 3 of STRICT. A signature that fails here is invalid; one that passes still needs rule 4.
 *
 * @param publicKey 32 bytes (the caller has checked).
 * @param signature 64 bytes (the caller has checked).
 */
export function passesStrictRules(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return !isWeakPoint(publicKey) && !isWeakPoint(signature) && isBelowOrder(signature)
}

/** Looks at the first 32 bytes. */
function isWeakPoint(bytes: Uint8Array): boolean {
  return !isCanonicalY(bytes) || SMALL_ORDER_Y.some((y) => equalsY(bytes, y))
}

/** y < p. The values from p to 2^255 - 1 are `ed..ff`, thirty times `ff`, and `7f`. */
function isCanonicalY(bytes: Uint8Array): boolean {
  if (((bytes[31] ?? 0) & 0x7f) !== 0x7f || (bytes[0] ?? 0) < 0xed) return true
  for (let i = 1; i < 31; i++) if (bytes[i] !== 0xff) return true
  return false
}

function equalsY(bytes: Uint8Array, y: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (bytes[i] !== y[i]) return false
  return ((bytes[31] ?? 0) & 0x7f) === y[31]
}

/** The second half of a signature, little-endian, is below L. */
function isBelowOrder(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (signature[32 + i] ?? 0) - (ORDER[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
