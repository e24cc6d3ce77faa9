// Globs in tool names (VAR D-36): `*` stands for any run of characters, everything else for itself; case counts.

/** True for a pattern with `*` that is not `*` alone. */
export function isGlob(pattern: string): boolean {
  return pattern.includes('*') && pattern !== '*'
}

/** True when the whole name matches. Each piece is searched once, from left to right. */
export function matchesGlob(pattern: string, name: string): boolean {
  const pieces = pattern.split('*')
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (pieces.length === 1) return pattern === name
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false
  const end = name.length - last.length
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    at = name.indexOf(piece, at)
    if (at < 0) return false
    at += piece.length
    if (at > end) return false
  }
  return true
}
