// Why: codes are API. A row nobody throws is a promise nobody keeps, and a code no test provokes may not work.
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/errors.js'
import { sourceFiles } from '../support/sources.js'

const CODES = Object.keys(ERROR_CODES)
const found = (folder: string, pattern: RegExp) =>
  new Set(sourceFiles(folder, ['.ts', '.mjs']).flatMap((file) => file.text.match(pattern) ?? []))

describe('gate: errors', () => {
  // In the registry a code is a member name; where it is used it is a string.
  const inSource = found('src', /(?<=')ERR_[A-Z0-9_]*[A-Z0-9](?=')/g)
  const inTests = found('test', /\bERR_[A-Z0-9_]*[A-Z0-9]\b/g)

  it('every code is ERR_<ROOM>_<CONDITION> and explained in two parts', () => {
    for (const [code, [meaning, next]] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(
        /^ERR_(CODEC|CRYPTO|POLICY|RECEIPT|LEDGER|SEALER|RECORD|ATTEST|ANCHOR|STORE|VERIFY|RUNTIME|GATEWAY|CLI)_[A-Z0-9_]+$/,
      )
      expect(meaning.length, code).toBeGreaterThan(10)
      expect(next.length, code).toBeGreaterThan(3)
    }
  })

  it('every code in the registry is used by the source', () => {
    expect(CODES.filter((code) => !inSource.has(code))).toEqual([])
  })

  it('every code in the registry is provoked by a test', () => {
    expect(CODES.filter((code) => !inTests.has(code))).toEqual([])
  })

  it('no code is used that the registry does not have', () => {
    const known = new Set(CODES)
    expect(
      [...inSource].filter(
        (code) => !known.has(code) && !/^ERR_(OSSL|REQUIRE|MODULE|DLOPEN|OUT_OF)/.test(code),
      ),
    ).toEqual([])
  })
})
