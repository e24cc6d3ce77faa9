// What a journal says to files that are not as it left them.
import { appendFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { nodeStoreFs } from '../../src/store/host.js'
import { openJournal, readJournal } from '../../src/store/journal.js'
import type { JournalRow } from '../../src/store/journal-rows.js'
import { collect, receiptRow, rowText } from './rows.js'
import { tempDir } from './temp-dir.js'

const FIRST = '0000000000000000.ndjson'
const FORMAT_BYTES = 32
const ROWS = Array.from({ length: 6 }, (_, n) => receiptRow('w', { n }))

/** A journal of these groups, each synced before the next, closed. */
async function journalOf(groups: readonly JournalRow[][], segmentBytesMax?: number): Promise<string> {
  const dir = await tempDir()
  const journal = await openJournal(
    nodeStoreFs,
    dir,
    segmentBytesMax === undefined ? {} : { segmentBytesMax },
  )
  for (const group of groups) await journal.append(group)
  await journal.close()
  return dir
}

/** The same without the mark of an orderly end, as after a crash. */
async function crashedJournalOf(groups: readonly JournalRow[][]): Promise<string> {
  const dir = await journalOf(groups)
  await edit(`${dir}/${FIRST}`, (text) => text.replace(/\{"t":"synced","at":\d+\}\n$/, ''))
  return dir
}

async function contents(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir)).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(`${dir}/${name}`, 'latin1')])),
  )
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'latin1')), 'latin1')
}

/** Opening refuses with this code and message and leaves every file as it is; reading gives the rows before the damage. */
async function expectRefused(dir: string, code: string, message: string, readable: number): Promise<void> {
  const before = await contents(dir)
  await expect(openJournal(nodeStoreFs, dir)).rejects.toMatchObject({ code, message })
  expect(await contents(dir)).toEqual(before)
  const rows: string[] = []
  const reading = async () => {
    for await (const row of readJournal(nodeStoreFs, dir)) rows.push(rowText(row))
  }
  await expect(reading()).rejects.toMatchObject({ code, message })
  expect(rows).toEqual(ROWS.slice(0, readable).map(rowText))
}

/** Opening cuts everything behind the first rows off, keeps it, and goes on from there. */
async function expectCut(
  dir: string,
  rowsLeft: number,
  torn: { name: string; bytes: string } | null,
): Promise<void> {
  expect(await collect(readJournal(nodeStoreFs, dir))).toHaveLength(rowsLeft)
  const journal = await openJournal(nodeStoreFs, dir)
  expect(journal.facts).toMatchObject({ rows: rowsLeft, truncatedTailBytes: torn?.bytes.length ?? 0 })
  const kept = (await readdir(dir)).filter((name) => name.includes('torn'))
  expect(kept).toEqual(torn ? [torn.name] : [])
  if (torn) expect(await readFile(`${dir}/${torn.name}`, 'latin1')).toBe(torn.bytes)
  await journal.append([ROWS[5]!])
  await journal.close()
  const again = await openJournal(nodeStoreFs, dir)
  expect(again.facts.truncatedTailBytes).toBe(0)
  const expected = [...ROWS.slice(0, rowsLeft), ROWS[5]!]
  expect((await collect(again.read())).map(rowText)).toEqual(expected.map(rowText))
  await again.close()
}

describe('journal damage', () => {
  for (const [what, change] of Object.entries<(line: string) => string>({
    'a changed byte in a receipt': (line) => line.replace('{"n":1}', '{"n":7}'),
    'a changed hash': (line) => line.replace(/"hash":"sha256:./, '"hash":"sha256:x'),
    'another spelling': (line) => line.replace('"workflow":"w"', '"workflow":"\\u0077"'),
    'a member more': (line) => line.replace('{"n":1}', '{"n":1},"more":{}'),
    'an unknown kind': (line) => line.replace('"t":"receipt"', '"t":"receipts"'),
    'a blank line': () => '',
    'bytes that are not UTF-8': (line) => line.replace('"workflow":"w"', '"workflow":"\xff"'),
    'a mark at a wrong place': () => '{"t":"synced","at":1}',
  })) {
    it(`refuses ${what} in a group before the last, with segment and line, altering nothing`, async () => {
      const dir = await journalOf([[ROWS[0]!, ROWS[1]!], [ROWS[2]!]])
      await edit(`${dir}/${FIRST}`, (text) => {
        const lines = text.split('\n')
        expect(change(lines[3]!)).not.toBe(lines[3])
        lines[3] = change(lines[3]!)
        return lines.join('\n')
      })
      await expectRefused(dir, 'ERR_STORE_DAMAGED', `journal segment ${FIRST}: line 4`, 1)
    })
  }

  it('refuses a member more in a mark', async () => {
    const about = `sha256:${'a'.repeat(64)}`
    const dir = await journalOf([[{ t: 'forwarded', workflow: 'w', about, at: 'now' }], [ROWS[0]!]])
    await edit(`${dir}/${FIRST}`, (text) => text.replace('"at":"now"', '"at":"now","more":1'))
    await expectRefused(dir, 'ERR_STORE_DAMAGED', `journal segment ${FIRST}: line 3`, 0)
  })

  it('refuses a line too many or too few in a group before the last', async () => {
    for (const change of [
      (lines: string[]) => lines.splice(3, 1),
      (lines: string[]) => lines.splice(3, 0, lines[3]!),
    ]) {
      const dir = await journalOf([[ROWS[0]!, ROWS[1]!], [ROWS[2]!]])
      await edit(`${dir}/${FIRST}`, (text) => {
        const lines = text.split('\n')
        change(lines)
        return lines.join('\n')
      })
      await expect(openJournal(nodeStoreFs, dir)).rejects.toMatchObject({ code: 'ERR_STORE_DAMAGED' })
    }
  })

  it('refuses damage in the last group after an orderly end', async () => {
    const dir = await journalOf([[ROWS[0]!], [ROWS[1]!]])
    await edit(`${dir}/${FIRST}`, (text) => text.replace('{"n":1}', '{"n":7}'))
    await expectRefused(dir, 'ERR_STORE_DAMAGED', `journal segment ${FIRST}: line 5`, 1)
  })

  it('refuses a damaged end of a segment that is not the last', async () => {
    const dir = await journalOf([[ROWS[0]!], [ROWS[1]!], [ROWS[2]!], [ROWS[3]!]], 200)
    expect(await readdir(dir)).toHaveLength(2)
    await edit(`${dir}/${FIRST}`, (text) => text.slice(0, -10))
    await expectRefused(dir, 'ERR_STORE_DAMAGED', `journal segment ${FIRST}: line 5`, 1)
    await truncate(`${dir}/${FIRST}`, 0)
    await expectRefused(dir, 'ERR_STORE_DAMAGED', `journal segment ${FIRST}: line 1`, 0)
  })

  it('refuses a missing segment', async () => {
    const dir = await journalOf([[ROWS[0]!], [ROWS[1]!], [ROWS[2]!], [ROWS[3]!], [ROWS[4]!]], 200)
    expect((await readdir(dir)).sort()).toEqual([0, 2, 4].map((n) => `000000000000000${n}.ndjson`))
    await rename(`${dir}/0000000000000002.ndjson`, `${dir}/gone`)
    await expectRefused(dir, 'ERR_STORE_DAMAGED', 'journal segment 0000000000000002.ndjson: is missing', 2)
    await rm(`${dir}/${FIRST}`)
    await expectRefused(dir, 'ERR_STORE_DAMAGED', `journal segment ${FIRST}: is missing`, 0)
  })

  it('refuses a damaged first line when rows follow it', async () => {
    const dir = await journalOf([[ROWS[0]!]])
    await edit(`${dir}/${FIRST}`, (text) => text.replace('format', 'fromat'))
    await expectRefused(dir, 'ERR_STORE_DAMAGED', `journal segment ${FIRST}: line 1`, 0)
  })

  it('refuses a file that never was a segment', async () => {
    const dir = await tempDir()
    await writeFile(`${dir}/${FIRST}`, 'something that somebody put here by mistake')
    await expectRefused(dir, 'ERR_STORE_DAMAGED', `journal segment ${FIRST}: line 1`, 0)
  })

  it('refuses a segment of another format, also an empty one', async () => {
    const dir = await journalOf([[ROWS[0]!]])
    await edit(`${dir}/${FIRST}`, (text) => text.replace('journal/1', 'journal/2'))
    await expectRefused(dir, 'ERR_STORE_FORMAT', `journal segment ${FIRST}: unknown format`, 0)
    await truncate(`${dir}/${FIRST}`, FORMAT_BYTES)
    await expectRefused(dir, 'ERR_STORE_FORMAT', `journal segment ${FIRST}: unknown format`, 0)
  })
})

describe('journal recovery', () => {
  it('cuts a torn last line off and keeps its bytes', async () => {
    const dir = await crashedJournalOf([[ROWS[0]!], [ROWS[1]!]])
    const size = (await readFile(`${dir}/${FIRST}`)).length
    await appendFile(`${dir}/${FIRST}`, '{"t":"receipt","workf')
    await expectCut(dir, 2, { name: `${FIRST}.torn-${size}`, bytes: '{"t":"receipt","workf' })
  })

  it('cuts the last group off from its first damaged line, whole lines after it included', async () => {
    const dir = await crashedJournalOf([[ROWS[0]!], [ROWS[1]!, ROWS[2]!, ROWS[3]!]])
    await edit(`${dir}/${FIRST}`, (text) => text.replace('{"n":2}', '\0\0\0\0\0\0\0'))
    const text = await readFile(`${dir}/${FIRST}`, 'latin1')
    const offset = text.lastIndexOf('\n', text.indexOf('\0')) + 1
    await expectCut(dir, 2, { name: `${FIRST}.torn-${offset}`, bytes: text.slice(offset) })
  })

  it('keeps the tails of two crashes at the same place', async () => {
    const dir = await crashedJournalOf([[ROWS[0]!]])
    const size = (await readFile(`${dir}/${FIRST}`)).length
    for (const tail of ['one', 'two', 'two']) {
      await appendFile(`${dir}/${FIRST}`, tail)
      await (await openJournal(nodeStoreFs, dir)).close()
    }
    const torn = (await readdir(dir)).filter((name) => name.includes('torn')).sort()
    expect(torn).toEqual([`${FIRST}.torn-${size}`, `${FIRST}.torn-${size}-1`])
    expect(await readFile(`${dir}/${torn[1]}`, 'utf8')).toBe('two')
  })

  it('completes a segment that is empty or whose first line is torn', async () => {
    for (const head of ['', '{"form', '\0'.repeat(FORMAT_BYTES)]) {
      const dir = await journalOf([[ROWS[0]!], [ROWS[1]!]], 200)
      await writeFile(`${dir}/0000000000000002.ndjson`, head)
      await expectCut(dir, 2, head === '' ? null : { name: '0000000000000002.ndjson.torn-0', bytes: head })
    }
  })
})
