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

/** What {@link parseTime} accepts; at once for the spelling that `Date` writes, which every receipt of ours has. */
export function isTime(value: unknown): value is string {
  return (typeof value === 'string' && isUsualTime(value)) || parseTime(value) !== undefined
}

/** `YYYY-MM-DDTHH:MM:SS.mmmZ` with a day up to 28, which every month has. */
function isUsualTime(text: string): boolean {
  if (text.length !== 24) return false
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  return (
    twoDigits(text, 0) >= 0 &&
    twoDigits(text, 2) >= 0 &&
    text[4] === '-' &&
    month >= 1 &&
    month <= 12 &&
    text[7] === '-' &&
    day >= 1 &&
    day <= 28 &&
    text[10] === 'T' &&
    isBelow(twoDigits(text, 11), 24) &&
    text[13] === ':' &&
    isBelow(twoDigits(text, 14), 60) &&
    text[16] === ':' &&
    isBelow(twoDigits(text, 17), 60) &&
    text[19] === '.' &&
    twoDigits(text, 20) >= 0 &&
    twoDigits(text, 21) >= 0 &&
    text[23] === 'Z'
  )
}

function isBelow(number: number, bound: number): boolean {
  return number >= 0 && number < bound
}

/** Value of two decimal digits; negative when they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30
  const ones = text.charCodeAt(at + 1) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : -1
}
