// Times of receipts: RFC 3339 in UTC (VAR R-7).

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?Z$/

/**
 * Epoch milliseconds of an RFC 3339 time that ends in `Z`; undefined for anything else. What lies below a
 * millisecond is cut off.
 * Refused too: days that the month does not have, other offsets, lower case, leap seconds.
 */
export function parseTime(value: unknown): number | undefined {
  const parts = typeof value === 'string' ? TIME.exec(value) : null
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day) // not Date.UTC, which reads the years 0 to 99 as 1900 to 1999
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  return date.setUTCHours(hour, minute, second) + Number((parts[7] ?? '').slice(1, 4).padEnd(3, '0'))
}
