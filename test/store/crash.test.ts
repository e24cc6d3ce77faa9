// Simulated crashes: what was promised is there, what was never appended is not.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { StoreFs } from '../../src/store/fs.js'
import { type Journal, type JournalRow, openJournal } from '../../src/store/journal.js'
import { Random } from './random.js'
import { annexRow, collect, receiptRow, rowText } from './rows.js'
import { SimFs, withChanges, withFileChanges } from './sim-fs.js'

const SEEDS = 200
const CONTROL_SEEDS = 50
const LIVES = 5
const DIR = 'journal'
const OPTIONS = {
  segmentBytesMax: 5_000,
  sha256String: (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`, // the fast one
}

/** Rows of every kind, all different; long ones span many sectors. */
function randomRow(random: Random, n: number): JournalRow {
  const workflow = `workflow "${random.int(1, 5)}"`
  const body = { n, pad: 'é'.repeat(random.chance(0.2) ? random.int(0, 500) : random.int(0, 60)) }
  const { bytes, hash } = receiptRow(workflow, body) as { bytes: Uint8Array; hash: string }
  const at = `time ${n}`
  switch (random.int(0, 9)) {
    case 0:
      return { t: 'workflow', workflow, bytes }
    case 1:
      return { t: 'record', workflow, bytes }
    case 2:
      return annexRow(workflow, body)
    case 3:
      return { t: 'forwarded', workflow, about: hash, at }
    case 4:
      return { t: 'concluded', workflow, about: hash, at, outcome: 'SUCCESS' }
    default:
      return receiptRow(workflow, body)
  }
}

/** What may be and what must be on the disk. */
class Expected {
  /** In the order of the calls. */
  accepted: string[] = []
  /** So many of them are promised. */
  promised = 0

  /** What is wrong with these recovered rows; afterwards they are what is promised. */
  violation(rows: readonly JournalRow[]): string | undefined {
    const texts = rows.map(rowText)
    const wrong = texts.findIndex((text, i) => text !== this.accepted[i])
    if (wrong !== -1) return `row ${wrong} is not what was appended there`
    if (texts.length < this.promised) return `${this.promised} rows were promised, ${texts.length} are there`
    this.accepted = texts
    this.promised = texts.length
    return undefined
  }
}

/** Some tasks that append at the same time, each one row or a few after the other, until done or down. */
async function work(
  journal: Journal,
  random: Random,
  expected: Expected,
  isDown: () => boolean,
): Promise<void> {
  const one = async () => {
    for (let i = random.int(0, 12); i > 0 && !isDown(); i--) {
      const rows = Array.from({ length: random.int(1, 3) }, (_, k) =>
        randomRow(random, expected.accepted.length + k),
      )
      const promisedThen = expected.accepted.push(...rows.map(rowText))
      if (rows.length === 1 && random.chance(0.3)) journal.note(rows[0]!)
      else {
        await journal.append(rows)
        expected.promised = Math.max(expected.promised, promisedThen)
      }
      for (let turns = random.int(0, 3); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.allSettled(Array.from({ length: random.int(1, 8) }, one))
  if (random.chance(0.3)) await journal.close().catch(() => {})
}

/** Lives of one journal on a disk that forgets; returns the first broken promise. */
async function violationOf(
  seed: number,
  wrap: (fs: StoreFs) => StoreFs = (fs) => fs,
): Promise<string | undefined> {
  const random = new Random(seed)
  const sim = new SimFs(random)
  const fs = wrap(sim)
  const expected = new Expected()
  for (let life = 0; life <= LIVES; life++) {
    if (life < LIVES) sim.crashAfter(random.int(0, random.chance(0.3) ? 8 : 80))
    try {
      const journal = await openJournal(fs, DIR, OPTIONS)
      const broken = expected.violation(await collect(journal.read()))
      if (broken) return broken
      if (random.chance(0.3) || life === LIVES) {
        await journal.close()
        const again = await openJournal(fs, DIR, OPTIONS)
        if (again.facts.truncatedTailBytes !== 0) return 'opening again cut something off again'
        if (expected.promised !== again.facts.rows) return 'opening again changed the rows'
        await work(again, random, expected, () => sim.isDown)
      } else await work(journal, random, expected, () => sim.isDown)
    } catch (error) {
      if (!sim.isDown) return `${error}`
    }
    if (random.chance(0.3)) sim.restartProcess()
    else sim.restartMachine()
  }
  return undefined
}

async function violations(seeds: number, wrap?: (fs: StoreFs) => StoreFs): Promise<string[]> {
  const found: string[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const violation = await violationOf(seed, wrap)
    if (violation) found.push(`seed ${seed}: ${violation}`)
  }
  return found
}

describe('journal on a disk that forgets what was not synced', () => {
  it(`keeps every promise over ${SEEDS} seeds (1 to ${SEEDS}), each with ${LIVES} crashes`, async () => {
    expect(await violations(SEEDS)).toEqual([])
  })

  it('breaks promises when fdatasync does nothing: the test above can fail', async () => {
    const found = await violations(CONTROL_SEEDS, (fs) =>
      withFileChanges(fs, () => ({ fdatasync: async () => {} })),
    )
    expect(found.length).toBeGreaterThan(CONTROL_SEEDS / 2)
  })

  it('breaks promises when fsyncDir does nothing: the test above can fail', async () => {
    const found = await violations(CONTROL_SEEDS, (fs) => withChanges(fs, { fsyncDir: async () => {} }))
    expect(found.length).toBeGreaterThan(CONTROL_SEEDS / 2)
  })
})
