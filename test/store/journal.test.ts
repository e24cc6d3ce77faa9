// The journal on real files.
import { readdir, readFile, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../src/codec/utf8.js'
import { sha256String } from '../../src/crypto/hash.js'
import { journalQueueBytesMax, storeBlockingWriteBytesMax } from '../../src/limits.js'
import type { StoreFs } from '../../src/store/fs.js'
import { nodeStoreFs } from '../../src/store/host.js'
import { type Journal, type JournalRow, openJournal, readJournal } from '../../src/store/journal.js'
import { annexRow, collect, receiptRow, rowText } from './rows.js'
import { withFileChanges } from './sim-fs.js'
import { tempDir } from './temp-dir.js'

const ABOUT = `sha256:${'a'.repeat(64)}`
const ALL_KINDS: readonly JournalRow[] = [
  { t: 'workflow', workflow: 'w1', bytes: utf8Encode('{"subject":"did:key:z6Mk"}') },
  receiptRow('w1', { sequence_number: 0, text: 'größer "than" \u2028 \\n' }),
  annexRow('w1', { seq: 0 }),
  { t: 'forwarded', workflow: 'w1', about: ABOUT, at: '2026-01-01T00:00:00.000Z' },
  { t: 'concluded', workflow: 'w1', about: ABOUT, at: '2026-01-01T00:00:01.000Z', outcome: 'SUCCESS' },
  receiptRow('an id with "quotes", \\ and ünicode 🦊', { sequence_number: 1 }),
  { t: 'record', workflow: 'w1', bytes: utf8Encode('{"evidence":{},"trust_record":{}}') },
]

async function rowsOf(journal: Journal): Promise<string[]> {
  return (await collect(journal.read())).map(rowText)
}

/** Counts syncs of files, and holds them back while `gate` is closed. */
function gatedFs(): { fs: StoreFs; syncs: () => number; close: () => void; open: () => void } {
  let syncs = 0
  let gate = Promise.resolve()
  let open = () => {}
  const fs = withFileChanges(nodeStoreFs, (file) => ({
    fdatasync: async () => {
      await gate
      syncs++
      await file.fdatasync()
    },
  }))
  const close = () => {
    gate = new Promise((resolve) => {
      open = resolve
    })
  }
  return { fs, syncs: () => syncs, close, open: () => open() }
}

describe('journal', () => {
  it('gives back every kind of row after opening again, in order, byte for byte', async () => {
    const dir = await tempDir()
    const journal = await openJournal(nodeStoreFs, dir)
    await journal.append(ALL_KINDS)
    expect(await rowsOf(journal)).toEqual(ALL_KINDS.map(rowText))
    expect(journal.facts).toEqual({ segments: 1, truncatedTailBytes: 0, rows: 7, notesDropped: 0 })
    await journal.close()
    const again = await openJournal(nodeStoreFs, dir)
    expect(again.facts).toEqual({ segments: 1, truncatedTailBytes: 0, rows: 7, notesDropped: 0 })
    expect(await rowsOf(again)).toEqual(ALL_KINDS.map(rowText))
    await again.close()
  })

  it('writes the documented lines', async () => {
    const dir = await tempDir()
    const journal = await openJournal(nodeStoreFs, dir)
    await journal.append(ALL_KINDS.slice(0, 5))
    await journal.close()
    const { hash } = ALL_KINDS[1] as { hash: string }
    const annexHash = (ALL_KINDS[2] as { hash: string }).hash
    expect((await readFile(`${dir}/0000000000000000.ndjson`, 'utf8')).split('\n')).toEqual([
      '{"format":"tracevar/journal/1"}',
      '{"t":"synced","at":32}',
      '{"t":"workflow","workflow":"w1","document":{"subject":"did:key:z6Mk"}}',
      `{"t":"receipt","workflow":"w1","hash":"${hash}","receipt":{"sequence_number":0,"text":"größer \\"than\\" \u2028 \\\\n"}}`,
      `{"t":"annex","workflow":"w1","hash":"${annexHash}","annex":{"seq":0}}`,
      `{"t":"forwarded","workflow":"w1","about":"${ABOUT}","at":"2026-01-01T00:00:00.000Z"}`,
      `{"t":"concluded","workflow":"w1","about":"${ABOUT}","at":"2026-01-01T00:00:01.000Z","outcome":"SUCCESS"}`,
      expect.stringMatching(/^\{"t":"synced","at":\d+\}$/),
      '',
    ])
  })

  it('begins a new segment, named by its first row, when the last one is full', async () => {
    const dir = await tempDir()
    const rows = Array.from({ length: 10 }, (_, n) => receiptRow('w', { n }))
    const journal = await openJournal(nodeStoreFs, dir, { segmentBytesMax: 400 })
    for (const row of rows) await journal.append([row])
    expect(journal.facts.segments).toBeGreaterThan(3)
    const again = await collect(readJournal(nodeStoreFs, dir)) // reads beside the open journal
    expect(again.map(rowText)).toEqual(rows.map(rowText))
    await journal.close()
    const names = (await readdir(dir)).sort()
    expect(names.slice(0, 3)).toEqual([
      '0000000000000000.ndjson',
      '0000000000000003.ndjson',
      '0000000000000006.ndjson',
    ])
    const reopened = await openJournal(nodeStoreFs, dir, { segmentBytesMax: 400 })
    expect(await rowsOf(reopened)).toEqual(rows.map(rowText))
    await reopened.close()
  })

  it('resolves an append only after a sync that began after it was written', async () => {
    const { fs, close, open } = gatedFs()
    const journal = await openJournal(fs, await tempDir())
    close()
    const settled: number[] = []
    const appends = [0, 1, 2].map((n) => journal.append([receiptRow('w', { n })]).then(() => settled.push(n)))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(settled).toEqual([])
    open()
    await Promise.all(appends)
    expect(settled).toEqual([0, 1, 2])
    await journal.close()
  })

  it('commits all appends of one turn of the event loop with one sync', async () => {
    const { fs, syncs } = gatedFs()
    const journal = await openJournal(fs, await tempDir())
    const before = syncs()
    const append = async (n: number) => {
      for (let i = 0; i < n; i++) await null
      await journal.append([receiptRow('w', { n })])
    }
    await Promise.all([0, 1, 2, 3, 4].map(append))
    expect(syncs() - before).toBe(1)
    await journal.close()
  })

  it('commits together what those append that the group before set free', async () => {
    const gated = gatedFs()
    const journal = await openJournal(gated.fs, await tempDir())
    const before = gated.syncs()
    const appendTwice = async (name: string) => {
      await journal.append([receiptRow(name, { sequence_number: 0 })])
      await Promise.resolve() // a few turns of promises, as in a workflow
      await journal.append([receiptRow(name, { sequence_number: 1 })])
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(appendTwice))
    expect(gated.syncs() - before).toBe(2)
    await journal.close()
  })

  it('writes small and large groups alike, in order', async () => {
    const dir = await tempDir()
    const journal = await openJournal(nodeStoreFs, dir)
    const rows = [1, storeBlockingWriteBytesMax, 1, 3 * storeBlockingWriteBytesMax, 1].map((length, i) =>
      receiptRow('w1', { sequence_number: i, text: 'x'.repeat(length) }),
    )
    for (const row of rows) await journal.append([row])
    await journal.close()
    expect((await collect(readJournal(nodeStoreFs, dir))).map(rowText)).toEqual(rows.map(rowText))
  })

  it('hashes a row once more, unless it was sealed just now', async () => {
    let hashed = 0
    const journal = await openJournal(nodeStoreFs, await tempDir(), {
      sha256String: (bytes) => {
        hashed++
        return sha256String(bytes)
      },
    })
    const row = receiptRow('w1', { sequence_number: 0 })
    await journal.append([row])
    expect(hashed).toBe(1)
    await journal.append([{ ...row, isSealedNow: true } as JournalRow])
    expect(hashed).toBe(1)
    expect(await rowsOf(journal)).toEqual([rowText(row), rowText(row)]) // reading checks every row
    expect(hashed).toBe(3)
    await journal.close()
  })

  it('commits all that gather during one sync with the next one', async () => {
    const { fs, syncs, close, open } = gatedFs()
    const journal = await openJournal(fs, await tempDir())
    close()
    const first = journal.append([receiptRow('w', { n: 0 })])
    await new Promise((resolve) => setTimeout(resolve, 20))
    const before = syncs()
    const rest = Array.from({ length: 100 }, (_, n) => journal.append([receiptRow('w', { n: n + 1 })]))
    open()
    await Promise.all([first, ...rest])
    expect(syncs() - before).toBe(2)
    expect(await rowsOf(journal)).toHaveLength(101)
    await journal.close()
  })

  it('writes notes in order without waiting for a sync', async () => {
    const { fs, syncs } = gatedFs()
    const dir = await tempDir()
    const journal = await openJournal(fs, dir)
    await journal.append([ALL_KINDS[1]!])
    const before = syncs()
    journal.note(ALL_KINDS[3]!)
    while (journal.facts.rows < 2) await new Promise((resolve) => setImmediate(resolve))
    expect(syncs()).toBe(before)
    expect((await collect(readJournal(nodeStoreFs, dir))).map(rowText)).toEqual(
      [1, 3].map((i) => rowText(ALL_KINDS[i]!)),
    )
    journal.note(ALL_KINDS[4]!)
    await journal.append([ALL_KINDS[2]!])
    expect(await rowsOf(journal)).toEqual([1, 3, 4, 2].map((i) => rowText(ALL_KINDS[i]!)))
    await journal.close()
  })

  it('pushes back when too much waits, writes nothing of it, and takes more afterwards', async () => {
    const { fs, close, open } = gatedFs()
    const journal = await openJournal(fs, await tempDir(), { sha256String: () => ABOUT })
    const big = (n: number): JournalRow => ({
      t: 'receipt',
      workflow: 'w',
      hash: ABOUT,
      bytes: utf8Encode(`{"n":${n},"pad":"${'x'.repeat(journalQueueBytesMax / 2 - 1_000)}"}`),
    })
    close()
    const writing = journal.append([receiptRowOf(ABOUT)])
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(journal.hasRoom).toBe(true)
    const waiting = [journal.append([big(1)])]
    waiting.push(journal.append([receiptRowOf(ABOUT), receiptRowOf(ABOUT)]))
    expect(journal.hasRoom).toBe(true)
    waiting.push(journal.append([big(2)]))
    expect(journal.hasRoom).toBe(false)
    await expect(journal.append([big(3)])).rejects.toMatchObject({ code: 'ERR_STORE_PUSHBACK' })
    open()
    await Promise.all([writing, ...waiting])
    expect(journal.hasRoom).toBe(true)
    await journal.append([receiptRowOf(ABOUT)])
    expect(journal.facts.rows).toBe(6)
    await journal.close()
  })

  it('refuses rows that it could not read back', async () => {
    const journal = await openJournal(nodeStoreFs, await tempDir())
    const good = ALL_KINDS[1] as { bytes: Uint8Array; hash: string }
    const notUtf8 = new Uint8Array([0x7b, 0xff, 0x7d])
    const bad: unknown[] = [
      { ...good, t: 'receipts' },
      { ...good, hash: ABOUT },
      { ...good, workflow: 1 },
      { ...good, bytes: notUtf8, hash: sha256String(notUtf8) },
      { ...good, workflow: '\ud800' },
      { ...good, bytes: utf8Encode('{"a":\n1}') },
      { t: 'record', workflow: 'w', bytes: utf8Encode('{"a":1,"a":2}') },
      { t: 'workflow', workflow: 'w', bytes: utf8Encode('[]') },
      { t: 'forwarded', workflow: 'w', about: 'sha256:00', at: 'now' },
    ]
    for (const [i, row] of bad.entries()) {
      await expect(journal.append([row as JournalRow]), `row ${i}`).rejects.toThrow(TypeError)
    }
    expect(() => journal.note(bad[0] as JournalRow)).toThrow(TypeError)
    const long = {
      t: 'receipt',
      workflow: 'w',
      hash: ABOUT,
      bytes: utf8Encode(`{"":"${'x'.repeat(journalQueueBytesMax / 2)}"}`),
    } as const
    const lax = await openJournal(nodeStoreFs, await tempDir(), { sha256String: () => ABOUT })
    await expect(lax.append([long])).rejects.toThrow(RangeError)
    expect([journal.facts.rows, lax.facts.rows]).toEqual([0, 0])
    await Promise.all([journal.close(), lax.close()])
  })

  it('makes everything durable when it closes, and refuses everything afterwards', async () => {
    const dir = await tempDir()
    const journal = await openJournal(nodeStoreFs, dir)
    const append = journal.append([ALL_KINDS[1]!])
    journal.note(ALL_KINDS[3]!)
    await Promise.all([journal.close(), journal.close(), append])
    await expect(journal.append([])).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
    await expect(collect(journal.read())).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
    journal.note(ALL_KINDS[3]!)
    expect(journal.facts).toMatchObject({ rows: 2, notesDropped: 1 })
    expect(await collect(readJournal(nodeStoreFs, dir))).toHaveLength(2)
  })

  it('keeps segments to the owner', async () => {
    const dir = await tempDir()
    await (await openJournal(nodeStoreFs, dir)).close()
    expect((await stat(`${dir}/0000000000000000.ndjson`)).mode & 0o777).toBe(0o600)
  })

  it('says so when there is no directory', async () => {
    const dir = `${await tempDir()}/none`
    await expect(openJournal(nodeStoreFs, dir)).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
      message: 'the journal cannot be opened: ENOENT',
    })
    await expect(collect(readJournal(nodeStoreFs, dir))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' })
  })
})

function receiptRowOf(hash: string): JournalRow {
  return { t: 'receipt', workflow: 'w', hash, bytes: utf8Encode('{}') }
}
