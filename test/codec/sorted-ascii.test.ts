import { createHash, createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../src/codec/json-parse.js'
import { sortedAsciiJson } from '../../src/codec/sorted-ascii.js'
import { describeVectors, vectorJson, vectorPath } from '../support/vectors.js'
import { below, randomJson, rounds } from './random.js'
import { expectRefusal } from './refusal.js'

describe('sortedAsciiJson', () => {
  // The texts are what CPython 3.11 json.dumps(sort_keys=True, separators=(',', ':'), ensure_ascii=True) prints.
  const pairs: readonly [value: unknown, text: string][] = [
    [
      { '\u{1f600}': 1, '\ufb33': 2, a: 3, '\ud7ff': 4, '\ue000': 5, '\u{10ffff}': 6, aa: 7, '': 8 },
      '{"":8,"a":3,"aa":7,"\\ud7ff":4,"\\ue000":5,"\\ufb33":2,"\\ud83d\\ude00":1,"\\udbff\\udfff":6}',
    ],
    ['\x7f\x80\xa0\u2028é機\u{1f600}', '"\\u007f\\u0080\\u00a0\\u2028\\u00e9\\u6a5f\\ud83d\\ude00"'],
    ['\x00\b\t\n\x0b\f\r\x1f"\\/', '"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\/"'],
    [[-0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER], '[0,9007199254740991,-9007199254740991]'],
    [{ b: [true, false, null], a: {} }, '{"a":{},"b":[true,false,null]}'],
  ]
  for (const [value, expected] of pairs) {
    it(`writes ${expected}`, () => expect(sortedAsciiJson(value)).toBe(expected))
  }

  it('refuses floats, large integers and what JSON cannot carry (TRACE F1)', () => {
    for (const value of [
      0.5,
      [1e-7],
      2 ** 53,
      1e21,
      Number.NaN,
      1n,
      undefined,
      '\ud800',
      { '\udc00': 1 },
      new Map(),
    ])
      expectRefusal('ERR_CODEC_NOT_CANONICALIZABLE', () => sortedAsciiJson(value))
  })

  it('is ASCII, sorted by code points, and means the same value', () => {
    const codePoints = (text: string) => Buffer.from(text, 'utf8') // UTF-8 sorts as code points do
    for (let round = 0; round < rounds(600); round++) {
      const value = randomJson(4, () => below(2 ** 31))
      const text = sortedAsciiJson(value)
      expect(text).toMatch(/^[\x20-\x7e]*$/)
      const parsed = parseJson(text)
      expect(sortedAsciiJson(parsed)).toBe(text)
      expect(JSON.parse(text)).toEqual(value)
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) continue
      const names = Object.keys(parsed).filter((name) => !/^\d+$/.test(name)) // V8 puts index names first
      expect(names).toEqual([...names].sort((a, b) => Buffer.compare(codePoints(a), codePoints(b))))
    }
  })
})

interface ClaimFile {
  readonly claim: {
    readonly trace: { readonly cnf: { readonly jwk: JsonWebKey } }
    readonly signature: string
  }
  readonly audit_bundle: { readonly entries: Record<string, unknown>[] }
}

describeVectors('signed and hashed by cMCP over this form (TRACE I2, I4)', () => {
  const folder = 'trace/peer/cmcp-runtime-claim'

  it('has the recorded hash of every untouched audit entry without a float', () => {
    let right = 0
    for (const file of readdirSync(vectorPath(folder))) {
      for (const { entry_hash, ...entry } of vectorJson<ClaimFile>(`${folder}/${file}`).audit_bundle
        .entries) {
        if (/\d\.\d+[,}]/.test(JSON.stringify(entry.detail))) {
          expectRefusal('ERR_CODEC_NOT_CANONICALIZABLE', () => sortedAsciiJson(entry)) // TRACE F1: no floats
          continue
        }
        expect(createHash('sha256').update(sortedAsciiJson(entry)).digest('hex'), file).toBe(entry_hash)
        right++
      }
    }
    expect(right).toBeGreaterThan(10)
  })

  for (const file of ['01-valid-software-only.json', '08-non-ascii.json']) {
    it(`is what ${file} is signed over`, () => {
      const { signature, ...claim } = vectorJson<ClaimFile>(`${folder}/${file}`).claim
      const key = createPublicKey({ key: { ...claim.trace.cnf.jwk }, format: 'jwk' })
      const signed = Buffer.from(sortedAsciiJson(claim))
      expect(verify(null, signed, key, Buffer.from(signature, 'base64url'))).toBe(true)
    })
  }
})
