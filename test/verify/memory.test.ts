// 10 million receipts within 256 MB (TRACEVAR_LONG=1); always, the same on a small number with the same arithmetic.
// Signatures are taken as good here: what is measured is what verification keeps.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { SyncBackend } from '../../src/crypto/backend.js'
import { batchCount } from '../../src/crypto/packed-batch.js'
import { fileSpill } from '../../src/verify/host.js'
import type { SpillFactory } from '../../src/verify/random-access.js'
import { verifyChainStream } from '../../src/verify/verify-chain-stream.js'
import { backend, chainOf, keys, ndjson } from './support.js'

const CEILING_BYTES = 256 * 1024 * 1024

const credulous: SyncBackend = {
  ...backend,
  ed25519VerifyMany: (_keys, _signatures, batch) => new Uint8Array(batchCount(batch)).fill(1),
}

const [manifest, action] = chainOf(['workflow_manifest'], ['action_receipt']).map((receipt) =>
  ndjson([receipt]),
) as [string, string]

/** An action receipt and its outcome in turn, as text; links are not right, which L2 says once for each, up to a bound. */
async function* receipts(count: number): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(manifest)
  for (let first = 1; first < count; first += 1000) {
    let text = ''
    for (let i = first; i < Math.min(first + 1000, count); i++) {
      text += action
        .replace('"id-1"', `"01KJMA0FM0ASSJPET8KX${i}"`)
        .replace('"sequence_number":1,', `"sequence_number":${i},`)
    }
    yield encoder.encode(text)
  }
}

/** Verifies so many receipts; gives the most memory in use besides what was there before, in bytes. */
async function peakOf(count: number, spill: SpillFactory): Promise<number> {
  const inUse = () => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  globalThis.gc?.()
  const before = inUse()
  let peak = 0
  let seen = 0
  const result = await verifyChainStream(receipts(count), keys, credulous, {
    spill,
    reread: () => ({ read: async () => new Uint8Array(0) }),
    onReceipt: () => {
      if (seen++ % 4096 === 0) peak = Math.max(peak, inUse() - before)
    },
  })
  expect(result.chain.count).toBe(count)
  expect(result.layers.L1.status).toBe('PASS')
  return peak
}

/** Counts what is put aside. */
function countingSpill(): { spill: SpillFactory; bytes: () => number } {
  let total = 0
  return {
    bytes: () => total,
    spill: async () => {
      const inner = await fileSpill()
      return {
        ...inner,
        append: (bytes) => {
          total += bytes.length
          return inner.append(bytes)
        },
      }
    },
  }
}

it('ids of receipts that are in order take 8 bytes each, so 10 million take 80 MB, 32 of them in memory', async () => {
  const { spill, bytes } = countingSpill()
  const peak = await peakOf(20_000, spill)
  expect(bytes()).toBe(0) // 160 KB: nothing to put aside yet
  expect(peak).toBeLessThan(CEILING_BYTES)
})

it.runIf(process.env.TRACEVAR_LONG === '1')(
  '10 million receipts stay below 256 MB (skipped without TRACEVAR_LONG=1: takes minutes)',
  async () => {
    const count = 10_000_000
    const { spill, bytes } = countingSpill()
    const peak = await peakOf(count, spill)
    const vmHwm = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    process.stdout.write(
      `10,000,000 receipts: ${peak} bytes in use, ${bytes()} put aside, VmHWM ${vmHwm} KB\n`,
    )
    expect(peak).toBeLessThan(CEILING_BYTES)
    expect(bytes() / count).toBeLessThan(8)
  },
  3_600_000,
)
