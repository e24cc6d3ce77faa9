// Asking a revocation store about the trusted key (TRACE C3). Every doubt refuses.
import type { ResolvedKey } from './trusted-key.js'

/** Ids (RFC 7638 thumbprint or `kid`) that are revoked, or a function that says so for one id. */
export type RevocationStore =
  | ReadonlySet<string>
  | readonly string[]
  | ((id: string) => boolean | Promise<boolean>)

/**
 * `unusable`: the store threw, answered something other than a boolean, or is no store.
 * `not_asked`: there is no store, or no key to ask for.
 */
export type RevocationAnswer = 'listed' | 'not_listed' | 'unusable' | 'not_asked'

/** Asks for the thumbprint and every `kid` of the trusted key; the `kid` inside the record is never consulted. */
export async function askRevocation(
  store: RevocationStore | null | undefined,
  key: ResolvedKey,
): Promise<RevocationAnswer> {
  const ids = [...(key.thumbprint === undefined ? [] : [key.thumbprint]), ...key.kids]
  if (store === null || store === undefined || ids.length === 0) return 'not_asked'
  try {
    // Async, so that what a store throws at once and what it rejects with later end in the same place.
    const answers: unknown[] = await Promise.all(ids.map(async (id) => isListed(store, id)))
    if (!answers.every((answer) => typeof answer === 'boolean')) return 'unusable'
    return answers.includes(true) ? 'listed' : 'not_listed'
  } catch {
    return 'unusable'
  }
}

function isListed(store: RevocationStore, id: string): unknown {
  if (typeof store === 'function') return store(id)
  return isList(store) ? store.includes(id) : store.has(id)
}

/** Array.isArray does not narrow read-only arrays out of a union. */
function isList(store: ReadonlySet<string> | readonly string[]): store is readonly string[] {
  return Array.isArray(store)
}
