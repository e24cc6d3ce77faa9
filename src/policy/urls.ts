// Reading hosts among the arguments, whatever their spelling (VAR W-15): WHATWG URL rules, as clients apply them.
import { dropAtEnd, hasScheme, trimBlanks } from './paths.js'

/** What a text says about the network. */
export type UrlReading =
  /** Names a host of the network for sure. `plaintext`: the scheme has no TLS. */
  | { readonly kind: 'url'; readonly host: string; readonly plaintext: boolean }
  /** May name a host: no scheme, but a client that adds one would reach `host`. */
  | { readonly kind: 'bare'; readonly host: string }
  /** Has the form of a URL, but no client can read it, or clients read different hosts. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'none' }

const PLAINTEXT_SCHEMES: ReadonlySet<string> = new Set(['http:', 'ws:', 'ftp:'])
const SLASHED = /^(?:(?:https?|wss?|ftp):|[a-z][a-z0-9+.-]+:[\\/]{2})/i
/** A backslash inside the authority: WHATWG ends the host there, RFC 3986 does not, so nobody knows the host. */
const AMBIGUOUS = /^[a-z][a-z0-9+.-]*:[\\/]{2,}[^/?#\\]*\\/i
const SCHEME_RELATIVE = /^[\\/]{2}/
const SCP = /^[^\s@/\\]+@([^\s:/\\]+):/

/** Reads a text as a URL, a scheme-relative URL, an scp address (`user@host:path`) or a bare host. */
export function readUrl(text: string): UrlReading {
  const url = trimBlanks(text).replace(/[\t\n\r]/g, '') // WHATWG URL 4.4 drops these anywhere
  if (/^file:/i.test(url)) return { kind: 'none' }
  if (AMBIGUOUS.test(url)) return { kind: 'unreadable' }
  const relative = SCHEME_RELATIVE.test(url)
  if (relative || hasScheme(url)) {
    const parsed = parse(relative ? `https:${url}` : url)
    if (parsed === undefined) {
      if (relative || SLASHED.test(url)) return { kind: 'unreadable' }
    } else if (parsed.hostname !== '') {
      return {
        kind: 'url',
        host: normaliseHost(parsed.hostname),
        plaintext: PLAINTEXT_SCHEMES.has(parsed.protocol),
      }
    }
  }
  const scp = SCP.exec(url)?.[1]
  if (scp !== undefined) return { kind: 'url', host: normaliseHost(scp), plaintext: false }
  const bare = /\s/.test(url) ? undefined : parse(`https://${url}`)
  return bare === undefined ? { kind: 'none' } : { kind: 'bare', host: normaliseHost(bare.hostname) }
}

/** A host in the one form that is compared: lower case, decoded, punycode, no dot at the end. */
export function normaliseHost(host: string): string {
  const decoded = percentDecode(host) ?? host
  return dropAtEnd(parse(`https://${decoded}`)?.hostname ?? decoded.toLowerCase(), '.')
}

/** The percent-decoded text; undefined when nothing is encoded, or badly. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined
}
