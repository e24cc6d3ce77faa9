// ULIDs: 48 bits of time, 80 bits of randomness, 26 characters of Crockford's base 32 (VAR R-5).

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const RANDOM_MAX = (1n << 80n) - 1n

/**
 * A source of ULIDs that sort in the order in which they were made: within one millisecond, or while the clock
 * stands still or runs back, the random part counts up instead.
 *
 * @param randomBytes bytes from a secure random generator.
 * @returns a function of the time in epoch milliseconds.
 */
export function createUlidSource(randomBytes: (length: number) => Uint8Array): (nowMs: number) => string {
  let lastMs = -1
  let random = 0n
  return (nowMs) => {
    const ms = Math.floor(nowMs)
    if (!(ms >= 0 && ms < 2 ** 48)) throw new RangeError(`nowMs: expected 0 to 2^48-1, got ${nowMs}`)
    if (ms > lastMs) {
      lastMs = ms
      random = randomBytes(10).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
    } else if (random < RANDOM_MAX) {
      random++
    } else {
      lastMs++ // the random part is used up: borrow the next millisecond
      random = 0n
    }
    return base32((BigInt(lastMs) << 80n) | random)
  }
}

function base32(value: bigint): string {
  let text = ''
  for (let shift = 125n; shift >= 0n; shift -= 5n) text += ALPHABET.charAt(Number((value >> shift) & 31n))
  return text
}
