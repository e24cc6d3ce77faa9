// Which vectors of var/index.json this version decides, and what the others wait for. `tracevar vectors verify` and
// the tests ask the same question.
import { VERIFICATION_CODES } from './codes.js'

/** A row of var/index.json, as far as it matters here. */
export interface VectorRow {
  readonly file?: string
  /** Files of a continuity set. */
  readonly set?: readonly string[]
  readonly key_hex: string
  /** key_ids of jwks.json; left out: `key_hex` is the one key. */
  readonly jwks?: readonly string[]
  readonly tsa_anchors?: Readonly<Record<string, string>>
  readonly expect?: {
    readonly L1: string
    readonly L2: string
    readonly L3: string
    readonly L3_without_anchors?: string
    readonly L4: string
    readonly complete?: boolean | '*'
    readonly clean: boolean | '*'
    readonly exit: number | '*'
    readonly codes_any?: readonly string[]
  }
}

/** `in scope`, or what the row needs that is not built. */
export function scopeOf(row: VectorRow): string {
  const { expect, file = '', tsa_anchors } = row
  if (expect === undefined) return 'needs continuity across sessions'
  if (file.startsWith('merkle/')) return 'needs Merkle batches'
  const { codes_any: codes, L3, L4 } = expect
  if (L4 === 'FAIL' || L4 === 'WARN') return 'decided by L4'
  const known = codes === undefined || codes.some((code) => Object.hasOwn(VERIFICATION_CODES, code))
  // With anchors, PASS is a statement about signature and certificate; a structural FAIL is final.
  if (tsa_anchors !== undefined && (L3 === 'PASS' || !known)) return 'needs cryptographic L3'
  return known ? 'in scope' : 'decided by L4'
}
