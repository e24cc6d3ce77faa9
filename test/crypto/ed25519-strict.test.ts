import { describe, expect, it } from 'vitest'
import { hexDecode } from '../../src/codec/hex.js'
import { isWeakPublicKey, passesStrictRules } from '../../src/crypto/ed25519-strict.js'
import { RFC8032 } from './signature-cases.js'

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
/** y of one point of order 8; the other y is p minus this. */
const ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n

function littleEndian(value: bigint): Uint8Array {
  return hexDecode(value.toString(16).padStart(64, '0')).reverse()
}

describe('STRICT rules on bytes', () => {
  const publicKey = hexDecode(RFC8032[0].publicKey)
  const signature = hexDecode(RFC8032[0].signature)
  const withR = (R: Uint8Array): Uint8Array => Buffer.concat([R, signature.subarray(32)])
  const withS = (S: bigint): Uint8Array => Buffer.concat([signature.subarray(0, 32), littleEndian(S)])

  it('accept an honest key and signature', () => {
    expect(passesStrictRules(publicKey, signature)).toBe(true)
    expect(isWeakPublicKey(publicKey)).toBe(false)
  })

  const weak: readonly [string, bigint][] = [
    ['order 1', 1n],
    ['order 2', P - 1n],
    ['order 4', 0n],
    ['order 8, first', ORDER_8],
    ['order 8, second', P - ORDER_8],
    ['y = p', P],
    ['y = p + 1', P + 1n],
    ['y = 2^255 - 1', 2n ** 255n - 1n],
  ]
  it.each(weak)('refuse %s as A and as R, with and without sign bit', (_, y) => {
    for (const bytes of [littleEndian(y), littleEndian(y + 2n ** 255n)]) {
      expect(isWeakPublicKey(bytes)).toBe(true)
      expect(passesStrictRules(bytes, signature)).toBe(false)
      expect(passesStrictRules(publicKey, withR(bytes))).toBe(false)
    }
  })

  it.each([
    ['p - 2', P - 2n],
    ['2', 2n],
    ['order 8 plus 1', ORDER_8 + 1n],
  ])('accept the encoding %s', (_, y) => {
    for (const bytes of [littleEndian(y), littleEndian(y + 2n ** 255n)]) {
      expect(isWeakPublicKey(bytes)).toBe(false)
      expect(passesStrictRules(publicKey, withR(bytes))).toBe(true)
    }
  })

  it('draw the border of S at L', () => {
    for (const S of [0n, 1n, L - 1n, L - 2n ** 64n])
      expect(passesStrictRules(publicKey, withS(S)), `${S}`).toBe(true)
    for (const S of [L, L + 1n, L + 2n ** 64n, 2n ** 253n, 2n ** 256n - 1n]) {
      expect(passesStrictRules(publicKey, withS(S)), `${S}`).toBe(false)
    }
  })

  it('a weak key of another length is a misuse', () => {
    expect(() => isWeakPublicKey(new Uint8Array(31))).toThrow(RangeError)
  })
})
