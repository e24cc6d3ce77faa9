// The auditor's entry: a chain file as a stream of bytes, of any length, in bounded memory.
import type { Backend, ConfirmedLines } from '../crypto/backend.js'
import { type ChainItem, ChainRun, type CheckedReceipt, sequenceNumberOf } from './chain-run.js'
import { VERIFICATION_CODES } from './codes.js'
import { unconfirmedLines } from './confirmed-lines.js'
import { Findings, type Layer, NOWHERE } from './findings.js'
import { LineOrder, type LineSource, linesInFileOrder } from './line-order.js'
import { LineParser, type RawLine, readLines } from './line-reader.js'
import { memorySpill, type RandomAccess, type Spill, type SpillFactory, tee } from './random-access.js'
import type { ChainResult, NotChecked, Status } from './report.js'
import type { KeyResolver } from './signatures.js'
import { Timestamps } from './timestamps.js'
import { SidecarIndex } from './tsa-sidecar.js'

/** Options of {@link verifyChainStream}. */
export interface VerifyChainOptions {
  /** Rows of `<receipts>.tsa`. Left out: L3 looks only at tokens inside receipts. */
  readonly sidecar?: AsyncIterable<Uint8Array>
  /** Accepted `tsa_id`s. Left out: digicert, sectigo, globalsign; empty: none (VAR D-15). */
  readonly acceptTsaIds?: readonly string[]
  /** An open chain is a failure (VAR D-19). Left out: false. */
  readonly requireComplete?: boolean
  /**
   * A receipt without a verified timestamp is a failure. Left out: false. In this version every chain fails it: the
   * signatures of time-stamp authorities are not verified, and the structure of a token can be made by anybody.
   */
  readonly requireTimestamps?: boolean
  /** Time of verification, epoch seconds: a token from the future is a failure. Left out: tokens may state any time. */
  readonly nowSec?: number
  /** Where state goes that grows with the input. Left out: memory, without bound. */
  readonly spill?: SpillFactory
  /** Reads the input again, from the start. Left out: a copy is put aside while it is read. */
  readonly reread?: () => RandomAccess
  /**
   * Called for every receipt, in the order of the chain. When the file turns out to be out of order, it is called
   * again from the start.
   */
  readonly onReceipt?: (checked: CheckedReceipt) => Promise<void> | void
  /**
   * Called, instead of `onReceipt`, for receipts of calls and outcomes that were confirmed all at once: nothing is to be
   * said of them, they carry no tokens, and they share key, workflow, agent and policy with the receipt before. Left
   * out: when there is an `onReceipt`, it is called for every receipt, which is much slower with a back end that confirms.
   */
  readonly onConfirmed?: (lines: ConfirmedLines) => void
}

/**
 * Verifies signatures (L1), chain (L2) and timestamps (L3, structurally) of a chain file. Receipts in order are
 * checked in one pass; when one is out of order, the input is indexed and read again by its index.
 *
 * @param input strict NDJSON, one receipt a line.
 * @param keys trusted public keys, from the caller.
 * @throws nothing for bad evidence; what `input`, `reread`, `spill`, `onReceipt` and `backend` throw.
 */
export async function verifyChainStream(
  input: AsyncIterable<Uint8Array>,
  keys: KeyResolver,
  backend: Backend,
  options: VerifyChainOptions = {},
): Promise<ChainResult> {
  const verification = new Verification(keys, backend, options)
  try {
    return await verification.run(input)
  } finally {
    await verification.close()
  }
}

/** One try to go through the chain, with its findings. */
interface Attempt {
  readonly findings: Findings
  /** Of the first reading of the input. */
  readonly parser: LineParser
  readonly run: ChainRun
  readonly timestamps: Timestamps
  /** Nothing more is confirmed. */
  isGivenUp: boolean
}

class Verification {
  readonly #keys: KeyResolver
  readonly #backend: Backend
  readonly #options: VerifyChainOptions
  readonly #spills: Spill[] = []
  #sidecar: SidecarIndex | undefined

  constructor(keys: KeyResolver, backend: Backend, options: VerifyChainOptions) {
    this.#keys = keys
    this.#backend = backend
    this.#options = options
  }

  async close(): Promise<void> {
    for (const spill of this.#spills) await spill.close()
  }

  readonly #openSpill: SpillFactory = async () => {
    const spill = await (this.#options.spill ?? memorySpill)()
    this.#spills.push(spill)
    return spill
  }

  async run(input: AsyncIterable<Uint8Array>): Promise<ChainResult> {
    const { reread, sidecar } = this.#options
    if (sidecar !== undefined) this.#sidecar = await SidecarIndex.read(sidecar, this.#openSpill)
    const spool = reread === undefined ? await this.#openSpill() : undefined
    const access: RandomAccess = reread?.() ?? (spool as Spill)
    const bytes = spool === undefined ? input : tee(input, spool)
    let attempt = this.#start()
    const lines = this.#linesToRead(bytes, attempt)
    let source = linesInFileOrder(access)
    if (!(await goInFileOrder(lines, attempt))) {
      attempt.isGivenUp = true
      if (spool !== undefined) for await (const _ of lines); // the rest of the input goes into the spool
      attempt = this.#start()
      source = await sortLines(source, access, attempt, this.#openSpill)
      // The lines that were noted are no malformed ones, so this parser skips none.
      const parser = new LineParser()
      for await (const batch of source()) for (const line of batch) await addLine(line, parser, attempt)
    }
    await lines.return(undefined)
    await attempt.run.end()
    await attempt.run.reportIds(() => receiptsOf(source))
    return this.#result(attempt)
  }

  /** The lines that are not confirmed by the back end: all of them when it cannot, or somebody wants every receipt. */
  #linesToRead(bytes: AsyncIterable<Uint8Array>, attempt: Attempt): AsyncGenerator<readonly RawLine[]> {
    const { confirmer } = this.#backend
    if (confirmer === undefined || !this.#mayConfirm()) return readLines(bytes)
    const { run, timestamps } = attempt
    return unconfirmedLines(bytes, confirmer, {
      flush: () => run.flush(),
      confirmContext: () => (timestamps.onlyCounts && !attempt.isGivenUp ? run.confirmContext() : undefined),
      confirm: (lines) => run.confirm(lines),
    })
  }

  /** Nobody wants to see every receipt. */
  #mayConfirm(): boolean {
    const { onReceipt, onConfirmed } = this.#options
    return this.#backend.confirmer !== undefined && (onReceipt === undefined || onConfirmed !== undefined)
  }

  #start(): Attempt {
    const findings = new Findings()
    const { acceptTsaIds, nowSec, onReceipt, onConfirmed } = this.#options
    this.#sidecar?.rewind()
    const timestamps = new Timestamps(this.#sidecar, acceptTsaIds, nowSec)
    const run = new ChainRun({
      keys: this.#keys,
      backend: this.#backend,
      findings,
      openSpill: this.#openSpill,
      onReceipt: async (checked) => {
        await timestamps.receipt(checked, findings)
        await onReceipt?.(checked)
      },
      onConfirmed: this.#mayConfirm()
        ? (lines) => {
            timestamps.count(lines.count)
            onConfirmed?.(lines)
          }
        : undefined,
    })
    return { findings, parser: new LineParser(), run, timestamps, isGivenUp: false }
  }

  #result({ findings, parser, run: { rules }, timestamps }: Attempt): ChainResult {
    const { requireComplete = false, requireTimestamps = false } = this.#options
    const { count, complete } = rules
    if (count === 0) findings.add('L2', 'fail', 'EMPTY_CHAIN', VERIFICATION_CODES.EMPTY_CHAIN[0])
    else if (requireComplete && !complete)
      findings.add('L2', 'fail', 'CHAIN_OPEN', VERIFICATION_CODES.CHAIN_OPEN[0])
    const L3 = timestamps.result(findings, requireTimestamps)
    const status = (layer: Layer): Status =>
      findings.failed(layer) ? 'FAIL' : count === 0 ? 'SKIPPED' : 'PASS'
    const skipped = { status: 'SKIPPED' } as const
    return {
      layers: {
        L1: { status: status('L1') },
        L2: { status: status('L2') },
        L3,
        L4: skipped,
        L5: skipped,
        L6: skipped,
      },
      chain: { workflow_id: rules.workflowId, complete, count, head: rules.head },
      gaps: rules.gaps,
      findings: findings.list(),
      findings_omitted: findings.omitted(),
      not_checked: [...parser.notChecked('L1'), ...timestamps.notChecked(), ...NOT_BUILT],
    }
  }
}

const NOT_BUILT: readonly NotChecked[] = [
  { axis: 'L4', why: 'outcomes, amounts and budgets: not in this version' },
  { axis: 'L5', why: 'inclusion in a transparency log: not in this version' },
  { axis: 'L6', why: 'where the policy came from: not in this version' },
]

/** Goes through the lines as they come; false at the first receipt that is out of order. */
async function goInFileOrder(lines: AsyncGenerator<readonly RawLine[]>, attempt: Attempt): Promise<boolean> {
  let last = Number.NEGATIVE_INFINITY
  for (;;) {
    // Not for-await: leaving such a loop would end the input, of which the rest may still be needed.
    const { done, value: batch } = await lines.next()
    last = Math.max(last, attempt.run.rules.lastNumber ?? last) // lines between may have been confirmed
    if (done) return true
    for (const line of batch) {
      const sequenceNumber = await addLine(line, attempt.parser, attempt, last)
      if (sequenceNumber !== undefined && sequenceNumber < last) return false
      last = sequenceNumber ?? last
    }
  }
}

/**
 * Adds the receipt on a line to the run, unless its number is below `least`.
 *
 * @returns its sequence number; undefined when it has none.
 */
async function addLine(
  line: RawLine,
  parser: LineParser,
  attempt: Attempt,
  least = Number.NEGATIVE_INFINITY,
): Promise<number | undefined> {
  const item = readItem(line, parser, attempt.findings)
  if (item === undefined) return undefined
  const sequenceNumber = sequenceNumberOf(item)
  if (sequenceNumber === undefined || sequenceNumber >= least) await attempt.run.add(item)
  return sequenceNumber
}

function readItem(line: RawLine, parser: LineParser, findings?: Findings): ChainItem | undefined {
  const parsed = parser.parse(line)
  const { fileIndex } = line
  if (parsed?.ok) return { receipt: parsed.object, fileIndex, memoryBytes: parsed.memoryBytes }
  if (parsed === undefined) findings?.count(1)
  else findings?.add('L1', 'fail', parsed.code, parsed.message, { ...NOWHERE, file_index: fileIndex })
  return undefined
}

/** An index of the lines; what has no place in the order is dealt with at once. */
async function sortLines(
  source: LineSource,
  access: RandomAccess,
  attempt: Attempt,
  openSpill: SpillFactory,
): Promise<LineSource> {
  const order = new LineOrder(openSpill)
  for await (const batch of source()) {
    for (const line of batch) {
      const item = readItem(line, attempt.parser, attempt.findings)
      const sequenceNumber = item && sequenceNumberOf(item)
      if (sequenceNumber !== undefined) await order.add(sequenceNumber, line)
      else if (item !== undefined) await attempt.run.add(item)
    }
  }
  return () => order.lines(access)
}

async function* receiptsOf(source: LineSource): AsyncGenerator<readonly ChainItem[]> {
  const parser = new LineParser()
  for await (const batch of source()) yield batch.flatMap((line) => readItem(line, parser) ?? [])
}
