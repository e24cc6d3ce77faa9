// Reading paths among the arguments, whatever their spelling (VAR W-15). Nothing here touches a file system.

/** A path taken apart. `root` is `/`, a drive (`c:`), a home (`~`, `~name`), or empty for a relative path. */
export interface PathReading {
  readonly root: string
  /** Without empty and `.` segments; a `..` stands only in front, where it leads out of what is known. */
  readonly segments: readonly string[]
}

const DOT_SEGMENT = /(?:^|[\\/])\.{1,2}(?:[\\/]|$)/
const SCHEME = /^[a-z][a-z0-9+.-]+:/i // two letters at least: one letter is a drive
const ROOT = /^(?:\/|(?:~[^\s/]*|[a-z]:)(?=\/|$))/i

/** True when a segment of the text is `.` or `..`. */
export function hasDotSegment(text: string): boolean {
  return DOT_SEGMENT.test(text)
}

/** The text with its dot segments worked in: `tmp/../x` is `x`. */
export function collapseDots(text: string): string {
  const { root, segments } = takeApart(text.replaceAll('\\', '/'))
  return root + segments.join('/')
}

/** True when the text begins with a URL scheme of two letters or more. */
export function hasScheme(text: string): boolean {
  return SCHEME.test(text)
}

/**
 * Reads a text as a path: absolute, home, drive, `file:` URL, or relative with a dot segment. Blanks around are
 * dropped, backslashes are separators. Undefined: not a path. `unreadable`: a path with NUL, or a bad `file:` URL.
 */
export function readPath(text: string): PathReading | 'unreadable' | undefined {
  const path = trimBlanks(text)
  if (/^file:/i.test(path)) return readFileUrl(path)
  if (hasScheme(path)) return undefined
  const slashed = path.replaceAll('\\', '/')
  if (!ROOT.test(slashed) && !hasDotSegment(slashed)) return undefined
  return slashed.includes('\0') ? 'unreadable' : takeApart(slashed)
}

function readFileUrl(url: string): PathReading | 'unreadable' {
  try {
    const path = decodeURIComponent(new URL(url).pathname)
    return path.includes('\0') ? 'unreadable' : takeApart(path.replaceAll('\\', '/'))
  } catch {
    return 'unreadable'
  }
}

function takeApart(path: string): PathReading {
  const root = ROOT.exec(path)?.[0] ?? ''
  const segments: string[] = []
  for (const segment of path.slice(root.length).split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.length > 0 && segments.at(-1) !== '..') segments.pop()
    else if (root !== '/') segments.push('..') // above `/` there is nothing; above others nobody knows
  }
  return { root: root.toLowerCase(), segments }
}

/** True when `path` is `entry` or lies below it, segment by segment; case counts. For allow lists. */
export function isUnder(path: PathReading, entry: PathReading): boolean {
  if (path.root !== entry.root || (climbs(path) && !climbs(entry))) return false
  return entry.segments.every((segment, i) => path.segments[i] === segment)
}

/**
 * True when `path` may be `entry` or lie below it; both as {@link foldPath} gives them. A relative path that climbs
 * is tried as if it climbed to the root. For block lists.
 */
export function mayBeUnder(path: PathReading, entry: PathReading): boolean {
  if (isUnder(path, entry)) return true
  const climbed = path.segments.slice(path.segments.lastIndexOf('..') + 1)
  return climbs(path) && isUnder({ root: '/', segments: climbed }, entry)
}

function climbs(path: PathReading): boolean {
  return path.segments[0] === '..'
}

/** The path in lower case, its segments without dots and blanks at the end (some systems drop them). */
export function foldPath({ root, segments }: PathReading): PathReading {
  return { root, segments: segments.map((segment) => (segment === '..' ? segment : foldSegment(segment))) }
}

/** A path segment in lower case, without dots and blanks at its end. */
export function foldSegment(segment: string): string {
  return dropAtEnd(segment, ' \t\n\r.').toLowerCase()
}

/** The text without any of `chars` at its end. A loop: a pattern would need quadratic time here. */
export function dropAtEnd(text: string, chars: string): string {
  let end = text.length
  while (end > 0 && chars.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** The text without blanks around it, nor control characters (but NUL) in front. */
export function trimBlanks(text: string): string {
  return text.replace(BLANKS_IN_FRONT, '').trimEnd()
}

const BLANKS_IN_FRONT = /^(?:(?!\0)[\s\p{Cc}])+/u // URL parsers drop control characters there (WHATWG URL 4.4)
