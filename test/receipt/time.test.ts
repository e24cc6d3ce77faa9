import { expect, it } from 'vitest'
import { isTime, parseTime } from '../../src/receipt/time.js'
import { below, pick, rounds } from '../codec/random.js'

it('reads RFC 3339 times in UTC, with and without fraction', () => {
  expect(parseTime('1970-01-01T00:00:00Z')).toBe(0)
  expect(parseTime('2026-03-01T09:00:01.500Z')).toBe(Date.UTC(2026, 2, 1, 9, 0, 1, 500))
  expect(parseTime('2024-02-29T23:59:59.9999Z')).toBe(Date.UTC(2024, 1, 29, 23, 59, 59, 999))
  expect(parseTime('0001-01-01T00:00:00Z')).toBe(Date.parse('0001-01-01T00:00:00Z'))
})

it('refuses everything else', () => {
  const bad = [
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+00:00',
    '2026-01-01t00:00:00z',
    '2026-01-01 00:00:00Z',
    '2026-01-01T00:00:00.Z',
    ' 2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z\n',
    '2026-01-01',
    'yesterday',
    0,
    null,
    undefined,
  ]
  for (const value of bad) {
    expect(parseTime(value), String(value)).toBeUndefined()
    expect(isTime(value), String(value)).toBe(false)
  }
})

it('isTime accepts what parseTime reads', () => {
  let accepted = 0
  for (let n = 0; n < rounds(20_000); n++) {
    const text = new Date((below(2 ** 31) - 2 ** 30) * 4000 + below(1000)).toISOString()
    const at = below(text.length)
    const other =
      below(3) === 0 ? text : text.slice(0, at) + pick([...'0123456789-:.TZ ']) + text.slice(at + 1)
    const isRead = parseTime(other) !== undefined
    if (isRead) accepted++
    expect(isTime(other), other).toBe(isRead)
  }
  expect(accepted).toBeGreaterThan(0)
})
