// What verification has to say: coded observations, bounded in number, and the status of each layer.
import { findingsMax } from '../limits.js'
import type { VerificationCode } from './codes.js'

/** Axes of a verification. L1 signatures, L2 chain, L3 time, L4 outcomes, L5 log inclusion, L6 policy provenance. */
export type Layer = 'L1' | 'L2' | 'L3' | 'L4' | 'annex'

/** `fail` ends in exit code 1; `warn` keeps a pass from being clean; `note` says something worth knowing. */
export type Severity = 'fail' | 'warn' | 'note'

/** Where in the input a finding lies; null where it has no such place. */
export interface Place {
  /** Position after sorting by sequence number, from 0. */
  readonly index: number | null
  /** Line of the file, from 0, blank ones counted; position in the array for receipts given as objects. */
  readonly file_index: number | null
  readonly sequence_number: number | null
  readonly receipt_id: string | null
}

/** One coded observation. `message` holds codes, field names, counts and digests, never contents. */
export interface Finding extends Place {
  readonly layer: Layer
  readonly severity: Severity
  readonly code: VerificationCode
  readonly message: string
}

export const NOWHERE: Place = { index: null, file_index: null, sequence_number: null, receipt_id: null }

/** Collects findings. At most `findingsMax` of each severity are kept, so that warnings never displace failures. */
export class Findings {
  readonly #kept: Readonly<Record<Severity, Finding[]>> = { fail: [], warn: [], note: [] }
  readonly #failed = new Set<Layer>()
  #count = 0

  add(
    layer: Layer,
    severity: Severity,
    code: VerificationCode,
    message: string,
    place: Place = NOWHERE,
  ): void {
    const { index, file_index, sequence_number, receipt_id } = place
    this.count(1)
    if (severity === 'fail') this.#failed.add(layer)
    const kept = this.#kept[severity]
    if (kept.length >= findingsMax) return
    const finding = { layer, severity, code, message, index, file_index, sequence_number, receipt_id }
    kept.push(structuredClone(finding)) // strings that were cut out of a line keep the whole line in memory
  }

  /** Counts findings whose details are not known. */
  count(more: number): void {
    this.#count += more
  }

  failed(layer: Layer): boolean {
    return this.#failed.has(layer)
  }

  /** Failures first when there are too many; in the order of the chain, then of the file. */
  list(): Finding[] {
    const { fail, warn, note } = this.#kept
    const first = (finding: Finding) => finding.index ?? finding.file_index ?? Number.POSITIVE_INFINITY
    return [...fail, ...warn, ...note].slice(0, findingsMax).sort((a, b) => first(a) - first(b) || 0)
  }

  /** How many findings are not in {@link list}. */
  omitted(): number {
    return this.#count - Math.min(this.#count, this.list().length)
  }
}
