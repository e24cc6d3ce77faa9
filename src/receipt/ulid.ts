// ULIDs: 48 bits of time, 80 bits of randomness, 26 characters of Crockford's base 32 (VAR R-5).

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const HALF = 2 ** 40 // the random part is kept as two numbers of 40 bits, so that counting up needs no big integers
const LOW = 2 ** 20

/**
 * A source of ULIDs that sort in the order in which they were made: within one millisecond, or while the clock
 * stands still or runs back, the random part counts up instead.
 *
 * @param randomBytes bytes from a secure random generator.
 * @returns a function of the time in epoch milliseconds.
 */
export function createUlidSource(randomBytes: (length: number) => Uint8Array): (nowMs: number) => string {
  let lastMs = -1
  let high = 0
  let low = 0
  let prefix = '' // all but the last four characters, which are the low 20 bits
  return (nowMs) => {
    const ms = Math.floor(nowMs)
    if (!(ms >= 0 && ms < 2 ** 48)) throw new RangeError(`nowMs: expected 0 to 2^48-1, got ${nowMs}`)
    if (ms > lastMs) {
      lastMs = ms
      const bytes = randomBytes(10)
      high = bytes.subarray(0, 5).reduce((value, byte) => value * 256 + byte, 0)
      low = bytes.subarray(5).reduce((value, byte) => value * 256 + byte, 0)
      prefix = ''
    } else {
      low++
      if (low % LOW === 0) prefix = ''
      if (low === HALF) {
        low = 0
        high++
      }
      if (high === HALF) {
        high = 0
        lastMs++ // the random part is used up: borrow the next millisecond
      }
    }
    if (prefix === '') prefix = base32(lastMs, 10) + base32(high, 8) + base32(Math.floor(low / LOW), 4)
    return prefix + base32(low % LOW, 4)
  }
}

/** The last `digits` digits of a whole number in base 32. */
function base32(value: number, digits: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < digits; i++) {
    text = ALPHABET.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}
