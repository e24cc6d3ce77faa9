// Lines, spills, sorting: whatever the pieces, the order and the bound, the result is the same.
import { expect, it } from 'vitest'
import { batchCount } from '../../src/crypto/packed-batch.js'
import {
  findingsMax,
  jsonValueBytes,
  lineBytesMax,
  lineReadBytes,
  lineValuesMax,
  pairingBytesPerReceiptMax,
  readChunkBytes,
  verifyBatchBytesMax,
} from '../../src/limits.js'
import { fileSpill } from '../../src/verify/host.js'
import { idUses } from '../../src/verify/id-log.js'
import { LineOrder } from '../../src/verify/line-order.js'
import { parseLine, readLines } from '../../src/verify/line-reader.js'
import {
  LineAccess,
  memorySpill,
  readAll,
  type Spill,
  type SpillFactory,
} from '../../src/verify/random-access.js'
import type { ChainResult } from '../../src/verify/report.js'
import { verifyChainStream } from '../../src/verify/verify-chain-stream.js'
import { WordSorter } from '../../src/verify/word-sorter.js'
import { backend, bytesOf, chainOf, keys, type Members, ndjson, type Step, verify } from './support.js'

const seed = Number(process.env.TRACEVAR_SEED ?? Date.now() % 2 ** 31)
process.stdout.write(`streams.test.ts: TRACEVAR_SEED=${seed}\n`)

/** Numbers of at least 0 and below `below`, from a seed. */
function numbers(from: number): (below: number) => number {
  let state = from
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const SPILLS: [string, SpillFactory][] = [
  ['memory', memorySpill],
  ['file', fileSpill],
]

async function linesOf(text: string | Uint8Array, size: number) {
  const lines = []
  for await (const batch of readLines(bytesOf(text, size))) lines.push(...batch)
  return lines
}

it('lines are the same whatever the chunks', async () => {
  const text = '\n{"a":1}\r\n\n  \t\n{"b":"é"}\n{"c":3}'
  const whole = await linesOf(text, 1000)
  expect(whole.map(({ fileIndex, offset }) => [fileIndex, offset])).toEqual([
    [1, 1],
    [4, 15],
    [5, 26],
  ])
  expect(whole.map((line) => parseLine(line).ok)).toEqual([true, true, true])
  for (let size = 1; size < 30; size++) expect(await linesOf(text, size), String(size)).toEqual(whole)
})

it('a line outlives its chunk, whose memory is used again', async () => {
  async function* reusing() {
    const chunk = new Uint8Array(4)
    for (const piece of ['{"a"', ':1}\n', '{"b"', ':2}\n'])
      yield new TextEncoder().encodeInto(piece, chunk) && chunk
  }
  const texts: string[] = []
  for await (const batch of readLines(reusing()))
    for (const { bytes } of batch) texts.push(new TextDecoder().decode(bytes))
  expect(texts).toEqual(['{"a":1}', '{"b":2}'])
})

it('a line that is too long is refused, and the next one read', async () => {
  const lines = await linesOf(`"${'x'.repeat(lineBytesMax)}"\n{"a":1}\n`, 1 << 16)
  expect(lines.map(({ fileIndex }) => fileIndex)).toEqual([0, 1])
  expect(lines.map((line) => parseLine(line))).toMatchObject([
    { ok: false, code: 'MALFORMED_LINE' },
    { ok: true },
  ])
  expect((await linesOf('x'.repeat(lineBytesMax), 1 << 16))[0]?.bytes?.length).toBe(lineBytesMax)
})

for (const [name, openSpill] of SPILLS) {
  it(`${name} spill gives back what was put aside`, async () => {
    const random = numbers(seed)
    const spill = await openSpill()
    const bytes = Uint8Array.from({ length: 50_000 }, () => random(256))
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.slice(at, at + random(3000))
      await spill.append(piece)
      at += piece.length
      piece.fill(0) // the caller may use its memory again
    }
    for (let round = 0; round < 200; round++) {
      const [offset, length] = [random(60_000), random(5000)]
      expect(Buffer.compare(await spill.read(offset, length), bytes.slice(offset, offset + length))).toBe(0)
    }
    const all = []
    for await (const chunk of readAll(spill)) all.push(...chunk)
    expect(Buffer.compare(Uint8Array.from(all), bytes)).toBe(0)
    await spill.close()
  })

  it(`a sorter with a ${name} spill sorts more words than it holds`, async () => {
    const random = numbers(seed)
    const spills: Spill[] = []
    const sorter = new WordSorter(async () => {
      const spill = await openSpill()
      spills.push(spill)
      return spill
    }, 64 * 1024) // 8,192 words
    const count = 50_000
    const sums = [0, 0]
    for (let i = 0; i < count; i += 1000) {
      const pairs = Array.from({ length: 2000 }, () => random(2 ** 32))
      for (const [j, half] of pairs.entries()) sums[j % 2] = (sums[j % 2]! + half) % 2 ** 32
      await sorter.add(pairs)
    }
    for (let reading = 0; reading < 2; reading++) {
      let words = 0
      let ascending = true
      let last = [-1, -1]
      const found = [0, 0]
      for await (const pairs of sorter.sorted()) {
        for (let i = 0; i < pairs.length; i += 2) {
          const word = [pairs[i]!, pairs[i + 1]!]
          ascending &&= word[0]! > last[0]! || (word[0] === last[0] && word[1]! >= last[1]!)
          last = word
          found[0] = (found[0]! + word[0]!) % 2 ** 32
          found[1] = (found[1]! + word[1]!) % 2 ** 32
          words++
        }
      }
      expect(words).toBe(count)
      expect(ascending).toBe(true)
      expect(found).toEqual(sums)
    }
    expect(spills.length).toBe(1)
    await spills[0]?.close()
  })
}

it('lines at offsets are read whatever their length', async () => {
  const texts = ['{"a":1}', 'x'.repeat(70_000), '', 'y'.repeat(400_000), 'last']
  const spill = await memorySpill()
  await spill.append(new TextEncoder().encode(texts.join('\n')))
  const offsets = texts.map((_, i) => texts.slice(0, i).join('\n').length + (i === 0 ? 0 : 1))
  const access = new LineAccess(spill)
  for (const i of [0, 1, 2, 3, 4, 3, 2, 1, 0, 4, 4]) {
    const bytes = await access.lineAt(offsets[i]!, 1_000_000)
    expect(new TextDecoder().decode(bytes)).toBe(texts[i])
  }
  expect(await access.lineAt(offsets[3]!, 399_999)).toBeUndefined()
})

/** A file of short lines, and how it was read. */
function counted(count: number) {
  const texts = Array.from({ length: count }, (_, i) => `{"sequence_number":${i}}`)
  const bytes = new TextEncoder().encode(`${texts.join('\n')}\n`)
  const read = { times: 0, bytes: 0 }
  const access = new LineAccess({
    read: async (offset, length) => {
      const piece = bytes.slice(offset, offset + length)
      read.times++
      read.bytes += piece.length
      return piece
    },
  })
  let offset = 0
  const offsets = texts.map((text) => {
    const start = offset
    offset += text.length + 1
    return start
  })
  const line = async (i: number) =>
    expect(new TextDecoder().decode(await access.lineAt(offsets[i]!, 1000))).toBe(texts[i])
  return { line, read, size: bytes.length }
}

it('lines are read in few pieces forwards, backwards and in pairs', async () => {
  const count = 20_000
  for (const place of [
    (i: number) => i,
    (i: number) => count - 1 - i,
    (i: number) => i ^ 1,
    (i: number) => count - 1 - (i ^ 1),
  ]) {
    const { line, read, size } = counted(count)
    for (let i = 0; i < count; i++) await line(place(i))
    expect(read.bytes).toBeLessThan(8 * size)
    expect(read.times).toBeLessThan((8 * size) / readChunkBytes + 4)
  }
})

it('a line far from the last one costs a small read', async () => {
  const { line, read } = counted(20_000)
  const far = 3 * Math.ceil(readChunkBytes / '{"sequence_number":12345}'.length)
  for (let i = 0; i < 100; i++) await line((i * far) % 20_000)
  expect(read.bytes).toBeLessThan(100 * 2 * lineReadBytes + 4 * readChunkBytes)
})

it('an index takes memory for receipts, not for blank lines before them', async () => {
  const order = new LineOrder()
  const before = process.memoryUsage().arrayBuffers
  await order.add(1, { fileIndex: 20_000_000, offset: 30_000_000, bytes: undefined })
  await order.add(0, { fileIndex: 30_000_000, offset: 40_000_000, bytes: undefined })
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8_000_000)
  const access = { read: async () => new TextEncoder().encode('x\n') }
  const got = []
  for await (const lines of order.lines(access)) got.push(...lines)
  expect(got.map(({ fileIndex, offset }) => [fileIndex, offset])).toEqual([
    [30_000_000, 40_000_000],
    [20_000_000, 30_000_000],
  ])
})

it('an index orders lines by number, then by place', async () => {
  const random = numbers(seed)
  const order = new LineOrder()
  const sequence = Array.from({ length: 1000 }, () => random(300) - 5)
  const text = sequence.map((n) => `{"n":${n}}\n`).join('')
  const spill = await memorySpill()
  await spill.append(new TextEncoder().encode(text))
  for (const line of await linesOf(text, 1 << 16)) await order.add(sequence[line.fileIndex]!, line)
  const expected = sequence
    .map((n, i) => [Math.max(n, -1), i] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const got: number[] = []
  for await (const lines of order.lines(spill))
    for (const { fileIndex, bytes } of lines) {
      expect(new TextDecoder().decode(bytes)).toBe(`{"n":${sequence[fileIndex]}}`)
      got.push(fileIndex)
    }
  expect(got).toEqual(expected.map(([, i]) => i))
})

const MANIFEST: Step = ['workflow_manifest']
const LONG = chainOf(
  MANIFEST,
  ...Array.from(
    { length: 300 },
    (_, i): Step =>
      i % 2 === 0
        ? ['action_receipt', { money_action: i % 10 === 0 ? undefined : false }]
        : ['post_receipt', { pre_receipt_id: `id-${i}` }],
  ),
  ['action_receipt', { receipt_id: 'id-5' }],
  ['workflow_closed', { total_calls: 151 }],
)

/** Without what depends on the place in the file. */
const essence = ({ findings, ...rest }: ChainResult) => ({
  ...rest,
  findings: findings.map(({ file_index: _, ...finding }) => finding),
})

it('receipts in any order give the same result', async () => {
  const inOrder = await verify(LONG)
  const codes = inOrder.findings.map(({ code }) => code)
  expect(codes.filter((code) => code === 'MONEY_ACTION_TAG_MISSING').length).toBe(30)
  expect(codes.filter((code) => code === 'DUPLICATE_RECEIPT_ID').length).toBe(1)
  expect(codes.length).toBe(31)
  const random = numbers(seed)
  for (let round = 0; round < 2; round++) {
    const shuffled = [...LONG].sort(() => random(3) - 1)
    expect(essence(await verify(shuffled))).toEqual(essence(inOrder))
    expect(essence(await verify(shuffled, { spill: fileSpill }))).toEqual(essence(inOrder))
  }
})

it('a file that can be read again is not put aside', async () => {
  const bytes = new TextEncoder().encode(ndjson([...LONG].reverse()))
  const reread = () => ({
    read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
  })
  const spills: string[] = []
  const spill: SpillFactory = async () => {
    spills.push('opened')
    return memorySpill()
  }
  const result = await verifyChainStream(bytesOf(bytes), keys, backend, { reread, spill })
  expect(essence(result)).toEqual(essence(await verify(LONG)))
  expect(spills).toEqual([])
})

it('receipts in order are read once, unless there is something to confirm', async () => {
  const clean = chainOf(MANIFEST, ['action_receipt'])
  for (const [chain, again] of [
    [clean, 0],
    [LONG, 1],
  ] as const) {
    const bytes = new TextEncoder().encode(ndjson(chain))
    let readings = 0
    const read = async (offset: number, length: number) => {
      if (offset === 0) readings++
      return bytes.slice(offset, offset + length)
    }
    await verifyChainStream(bytesOf(bytes), keys, backend, { reread: () => ({ read }) })
    expect(readings).toBe(again)
  }
})

it('what has no number is still checked where the file is out of order', async () => {
  const [manifest, action] = chainOf(MANIFEST, ['action_receipt']) as [Members, Members]
  const lost = { ...action, sequence_number: 'x' }
  const { findings, chain } = await verify([action, lost, manifest])
  expect(findings.map(({ code }) => code).sort()).toEqual(['L1_INVALID', 'MALFORMED_RECEIPT'])
  expect(chain.count).toBe(2)
})

it('spills are closed, also when the input fails', async () => {
  let open = 0
  const spill: SpillFactory = async () => {
    open++
    const inner = await memorySpill()
    return {
      ...inner,
      close: async () => {
        open--
        await inner.close()
      },
    }
  }
  await verify(LONG, { spill })
  expect(open).toBe(0)
  async function* failing() {
    yield new TextEncoder().encode('{}\n')
    throw new Error('disk')
  }
  await expect(verifyChainStream(failing(), keys, backend, { spill })).rejects.toThrow('disk')
  expect(open).toBe(0)
})

it('id and pairing state is at most 16 bytes a receipt', () => {
  const WORD_BYTES = 8
  for (const receipt of LONG) {
    const uses = idUses(receipt as never, receipt.money_action === undefined)
    expect(uses.length * WORD_BYTES).toBeLessThanOrEqual(pairingBytesPerReceiptMax)
  }
})

it('findings are bounded, failures are kept before warnings, and the rest is counted', async () => {
  const chain = chainOf(
    MANIFEST,
    ...Array.from({ length: 1500 }, (): Step => ['action_receipt', { agent_id: 'b' }]),
    ['action_receipt', { decision: 'MAYBE' }],
  )
  const { findings, findings_omitted, layers } = await verify(chain)
  expect(findings.length).toBe(1000)
  expect(findings.at(-1)).toMatchObject({ severity: 'fail', code: 'UNKNOWN_ENUM' })
  expect(findings_omitted).toBe(502 - 1)
  expect(layers.L2.status).toBe('FAIL')
})

/** Sizes of the batches in which receipts were looked at. */
async function batchesOf(chain: readonly Members[]) {
  const counts: number[] = []
  const counting = {
    ...backend,
    sha256Many: (batch: Parameters<typeof backend.sha256Many>[0]) => {
      counts.push(batchCount(batch))
      return backend.sha256Many(batch)
    },
  }
  const { layers } = await verifyChainStream(bytesOf(ndjson(chain)), keys, counting)
  return { counts, layers }
}

it('lines of many values do not add up in a batch', async () => {
  const declared_tools = new Array(20_000).fill('')
  const chain = chainOf(MANIFEST, ...new Array(9).fill(['workflow_manifest', { declared_tools }]))
  const { counts, layers } = await batchesOf(chain)
  expect(layers).toMatchObject({ L1: { status: 'PASS' }, L2: { status: 'PASS' } })
  const most = Math.ceil(verifyBatchBytesMax / (20_000 * jsonValueBytes)) + 1
  expect(Math.max(...counts.slice(0, 5))).toBeLessThanOrEqual(most)
})

it('a line of too many values is refused without being read', () => {
  const line = (values: string) => parseLine({ bytes: new TextEncoder().encode(values) })
  const text = '"a\\",[{"' // what stands in a string is no value
  expect(line(`{"x":${text},"y":[${'0,'.repeat(lineValuesMax - 4)}0]}`).ok).toBe(true)
  expect(line(`{"x":${text},"y":[${'0,'.repeat(lineValuesMax - 3)}0]}`)).toMatchObject({
    code: 'MALFORMED_LINE',
  })
  expect(line(`{"x":[${'{},'.repeat(lineValuesMax)}0]}`).ok).toBe(false)
})

it('after too many malformed lines the rest is counted, and said not to be checked', async () => {
  const bad = '{\n'.repeat(findingsMax)
  const [manifest] = chainOf(MANIFEST) as [Members]
  const reached = await verify(ndjson([manifest]) + bad)
  expect(reached).toMatchObject({ findings_omitted: 0, chain: { count: 1 } })
  expect(reached.not_checked.some(({ axis }) => axis === 'L1')).toBe(false)
  const beyond = await verify(`${bad}{\n{\n${ndjson([manifest])}`)
  expect(beyond.layers.L1.status).toBe('FAIL')
  expect(beyond.findings).toHaveLength(findingsMax)
  expect(beyond).toMatchObject({ chain: { count: 0 }, findings_omitted: 3 + 1 }) // and EMPTY_CHAIN
  expect(beyond.not_checked[0]).toMatchObject({ axis: 'L1', why: expect.stringContaining('3 lines') })
  const [first, second] = chainOf(MANIFEST, ['action_receipt']) as [Members, Members]
  const unordered = await verify(`${ndjson([second, first])}${bad}{\n{\n`)
  expect(unordered).toMatchObject({ chain: { count: 2 }, findings_omitted: 2 })
  expect(unordered.not_checked[0]).toMatchObject({ axis: 'L1', why: expect.stringContaining('2 lines') })
})

it('long lines do not add up in a batch', async () => {
  const counts: number[] = []
  const counting = {
    ...backend,
    sha256Many: (batch: Parameters<typeof backend.sha256Many>[0]) => {
      counts.push(batch.bytes.length)
      return backend.sha256Many(batch)
    },
  }
  const long = 'x'.repeat(3_000_000)
  const chain = chainOf(
    ['workflow_manifest'],
    ...Array.from({ length: 9 }, (): Step => ['action_receipt', { decision_reason: long }]),
  )
  const { layers } = await verifyChainStream(bytesOf(ndjson(chain)), keys, counting)
  expect(layers).toMatchObject({ L1: { status: 'PASS' }, L2: { status: 'PASS' } })
  expect(Math.max(...counts)).toBeLessThan(2 * verifyBatchBytesMax)
})
