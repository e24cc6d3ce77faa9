// The machine-readable result of a verification (DESIGN, `verify --json`) and its exit code.
import { REPORT_FORMAT } from '../formats.js'
import type { Finding } from './findings.js'

/** PASS FAIL WARN, or what keeps an axis from all three. */
export type Status = 'PASS' | 'FAIL' | 'WARN' | 'SKIPPED' | 'PENDING' | 'N/A'

/** An axis, or a part of it, that nothing was found out about. */
export interface NotChecked {
  readonly axis: string
  readonly why: string
}

/** L3. `structural`: tokens fit their receipts; no signature of a time-stamp authority was verified (VAR D-12). */
export interface TimestampResult {
  readonly status: Status
  readonly level: 'structural'
  /** Receipts with a token that passed. */
  readonly covered: number
  readonly total: number
}

/** What came of a chain. */
export interface ChainResult {
  readonly layers: {
    readonly L1: { readonly status: Status }
    readonly L2: { readonly status: Status }
    readonly L3: TimestampResult
    readonly L4: { readonly status: Status }
    readonly L5: { readonly status: Status }
    readonly L6: { readonly status: Status }
  }
  readonly chain: {
    readonly workflow_id: string | null
    /** The last receipt is a workflow_closed (VAR R-41). */
    readonly complete: boolean
    /** Number of receipts that have a place in the chain. */
    readonly count: number
    /** Hash of the last one. */
    readonly head: string | null
  }
  /** Sequence numbers that did not follow the one before (VAR R-40); at most `findingsMax`. */
  readonly gaps: readonly number[]
  /** At most `findingsMax`. */
  readonly findings: readonly Finding[]
  /** How many more there were. */
  readonly findings_omitted: number
  readonly not_checked: readonly NotChecked[]
}

/** What came of an annex. */
export interface AnnexResult {
  readonly status: Status
  readonly count: number
  /** Hash of the last row. */
  readonly head: string | null
  readonly findings: readonly Finding[]
  readonly findings_omitted: number
  /** Parts of the axis that were not looked at. */
  readonly not_checked?: readonly NotChecked[]
}

/** One comparison within an axis. `warn`: it does not hold, and the reader must know. */
export interface AxisCheck {
  readonly id: string
  readonly status: 'pass' | 'warn' | 'fail'
  readonly message: string
}

/** What came of a part of an export besides chain and annex. */
export interface AxisResult {
  readonly status: Status
  readonly checks: readonly AxisCheck[]
  /** Of evidence only: the platform that it names, and how much it binds. */
  readonly platform?: string | null
  readonly grade?: string
}

/** The parts of a report; left out: not looked at. */
export interface ReportParts {
  readonly chain: ChainResult
  readonly annex?: AnnexResult | undefined
  readonly workflow?: AxisResult | undefined
  readonly policy?: AxisResult | undefined
  readonly record?: AxisResult | undefined
  readonly evidence?: AxisResult | undefined
  /** What `describe()` of the back end says. */
  readonly backend: object
  readonly not_checked?: readonly NotChecked[]
}

/** 0 pass, 1 failed or damaged, 2 open chain, 3 only L4 warnings (VAR D-18). */
export type ExitCode = 0 | 1 | 2 | 3

/** The whole: what `tracevar verify --json` prints. */
export interface Report {
  readonly format: typeof REPORT_FORMAT
  readonly ok: boolean
  readonly exit_code: ExitCode
  readonly layers: ChainResult['layers']
  readonly chain: ChainResult['chain']
  readonly findings: readonly Finding[]
  readonly findings_omitted: number
  readonly annex: Omit<AnnexResult, 'findings' | 'findings_omitted'> | null
  readonly workflow: AxisResult | null
  readonly policy: AxisResult | null
  readonly record: AxisResult | null
  readonly evidence: AxisResult | null
  readonly backend: object
  readonly not_checked: readonly NotChecked[]
}

/** Puts the parts together. `ok` is exit code 0. */
export function buildReport(parts: ReportParts): Report {
  const { chain, annex, workflow = null, policy = null, record = null, evidence = null, backend } = parts
  const exit_code = exitCodeOf(parts)
  return {
    format: REPORT_FORMAT,
    ok: exit_code === 0,
    exit_code,
    layers: chain.layers,
    chain: chain.chain,
    findings: [...chain.findings, ...(annex?.findings ?? [])],
    findings_omitted: chain.findings_omitted + (annex?.findings_omitted ?? 0),
    annex: annex === undefined ? null : { status: annex.status, count: annex.count, head: annex.head },
    workflow,
    policy,
    record,
    evidence,
    backend,
    not_checked: [...chain.not_checked, ...(annex?.not_checked ?? []), ...(parts.not_checked ?? [])],
  }
}

/**
 * 1 when any axis failed, else 2 when the chain is open, else 3 when L4 warns, else 0 (VAR D-18, DESIGN). Warnings of
 * other layers and PENDING change nothing.
 */
export function exitCodeOf(parts: ReportParts): ExitCode {
  const { chain, annex, workflow, policy, record, evidence } = parts
  const axes = [...Object.values(chain.layers), annex, workflow, policy, record, evidence]
  if (axes.some((axis) => axis?.status === 'FAIL')) return 1
  if (!chain.chain.complete) return 2
  return chain.layers.L4.status === 'WARN' ? 3 : 0
}

/** True when nothing failed and nothing warned: notes do not count. */
export function isClean(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity === 'note')
}
