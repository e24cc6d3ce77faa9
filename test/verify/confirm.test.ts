// Lines that native code confirms: reports are the same as without it, for every vector; and the lines that should be
// confirmed are.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Backend } from '../../src/crypto/backend.js'
import { type KeySet, keySetOf, parseKeyFile, singleKey } from '../../src/crypto/key-set.js'
import { MEMBER_RULES } from '../../src/verify/confirm-context.js'
import { readBlocks } from '../../src/verify/line-blocks.js'
import { verifyChainStream } from '../../src/verify/verify-chain-stream.js'
import { verifyExport } from '../../src/verify/verify-export.js'
import { ROOT } from '../native/addon.js'
import { describeVectors, vectorBytes, vectorPath } from '../support/vectors.js'
import { describeConfirming } from './confirming.js'
import { bytesOf, chainOf, key, keys, type Members, ndjson, type Step } from './support.js'

/** Files of a folder and below, by a name's ending. */
function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
}

/** Calls and outcomes in turn, with a manifest before and a close after them. */
function usualSteps(calls: number, each: (i: number) => Members = () => ({})): Step[] {
  const steps: Step[] = [['workflow_manifest', { declared_tools: ['read_file', 'stripe_refund'] }]]
  for (let i = 0; i < calls; i++)
    steps.push(['action_receipt', each(i)], ['post_receipt', { pre_receipt_id: `id-${2 * i + 1}` }])
  return [...steps, ['workflow_closed', { total_calls: calls, total_blocked: 0 }]]
}

describeConfirming('confirmed lines', ({ plain, confirming }) => {
  /** The report with and without; both must be the same. Gives how many lines were confirmed. */
  async function compare(
    input: string | Uint8Array,
    trusted = keys as KeySet,
    sizes = [{}],
  ): Promise<number> {
    const verifyWith = (backend: Backend) => verifyChainStream(bytesOf(input, 1000), trusted, backend)
    const expected = await verifyWith(plain)
    let confirmed = 0
    for (const size of sizes)
      expect(await verifyWith(confirming(size, (count) => (confirmed += count)))).toEqual(expected)
    return confirmed
  }

  it('confirms every call and outcome of a clean chain but those before the context is known', async () => {
    const confirmed = await compare(ndjson(chainOf(...usualSteps(100))))
    expect(confirmed).toBe(198) // one of each kind is learned from
  })

  it('confirms across blocks, the last of which has no line feed', async () => {
    const text = ndjson(chainOf(...usualSteps(50))).slice(0, -1)
    const sizes = [1500, 4000, 20_000].flatMap((blockBytes) =>
      [1, 2, 3].map((jobsMax) => ({ blockBytes, jobsMax })),
    )
    expect(await compare(text, keys as KeySet, sizes)).toBeGreaterThan(95 * sizes.length)
  })

  it('confirms calls that say what moves money, and such that need not', async () => {
    const chain = chainOf(
      ...usualSteps(40, (i) => [{}, { tool_name: 'stripe_refund', money_action: true }][i % 2] as Members),
    )
    expect(await compare(ndjson(chain))).toBe(78)
  })

  it('leaves an untagged call with an outcome to be found', async () => {
    const chain = chainOf(...usualSteps(40, (i) => (i === 20 ? { money_action: undefined } : {})))
    const result = await verifyChainStream(bytesOf(ndjson(chain)), keys, confirming({ blockBytes: 4000 }))
    expect(result.findings.map(({ code, index }) => [code, index])).toEqual([
      ['MONEY_ACTION_TAG_MISSING', 42],
    ])
    await compare(ndjson(chain), keys as KeySet, [{ blockBytes: 4000 }])
  })

  it('finds an id twice, in blocks far from each other', async () => {
    const steps = usualSteps(60)
    steps[101] = ['action_receipt', { receipt_id: 'id-11' }]
    const text = ndjson(chainOf(...steps))
    const result = await verifyChainStream(bytesOf(text), keys, confirming({ blockBytes: 3000 }))
    expect(result.findings.map(({ code, index }) => [code, index])).toEqual([['DUPLICATE_RECEIPT_ID', 101]])
    await compare(text, keys as KeySet, [{ blockBytes: 3000 }])
  })

  it('sees time that goes back across blocks', async () => {
    for (const seconds of [250, 350]) {
      const steps = usualSteps(60)
      const late = Date.UTC(2026, 2, 1) + 1000 * 70
      steps[70] = ['post_receipt', { issued_at: new Date(late + 1000 * (seconds - 1)).toISOString() }]
      const text = ndjson(chainOf(...steps))
      await compare(text, keys as KeySet, [{ blockBytes: 2000 }, { blockBytes: 1 << 20 }])
    }
  })

  it('a chain in which every second line is not plain costs tries, not one for each line', async () => {
    const steps = usualSteps(400, () => ({ billable_reason: 'DEGRADED_SESSION' }))
    let tries = 0
    await verifyChainStream(
      bytesOf(ndjson(chainOf(...steps))),
      keys,
      confirming({}, () => tries++),
    )
    expect(tries).toBeLessThan(20)
  })

  it('every consumer that wants receipts gets every receipt', async () => {
    let seen = 0
    const backend = confirming({}, () => expect.fail('nothing may be confirmed'))
    await verifyChainStream(bytesOf(ndjson(chainOf(...usualSteps(20)))), keys, backend, {
      onReceipt: () => {
        seen++
      },
    })
    expect(seen).toBe(42)
  })

  it('an order that breaks late is put right from the start', async () => {
    const lines = ndjson(chainOf(...usualSteps(60))).split(/(?<=\n)/)
    const [moved] = lines.splice(20, 1) as [string]
    const text = [...lines, moved].join('')
    expect(await compare(text, keys as KeySet, [{ blockBytes: 2000 }])).toBeGreaterThan(10)
  })

  it('the rules of members are numbered alike on both sides', () => {
    const header = readFileSync(join(ROOT, 'native/core/archive_context.h'), 'utf8')
    const list = /enum class MemberRule : uint8_t \{([^}]*(?:\{[^}]*\}[^}]*)*)\n\};/.exec(header)?.[1] ?? ''
    const names = [...list.matchAll(/^ {2}k(\w+),/gm)].map(([, name]) =>
      name?.replace(/^./, (c) => c.toLowerCase()),
    )
    expect(names).toEqual(MEMBER_RULES)
  })

  it('exports with annexes give the same reports', async () => {
    const folder = join(ROOT, 'vectors/exports')
    const trusted = filesBelow(join(ROOT, 'vectors/keys'), '.jwks')
    expect(trusted.length).toBeGreaterThan(0)
    const keySet = parseKeyFile(
      readFileSync(join(ROOT, 'vectors/keys', trusted[0] as string)),
      trusted[0] as string,
    )
    for (const name of readdirSync(folder)) {
      const bytes = async (file: string) => {
        const path = join(folder, name, file)
        return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined
      }
      const files = {
        bytes,
        stream: async (file: string) => {
          const all = await bytes(file)
          return all && bytesOf(all)
        },
      }
      const report = (backend: Backend) => verifyExport(files, keySet, backend, { nowSec: 1_900_000_000 })
      expect(await report(confirming({ blockBytes: 3000 })), name).toEqual(await report(plain))
    }
  })
})

describeVectors('confirmed lines, shared vectors', () => {
  describeConfirming('every chain file', ({ plain, confirming }) => {
    const rows = JSON.parse(readFileSync(vectorPath('var/index.json'), 'utf8')) as {
      readonly file?: string
      readonly key_hex?: string
      readonly jwks?: readonly string[]
    }[]
    const all = parseKeyFile(vectorBytes('var/jwks.json'), 'jwks.json').all()

    it('gives the same report', async () => {
      let confirmed = 0
      for (const { file, key_hex: hex, jwks } of rows) {
        if (!file?.endsWith('.ndjson')) continue
        const trusted =
          jwks === undefined
            ? singleKey(new Uint8Array(Buffer.from(hex ?? '', 'hex')))
            : keySetOf(all.filter(({ keyId }) => jwks.includes(keyId as string)))
        const sidecar = existsSync(vectorPath(`var/${file}.tsa`)) ? vectorBytes(`var/${file}.tsa`) : undefined
        const verifyWith = (backend: Backend) =>
          verifyChainStream(bytesOf(vectorBytes(`var/${file}`)), trusted, backend, {
            ...(sidecar && { sidecar: bytesOf(sidecar) }),
          })
        const expected = await verifyWith(plain)
        for (const blockBytes of [3000, 1 << 20]) {
          const backend = confirming({ blockBytes, jobsMax: 2 }, (count) => (confirmed += count))
          expect(await verifyWith(backend), file).toEqual(expected)
        }
      }
      expect(confirmed).toBeGreaterThan(200)
    }, 120_000)
  })
})

it('blocks hold the bytes of an input, whatever its pieces', async () => {
  const text = 'a\nbb\n\nccccccccccccccccccccccc\nd\ne'
  for (const size of [1, 3, 7, 100]) {
    for (const blockBytes of [1, 4, 8, 64]) {
      let joined = ''
      for await (const { bytes, isWhole } of readBlocks(bytesOf(text, size), 2, blockBytes)) {
        const piece = new TextDecoder().decode(bytes)
        if (isWhole) {
          expect(piece.endsWith('\n')).toBe(true)
          expect(joined === '' || joined.endsWith('\n')).toBe(true)
        }
        joined += piece
      }
      expect(joined).toBe(text)
    }
  }
})

it('the key of the tests is the one that chains are signed with', () => {
  expect(keys.resolve('k1')).toEqual(key.publicKey)
})
