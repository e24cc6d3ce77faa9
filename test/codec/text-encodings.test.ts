import { describe, expect, it } from 'vitest'
import { base64Decode, base64Encode, base64urlDecode, base64urlEncode } from '../../src/codec/base64.js'
import { bigintFromBytes, bigintToBytes, compareBytes } from '../../src/codec/bytes.js'
import { formatDigest, isDigestString, isSha256String, parseDigest } from '../../src/codec/digest.js'
import { hexDecode, hexEncode } from '../../src/codec/hex.js'
import { utf8Decode, utf8Encode } from '../../src/codec/utf8.js'
import { below, pick, randomBytes, randomText, rounds, times } from './random.js'
import { expectRefusal } from './refusal.js'

describe('base64', () => {
  it('writes what Buffer writes and reads it back, for every length', () => {
    for (let length = 0; length < 200; length++) {
      const bytes = randomBytes(length)
      expect(base64Encode(bytes)).toBe(Buffer.from(bytes).toString('base64'))
      expect(base64urlEncode(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      expect(base64Decode(base64Encode(bytes))).toEqual(bytes)
      expect(base64urlDecode(base64urlEncode(bytes))).toEqual(bytes)
    }
  })

  it('takes one spelling only', () => {
    for (const text of ['A', 'AA==', 'AB', 'AAB', 'A+', 'A/', 'AA ', ' AA', 'AA\n', 'A=', 'ÄA', 'AAAAA', '='])
      expectRefusal('ERR_CODEC_BASE64', () => base64urlDecode(text))
    for (const text of [
      'A',
      'AA',
      'AAA',
      'AB==',
      'AAB=',
      'A-==',
      'A===',
      '====',
      'AA=A',
      'AA==AA==',
      'AAA=\n',
      '=',
    ])
      expectRefusal('ERR_CODEC_BASE64', () => base64Decode(text))
  })

  it('reads a random text only if writing gives the same text', () => {
    const alphabet = [...'AQgwBZaz09-_+/= ']
    for (let round = 0; round < rounds(2_000); round++) {
      const text = times(below(9), () => pick(alphabet)).join('')
      for (const [decode, encode] of [
        [base64urlDecode, base64urlEncode],
        [base64Decode, base64Encode],
      ] as const) {
        const canonical = encode(new Uint8Array(Buffer.from(text, 'base64'))) === text
        if (canonical) expect(encode(decode(text))).toBe(text)
        else expectRefusal('ERR_CODEC_BASE64', () => decode(text))
      }
    }
  })
})

describe('hex', () => {
  it('writes what Buffer writes and reads it back', () => {
    for (let length = 0; length < 100; length++) {
      const bytes = randomBytes(length)
      expect(hexEncode(bytes)).toBe(Buffer.from(bytes).toString('hex'))
      expect(hexDecode(hexEncode(bytes))).toEqual(bytes)
      expect(hexDecode(hexEncode(bytes), length)).toEqual(bytes)
    }
  })

  it('refuses upper case, odd length, other characters and another length', () => {
    for (const text of ['0', 'AB', 'aB', '0g', 'g0', '0x', ' 00', '00\n', '\u0660\u0661', '/0', ':0', '`0'])
      expectRefusal('ERR_CODEC_HEX', () => hexDecode(text))
    expectRefusal('ERR_CODEC_HEX', () => hexDecode('00ff', 1))
    expectRefusal('ERR_CODEC_HEX', () => hexDecode('', 1))
  })
})

describe('digest strings', () => {
  const sha256 = `sha256:${'0a'.repeat(32)}`
  const sha384 = `sha384:${'0a'.repeat(48)}`

  it('are read and written', () => {
    expect(parseDigest(sha256)).toEqual({ algorithm: 'sha256', digest: new Uint8Array(32).fill(10) })
    expect(parseDigest(sha384)).toEqual({ algorithm: 'sha384', digest: new Uint8Array(48).fill(10) })
    expect(formatDigest('sha256', new Uint8Array(32).fill(10))).toBe(sha256)
    expect(formatDigest('sha384', new Uint8Array(48).fill(10))).toBe(sha384)
    expect([isSha256String(sha256), isSha256String(sha384)]).toEqual([true, false])
  })

  it('have one spelling', () => {
    const wrong = [
      '',
      sha256.toUpperCase(),
      `${sha256} `,
      `${sha256}\n`,
      sha256.slice(0, -1),
      `${sha256}00`,
      `sha384:${'0a'.repeat(32)}`,
      `sha512:${'0a'.repeat(64)}`,
      '0a'.repeat(32),
    ]
    for (const text of wrong) {
      expect(isDigestString(text)).toBe(false)
      expectRefusal('ERR_CODEC_DIGEST', () => parseDigest(text))
    }
    for (const value of [null, undefined, 1, [sha256]])
      expect([isDigestString(value), isSha256String(value)]).toEqual([false, false])
  })

  it('are not written for a digest of the wrong length', () => {
    expect(() => formatDigest('sha384', new Uint8Array(32))).toThrow(RangeError)
  })
})

describe('utf8', () => {
  it('is strict in both directions', () => {
    for (let round = 0; round < rounds(500); round++) {
      const text = randomText()
      expect(utf8Decode(utf8Encode(text))).toBe(text)
    }
    expect(utf8Decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
    for (const text of ['\ud800', 'a\udc00', '\ude00\ud83d'])
      expectRefusal('ERR_CODEC_JSON_UNICODE', () => utf8Encode(text))
    for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]])
      expectRefusal('ERR_CODEC_JSON_UNICODE', () => utf8Decode(Uint8Array.from(bytes)))
  })
})

describe('bytes', () => {
  it('sort byte by byte, a prefix first', () => {
    const sorted = [[], [0], [0, 0], [0, 255], [1], [255]].map((bytes) => Uint8Array.from(bytes))
    sorted.forEach((a, i) => {
      sorted.forEach((b, j) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(i - j))
      })
    })
  })

  it('stand for unsigned integers, the shortest for each', () => {
    for (const [value, bytes] of [
      [0n, []],
      [1n, [1]],
      [255n, [255]],
      [256n, [1, 0]],
      [2n ** 64n, [1, 0, 0, 0, 0, 0, 0, 0, 0]],
    ] as const) {
      expect(bigintToBytes(value)).toEqual(Uint8Array.from(bytes))
      expect(bigintFromBytes(Uint8Array.from([0, ...bytes]))).toBe(value)
    }
  })
})
