// What a tool answered, as a digest (VAR R-23, D-24): the answer itself is never kept.
import { utf8Decode } from '../codec/utf8.js'
import { canonicalHash, computeContentEntropyHash } from '../receipt/hash.js'

/**
 * `upstream_response_digest` of an answer: text and bytes by content (parsed if they are a JSON object or array),
 * other values by their canonical form. null for no answer, for bytes that are not UTF-8, and for whatever cannot be
 * read as JSON: nothing is made up, and an odd answer never keeps an outcome from being recorded.
 */
export function responseDigest(response: unknown): string | null {
  if (response === undefined) return null
  try {
    if (response instanceof Uint8Array) return computeContentEntropyHash(utf8Decode(response))
    return typeof response === 'string' ? computeContentEntropyHash(response) : canonicalHash(response)
  } catch {
    return null // also what a getter or proxy of the tool's own throws
  }
}
