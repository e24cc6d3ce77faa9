import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import canonicalize from 'canonicalize'
import { describe, expect, it } from 'vitest'
import { jcs, jcsBytes } from '../../src/codec/jcs.js'
import { parseJson } from '../../src/codec/json-parse.js'
import type { JsonObject } from '../../src/codec/json-value.js'
import { jsonDepthMax } from '../../src/limits.js'
import { describeVectors, vectorBytes, vectorJson, vectorPath } from '../support/vectors.js'
import { randomJson, randomNumber, rounds } from './random.js'
import { expectRefusal } from './refusal.js'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describeVectors('jcs vectors', () => {
  for (const file of readdirSync(vectorPath('jcs/input'))) {
    it(`writes the bytes of RFC 8785 for ${file}`, () => {
      const value = parseJson(vectorBytes(`jcs/input/${file}`), { largeIntegers: 'double' })
      const expected = text(vectorBytes(`jcs/outhex/${file.replace('.json', '.txt')}`)).replace(/\s/g, '')
      expect(Buffer.from(jcsBytes(value)).toString('hex')).toBe(expected)
    })
  }

  for (const file of readdirSync(vectorPath('trace/jcs/input'))) {
    it(`writes the bytes of trace/jcs for ${file}`, () => {
      const bytes = jcsBytes(parseJson(vectorBytes(`trace/jcs/input/${file}`)))
      expect(text(bytes)).toBe(text(vectorBytes(`trace/jcs/output/${file}`)))
    })
  }

  const digests = vectorJson<
    { file: string; expected: { canonical_sha256?: string; canonical_bytes?: number } }[]
  >('trace/index.json').filter((entry) => entry.expected?.canonical_sha256 !== undefined)

  it('finds the seven digests of trace/index.json', () => expect(digests).toHaveLength(7))

  for (const { file, expected } of digests) {
    it(`has the length and digest of ${file}`, () => {
      let value = parseJson(vectorBytes(`trace/${file}`))
      if (file.startsWith('canonicalization-boundary/')) {
        const { signature, ...record } = (value as { record: JsonObject }).record
        expect(signature).toBeTypeOf('string')
        value = record
      }
      const bytes = jcsBytes(value)
      expect(bytes).toHaveLength(expected.canonical_bytes!)
      expect(sha256(bytes)).toBe(expected.canonical_sha256)
    })
  }

  const hashes = vectorJson<{ canonicalHash: { json: string; jcs: string; hash: string }[] }>(
    'var/hash/hashes.json',
  )
  for (const vector of hashes.canonicalHash) {
    it(`writes ${vector.json} as VAR does`, () => {
      const value = parseJson(vector.json, { largeIntegers: 'double' })
      expect(jcs(value)).toBe(vector.jcs)
      expect(`sha256:${sha256(jcsBytes(value))}`).toBe(vector.hash)
    })
  }
})

describe('jcs', () => {
  it('writes the numbers of RFC 8785 appendix B', () => {
    const cases: readonly [bits: string, text: string][] = [
      ['0000000000000000', '0'],
      ['8000000000000000', '0'],
      ['0000000000000001', '5e-324'],
      ['8000000000000001', '-5e-324'],
      ['7fefffffffffffff', '1.7976931348623157e+308'],
      ['4340000000000000', '9007199254740992'],
      ['c340000000000000', '-9007199254740992'],
      ['4430000000000000', '295147905179352830000'],
      ['44b52d02c7e14af5', '9.999999999999997e+22'],
      ['44b52d02c7e14af6', '1e+23'],
      ['444b1ae4d6e2ef4e', '999999999999999700000'],
      ['444b1ae4d6e2ef50', '1e+21'],
      ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
      ['3eb0c6f7a0b5ed8d', '0.000001'],
      ['41b3de4355555553', '333333333.3333332'],
      ['becbf647612f3696', '-0.0000033333333333333333'],
      ['43143ff3c1cb0959', '1424953923781206.2'],
    ]
    for (const [bits, expected] of cases) expect(jcs(Buffer.from(bits, 'hex').readDoubleBE())).toBe(expected)
  })

  it('escapes exactly the quote, the backslash and what lies below U+0020', () => {
    for (let code = 0; code < 0x10000; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue
      const char = String.fromCharCode(code)
      const escaped = code < 0x20 || char === '"' || char === '\\'
      if (jcs(char) === `"${char}"` && !escaped) continue
      expect(escaped, `U+${code.toString(16)}`).toBe(true)
      expect(jcs(char)).toMatch(/^"\\(?:["\\bfnrt]|u00[01][0-9a-f])"$/)
      expect(JSON.parse(jcs(char))).toBe(char)
    }
  })

  it('sorts names by UTF-16 units', () => {
    expect(jcs({ '\ufb33': 1, '\u{1f600}': 2, b: 3, a: 4, aa: 5, '': 6, 10: 7, 9: 8 })).toBe(
      '{"":6,"10":7,"9":8,"a":4,"aa":5,"b":3,"\u{1f600}":2,"\ufb33":1}',
    )
  })

  it('drops undefined and symbol members and nulls such items (VAR R-25)', () => {
    expect(jcs({ a: undefined, b: Symbol('s'), c: [undefined, Symbol('s'), 1] })).toBe('{"c":[null,null,1]}')
    // biome-ignore lint/suspicious/noSparseArray: a hole reads as undefined
    expect(jcs([1, , 2])).toBe('[1,null,2]')
  })

  it('refuses what has no JSON form', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    const refused: unknown[] = [
      undefined,
      Symbol('s'),
      () => 1,
      1n,
      [1n],
      { a: Number.NaN },
      Number.POSITIVE_INFINITY,
      '\ud800',
      { '\udc00': 1 },
      ['a\ud83d'],
      '\ude00\ud83d',
      new Date(0),
      new Map([['a', 1]]),
      Uint8Array.of(1),
      Object(1),
      cycle,
    ]
    for (const value of refused) expectRefusal('ERR_CODEC_NOT_CANONICALIZABLE', () => jcs(value))
  })

  it('takes members of class instances and objects without a prototype', () => {
    class Point {
      readonly y = 1
      readonly x = 2
    }
    expect(jcs(new Point())).toBe('{"x":2,"y":1}')
    expect(jcs(parseJson('{"b":1,"__proto__":2}'))).toBe('{"__proto__":2,"b":1}')
  })

  it('writes to the depth limit and no deeper', () => {
    const nested = (depth: number): unknown[] => (depth === 1 ? [] : [nested(depth - 1)])
    expect(jcs(nested(jsonDepthMax))).toHaveLength(2 * jsonDepthMax)
    expectRefusal('ERR_CODEC_NOT_CANONICALIZABLE', () => jcs(nested(jsonDepthMax + 1)))
  })

  it('agrees with another implementation and survives a round trip', () => {
    for (let round = 0; round < rounds(1_000); round++) {
      const value = randomJson(5, randomNumber)
      const canonical = jcs(value)
      expect(canonical).toBe(canonicalize(value))
      expect(text(jcsBytes(value))).toBe(canonical)
      expect(jcs(parseJson(canonical, { largeIntegers: 'double' }))).toBe(canonical)
    }
  })
})
