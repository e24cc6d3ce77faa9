import { describe, expect, it } from 'vitest'
import { jcs } from '../../src/codec/jcs.js'
import { parseJson } from '../../src/codec/json-parse.js'
import { isJsonObject } from '../../src/codec/json-value.js'
import { type ErrorCode, ParseError } from '../../src/errors.js'
import { jsonBytesMax, jsonDepthMax, jsonValuesMax } from '../../src/limits.js'
import { describeVectors, vectorBytes, vectorJson } from '../support/vectors.js'
import { mutate, randomJson, randomNumber, rounds } from './random.js'
import { expectRefusal, refusal } from './refusal.js'

const utf8 = (text: string) => new TextEncoder().encode(text)

/** JSONTestSuite takes these; we refuse them (DESIGN decision 2). */
const DUPLICATE_NAME_TEXTS = ['y_object_duplicated_key.json', 'y_object_duplicated_key_and_value.json']

describeVectors('json/parsing.json', () => {
  const texts = vectorJson<Record<string, string>>('json/parsing.json')

  it('holds all 316 texts', () => expect(Object.keys(texts)).toHaveLength(316))

  for (const [name, base64] of Object.entries(texts)) {
    const parse = () => parseJson(new Uint8Array(Buffer.from(base64, 'base64')), { largeIntegers: 'double' })
    if (DUPLICATE_NAME_TEXTS.includes(name)) {
      it(`refuses ${name}`, () => expectRefusal('ERR_CODEC_JSON_DUPLICATE_NAME', parse))
    } else if (name.startsWith('y_')) {
      it(`reads ${name} as JSON.parse does`, () => {
        const expected = JSON.parse(Buffer.from(base64, 'base64').toString())
        expect(jcs(parse())).toBe(jcs(expected))
      })
    } else if (name.startsWith('n_')) {
      it(`refuses ${name}`, () => expect(refusal(parse)).toBeInstanceOf(ParseError))
    } else {
      it(`reads or refuses ${name}, and nothing else`, () => {
        let read = true
        try {
          parse()
        } catch (error) {
          read = false
          expect(error).toBeInstanceOf(ParseError)
        }
        if (read) expect(() => JSON.parse(Buffer.from(base64, 'base64').toString())).not.toThrow()
      })
    }
  }
})

describeVectors('large integers in VAR chains (VAR 3.6 b)', () => {
  const lines = (path: string) => Buffer.from(vectorBytes(path)).toString().trimEnd().split('\n')
  const exact = { largeIntegers: 'exact' } as const

  it('takes 1e+21 of a valid chain, which is refused by default', () => {
    const chain = lines('var/valid/big-2000-full.ndjson')
    for (const line of chain) expect(jcs(parseJson(line, exact))).toBe(jcs(JSON.parse(line)))
    expectRefusal('ERR_CODEC_JSON_UNSAFE_NUMBER', () => parseJson(chain[0]!))
  })

  it('refuses an integer that was spelled anew', () => {
    const parse = () =>
      lines('var/adversarial/unsafe-integer-text.ndjson').map((line) => parseJson(line, exact))
    expectRefusal('ERR_CODEC_JSON_UNSAFE_NUMBER', parse)
  })
})

describe('parseJson', () => {
  const refused: readonly [text: string, code: ErrorCode, offset: number, line: number, column: number][] = [
    ['', 'ERR_CODEC_JSON_SYNTAX', 0, 1, 1],
    ['{"a":1,}', 'ERR_CODEC_JSON_SYNTAX', 7, 1, 8],
    ['{"a":1}x', 'ERR_CODEC_JSON_SYNTAX', 7, 1, 8],
    ['{\n "a": 1,\n "b": tru\n}', 'ERR_CODEC_JSON_SYNTAX', 17, 3, 7],
    ['[1 2]', 'ERR_CODEC_JSON_SYNTAX', 3, 1, 4],
    ['{"a" 1}', 'ERR_CODEC_JSON_SYNTAX', 5, 1, 6],
    ['{"a":1', 'ERR_CODEC_JSON_SYNTAX', 6, 1, 7],
    ['[01]', 'ERR_CODEC_JSON_SYNTAX', 2, 1, 3],
    ['"a', 'ERR_CODEC_JSON_SYNTAX', 2, 1, 3],
    ['"a\nb"', 'ERR_CODEC_JSON_SYNTAX', 2, 1, 3],
    ['"ab\\x"', 'ERR_CODEC_JSON_SYNTAX', 3, 1, 4],
    ['"\\u12g4"', 'ERR_CODEC_JSON_SYNTAX', 1, 1, 2],
    ['\ufeff{}', 'ERR_CODEC_JSON_SYNTAX', 0, 1, 1],
    ['{"a":1,\n"a":2}', 'ERR_CODEC_JSON_DUPLICATE_NAME', 8, 2, 1],
    ['{"a":1,"\\u0061":2}', 'ERR_CODEC_JSON_DUPLICATE_NAME', 7, 1, 8],
    ['{"__proto__":1,"__proto__":1}', 'ERR_CODEC_JSON_DUPLICATE_NAME', 15, 1, 16],
    ['{"a":null,"a":1}', 'ERR_CODEC_JSON_DUPLICATE_NAME', 10, 1, 11],
    ['[1,9007199254740992]', 'ERR_CODEC_JSON_UNSAFE_NUMBER', 3, 1, 4],
    ['-9007199254740992', 'ERR_CODEC_JSON_UNSAFE_NUMBER', 0, 1, 1],
    ['1e21', 'ERR_CODEC_JSON_UNSAFE_NUMBER', 0, 1, 1],
    ['1e400', 'ERR_CODEC_JSON_UNSAFE_NUMBER', 0, 1, 1],
    ['["a","\\ud800"]', 'ERR_CODEC_JSON_UNICODE', 5, 1, 6],
    ['"\\udc00\\ud800"', 'ERR_CODEC_JSON_UNICODE', 0, 1, 1],
    ['{"\ud800":1}', 'ERR_CODEC_JSON_UNICODE', 1, 1, 2],
  ]
  for (const [text, code, offset, line, column] of refused) {
    it(`refuses ${JSON.stringify(text)} at line ${line}, column ${column}`, () => {
      const error = expectRefusal(code, () => parseJson(text))
      expect((error as ParseError).position).toEqual({ offset, line, column })
      expect(error.message).toContain(`(line ${line}, column ${column})`)
    })
  }

  it('never repeats the text in a message', () => {
    for (const text of ['{"secret":secret}', '{"secret":1,"secret":2}', '["secret\\q"]', 'secret'])
      expect(refusal(() => parseJson(text)).message).not.toContain('secret')
  })

  it('refuses bytes that are not UTF-8, and reads on afterwards', () => {
    expectRefusal('ERR_CODEC_JSON_UNICODE', () => parseJson(Uint8Array.of(0x22, 0xc3, 0x22)))
    expectRefusal('ERR_CODEC_JSON_UNICODE', () => parseJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)))
    expect(parseJson(utf8('"é"'))).toBe('é')
  })

  it('reads to the depth limit and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(parseJson(nested(jsonDepthMax))).toHaveLength(1)
    const error = expectRefusal('ERR_CODEC_JSON_DEPTH', () => parseJson(nested(jsonDepthMax + 1)))
    expect((error as ParseError).position.offset).toBe(jsonDepthMax)
    expectRefusal('ERR_CODEC_JSON_DEPTH', () => parseJson('{"a":'.repeat(200_000)))
    expectRefusal('ERR_CODEC_JSON_DEPTH', () => parseJson('[[1]]', { depthMax: 1 }))
  })

  it('refuses a text above the size limit before reading it', () => {
    expectRefusal('ERR_CODEC_JSON_SIZE', () => parseJson(new Uint8Array(jsonBytesMax + 1)))
    expectRefusal('ERR_CODEC_JSON_SIZE', () => parseJson('[1]', { bytesMax: 2 }))
    expect(parseJson('[1]', { bytesMax: 3 })).toEqual([1])
  })

  it('reads as many values as the limit says and no more', () => {
    const items = (count: number) => `[${'1,'.repeat(count - 1)}1]` // the array itself counts too
    expect(parseJson(items(jsonValuesMax - 1))).toHaveLength(jsonValuesMax - 1)
    const error = expectRefusal('ERR_CODEC_JSON_SIZE', () => parseJson(items(jsonValuesMax)))
    expect((error as ParseError).position.offset).toBe(2 * jsonValuesMax - 1)
  })

  it('makes objects without a prototype, in text order', () => {
    const value = parseJson('{"b":{},"a":[],"__proto__":1,"toString":2}')
    expect(isJsonObject(value) && Object.getPrototypeOf(value)).toBeNull()
    expect(Object.keys(value as object)).toEqual(['b', 'a', '__proto__', 'toString'])
  })

  it.each([
    '1e-400',
    '1070.00000000000000001',
    '9007199254740991.4',
    '0.1000000000000000000001',
    '-1e-5000',
    '5.0000000000000000000001e3',
  ])('refuses %s, which a double changes, unless rounding was asked for', (text) => {
    for (const largeIntegers of ['refuse', 'exact'] as const) {
      expect(() => parseJson(text, { largeIntegers })).toThrow(
        expect.objectContaining({ code: 'ERR_CODEC_JSON_UNSAFE_NUMBER' }),
      )
    }
    expect(parseJson(text, { largeIntegers: 'double' })).toBe(Number(text))
  })

  it.each([
    '0',
    '-0',
    '0.0',
    '0e5',
    '1.10',
    '5.0e3',
    '0.1',
    '1e-7',
    '2.5E-3',
    '0.30000000000000004',
    '5e-324',
    '1.7976931348623157e308',
  ])('takes %s, which a double carries', (text) => {
    const isHuge = Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER
    expect(parseJson(text, { largeIntegers: isHuge ? 'double' : 'refuse' })).toBe(Number(text))
  })

  it('takes large integers only as asked', () => {
    // [text, taken when exact]
    const cases: readonly [text: string, exact: boolean][] = [
      ['9007199254740992', true],
      ['9007199254740993', false],
      ['9007199254740994', true],
      ['-9007199254740993', false],
      ['9007199254740993.5', false],
      ['1e21', true],
      ['1e+21', true],
      ['1000000000000000000000', true],
      ['1000000000000000000001', false],
      ['10000000000000000.000e05', true],
      ['0.1e23', true],
      ['123456789012345680000', false],
      ['123456789012345683968', true],
    ]
    for (const [text, exact] of cases) {
      expectRefusal('ERR_CODEC_JSON_UNSAFE_NUMBER', () => parseJson(text))
      expect(parseJson(text, { largeIntegers: 'double' })).toBe(Number(text))
      const parse = () => parseJson(text, { largeIntegers: 'exact' })
      if (exact) expect(parse()).toBe(Number(text))
      else expectRefusal('ERR_CODEC_JSON_UNSAFE_NUMBER', parse)
    }
    for (const largeIntegers of ['refuse', 'exact', 'double'] as const)
      expectRefusal('ERR_CODEC_JSON_UNSAFE_NUMBER', () => parseJson('-1e309', { largeIntegers }))
  })

  it('reads what JSON.stringify writes, and JCS of both is the same', () => {
    for (let round = 0; round < rounds(1_000); round++) {
      const value = randomJson(5, randomNumber)
      const text = JSON.stringify(value, null, round % 3)
      const parsed = parseJson(round % 2 === 0 ? text : utf8(text), { largeIntegers: 'double' })
      expect(jcs(parsed)).toBe(jcs(JSON.parse(text)))
    }
  })

  it('agrees with JSON.parse on damaged texts, but for what it refuses on purpose', () => {
    const stricter = ['_DUPLICATE_NAME', '_UNICODE', '_UNSAFE_NUMBER'].map((end) => `ERR_CODEC_JSON${end}`)
    let read = 0
    for (let round = 0; round < rounds(4_000); round++) {
      const bytes = mutate(utf8(JSON.stringify(randomJson(3, randomNumber))))
      let parsed: unknown
      try {
        parsed = parseJson(bytes, { largeIntegers: 'double' })
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError)
        if (!stricter.includes((error as ParseError).code))
          expect(() => JSON.parse(Buffer.from(bytes).toString())).toThrow(SyntaxError)
        continue
      }
      read++
      expect(jcs(parsed)).toBe(jcs(JSON.parse(Buffer.from(bytes).toString())))
    }
    expect(read).toBeGreaterThan(40)
  })
})
