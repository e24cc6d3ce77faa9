// What a tool answered, as a digest (VAR R-23, D-24): the answer itself is never kept.
import { TracevarError } from '../errors.js'
import { canonicalHash, computeContentEntropyHash } from '../receipt/hash.js'

/**
 * `upstream_response_digest` of an answer: text and bytes by content (parsed if they are a JSON object or array),
 * other values by their canonical form. null for no answer, for bytes that are not UTF-8, and for a value that has no
 * canonical form: nothing is made up.
 */
export function responseDigest(response: unknown): string | null {
  if (response === undefined) return null
  try {
    if (response instanceof Uint8Array)
      return computeContentEntropyHash(new TextDecoder('utf-8', { fatal: true }).decode(response))
    return typeof response === 'string' ? computeContentEntropyHash(response) : canonicalHash(response)
  } catch (error) {
    if (error instanceof TracevarError || error instanceof TypeError) return null
    throw error
  }
}
