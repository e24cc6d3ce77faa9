// `tool_transcript.hash`: how the receipt chain and the annex are bound into the Trust Record (DESIGN decision 11).
import { jcsBytes } from '../codec/jcs.js'
import { sha256String } from '../crypto/hash.js'

/** Heads and counts of one workflow's receipts and annex. Hashes are `sha256:` digest strings. */
export interface TranscriptFacts {
  /** Receipt hash of the last receipt. */
  readonly receiptsHead: string
  readonly receiptCount: number
  /** Hash of the last annex row; null when there is none. */
  readonly annexHead: string | null
  readonly annexCount: number
}

/**
 * Digest string of method `tracevar/transcript/1`: SHA-256 over
 * JCS `{annex_count, annex_head, receipt_count, receipts_head}`, with `annex_head` null when the annex is empty.
 */
export function transcriptHash(facts: TranscriptFacts): string {
  const bytes = jcsBytes({
    annex_count: facts.annexCount,
    annex_head: facts.annexHead,
    receipt_count: facts.receiptCount,
    receipts_head: facts.receiptsHead,
  })
  return sha256String(bytes)
}
