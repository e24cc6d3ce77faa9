// Repeatable randomness for tests: SHA-256 in counter mode over a printed seed.
import { createHash, randomInt } from 'node:crypto'

export interface SeededRandom {
  readonly seed: string
  bytes(length: number): Uint8Array
  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number
}

/** Seed from `TRACEVAR_SEED` or by chance; it is printed. */
export function seededRandom(): SeededRandom {
  const seed = process.env.TRACEVAR_SEED ?? String(randomInt(2 ** 32))
  console.log(`seed ${seed} (TRACEVAR_SEED repeats it)`)
  let counter = 0
  const block = (): Buffer => createHash('sha256').update(`${seed}/${counter++}`).digest()
  return {
    seed,
    bytes(length) {
      const blocks: Buffer[] = []
      for (let have = 0; have < length; have += 32) blocks.push(block())
      return new Uint8Array(Buffer.concat(blocks)).slice(0, length)
    },
    below: (bound) => block().readUInt32LE(0) % bound,
  }
}
