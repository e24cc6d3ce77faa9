// Repeatable random values for the tests of this room. The seed is printed; TRACEVAR_SEED repeats a run.
import { randomInt } from 'node:crypto'

const seed = process.env.TRACEVAR_SEED === undefined ? randomInt(2 ** 32) : Number(process.env.TRACEVAR_SEED)
console.log(`seed ${seed} (TRACEVAR_SEED repeats it)`)
let state = seed >>> 0

/** Rounds of a random test; twenty times as many with TRACEVAR_LONG=1. */
export function rounds(count: number): number {
  return process.env.TRACEVAR_LONG === '1' ? 20 * count : count
}

/** An integer from 0 to `bound` - 1 (xorshift32: enough to pick test cases with). */
export function below(bound: number): number {
  state = (state + 0x9e3779b9) >>> 0
  let mixed = state
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return ((mixed ^ (mixed >>> 15)) >>> 0) % bound
}

export function pick<T>(items: readonly T[]): T {
  return items[below(items.length)]!
}

export function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

export function randomBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(256))
}

/** A string of up to 12 code points from all planes, without lone surrogates. */
export function randomText(): string {
  const ranges = [
    [0, 0x20],
    [0x20, 0x7f],
    [0x20, 0x7f],
    [0x7f, 0x800],
    [0x2000, 0xd800],
    [0xe000, 0x10000],
    [0x10000, 0x110000],
  ] as const
  return times(below(13), () => {
    const [from, to] = pick(ranges)
    return String.fromCodePoint(from + below(to - from))
  }).join('')
}

/** A finite double from everywhere in the range, half of them integers. */
export function randomNumber(): number {
  if (below(2) === 0) return (below(2 ** 27) - 2 ** 26) * pick([1, 1, 7, 2 ** 26])
  const view = new DataView(randomBytes(8).buffer)
  const number = view.getFloat64(0)
  return Number.isFinite(number) ? number : below(1000) / 8
}

/** A JSON value; `number` makes its numbers. */
export function randomJson(depth: number, number: () => number): unknown {
  switch (below(depth > 0 ? 8 : 6)) {
    case 0:
      return null
    case 1:
      return below(2) === 0
    case 2:
    case 3:
      return number()
    case 4:
    case 5:
      return randomText()
    case 6:
      return times(below(5), () => randomJson(depth - 1, number))
    default:
      return Object.fromEntries(
        times(below(6), () => [pick([randomText(), '__proto__', '1', 'a']), randomJson(depth - 1, number)]),
      )
  }
}

/** A copy with one to three bytes changed, added or taken away. */
export function mutate(bytes: Uint8Array): Uint8Array {
  const copy = Array.from(bytes)
  for (let count = 1 + below(3); count > 0; count--) {
    const at = below(copy.length + 1)
    const kind = below(4)
    if (kind === 0) copy.splice(at, 1)
    else if (kind === 1) copy.splice(at, 0, below(256))
    else if (kind === 2) copy[at] = below(256)
    else copy[at] = (copy[at] ?? 0) ^ (1 << below(8))
  }
  return Uint8Array.from(copy)
}
