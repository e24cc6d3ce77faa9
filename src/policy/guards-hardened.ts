// The guards of the hardened profile: every string among the arguments, in any spelling (VAR W-15, DESIGN decision 14).
// What has no mark of a path or URL (a bare file name, a host inside a sentence) is outside of what guards can see,
// but for block lists of hosts and extensions, which also judge single words.
import { jsonDepthMax } from '../limits.js'
import { checkAnnotation, firstHit, GUARD_RESULTS, isBlockedHost } from './guards.js'
import {
  foldPath,
  foldSegment,
  hasScheme,
  isUnder,
  mayBeUnder,
  type PathReading,
  readPath,
  trimBlanks,
} from './paths.js'
import type { EvaluationResult, FilesystemPolicy, ModelsPolicy, NetworkPolicy, PolicyInput } from './types.js'
import { normaliseHost, percentDecode, readUrl } from './urls.js'

/** First guard that hits, in the reference's order. */
export function runHardenedGuards(
  tool: string,
  policy: PolicyInput,
  args: Readonly<Record<string, unknown>>,
  modelId: string | undefined,
): EvaluationResult | undefined {
  const { network, filesystem, models } = policy
  return (
    (network && firstHit(spelledStrings(args), networkGuard(network))) ??
    (filesystem && firstHit(spelledStrings(args), filesystemGuard(filesystem))) ??
    (models && checkModel(models, modelId)) ??
    checkAnnotation(tool, policy)
  )
}

/** Every string and member name in a value, and its percent-decoded form where that differs. */
function* spelledStrings(value: unknown, depth = 0): Generator<string> {
  if (typeof value === 'string') {
    yield value
    const decoded = percentDecode(value)
    if (decoded !== undefined) yield decoded
  } else if (typeof value === 'object' && value !== null) {
    if (depth > jsonDepthMax) throw new RangeError(`args: nesting is deeper than ${jsonDepthMax}`)
    for (const [name, member] of Object.entries(value)) {
      if (!Array.isArray(value)) yield* spelledStrings(name, depth + 1)
      yield* spelledStrings(member, depth + 1)
    }
  }
}

type Guard = (text: string) => EvaluationResult | undefined

function networkGuard(network: NetworkPolicy): Guard {
  const blocked = (network.blocked_domains ?? []).map(normaliseHost)
  const allowed = (network.allowed_domains ?? []).map(normaliseHost)
  if (blocked.length === 0 && allowed.length === 0 && network.require_tls !== true) return () => undefined
  return (text) => {
    const url = readUrl(text)
    if (url.kind === 'none') return undefined
    if (url.kind === 'unreadable') return GUARD_RESULTS.unreadableUrl
    if (url.kind === 'bare') return isBlockedHost(url.host, blocked) ? GUARD_RESULTS.blockedDomain : undefined
    if (network.require_tls === true && url.plaintext) return GUARD_RESULTS.requireTls
    if (isBlockedHost(url.host, blocked)) return GUARD_RESULTS.blockedDomain
    return allowed.length > 0 && !allowed.includes(url.host) ? GUARD_RESULTS.allowedDomain : undefined
  }
}

function filesystemGuard(filesystem: FilesystemPolicy): Guard {
  const blocked = readEntries(filesystem.blocked_paths).map(foldPath)
  const allowed = readEntries(filesystem.allowed_paths)
  const extensions = (filesystem.blocked_extensions ?? []).map((extension) => extension.toLowerCase())
  return (text) => {
    const path = readPath(text)
    if (path === 'unreadable') return GUARD_RESULTS.unreadablePath
    const folded = path && foldPath(path)
    if (folded && blocked.some((entry) => mayBeUnder(folded, entry))) return GUARD_RESULTS.blockedPath
    const name = folded ? (folded.segments.at(-1) ?? '') : foldSegment(lastWord(text))
    if (extensions.some((extension) => name.endsWith(extension))) return GUARD_RESULTS.blockedExtension
    if (path === undefined || filesystem.allowed_paths === undefined) return undefined
    if (filesystem.allowed_paths.length === 0 || allowed.some((entry) => isUnder(path, entry)))
      return undefined
    return GUARD_RESULTS.allowedPath
  }
}

function readEntries(entries: readonly string[] = []): readonly PathReading[] {
  return entries.map(readPath).filter((path) => typeof path === 'object')
}

/** The last segment of a text that could be a bare file name; empty for sentences and URLs. */
function lastWord(text: string): string {
  const word = trimBlanks(text).replace(/\0.*$/s, '') // C programs stop reading at NUL
  if (/\s/.test(word) || hasScheme(word)) return ''
  return word.split(/[\\/]+/).findLast((segment) => segment !== '') ?? ''
}

/** A model that nobody named cannot be on an allow list, nor be known to be off a block list. */
function checkModel(models: ModelsPolicy, modelId: string | undefined): EvaluationResult | undefined {
  const { allowed = [], blocked = [] } = models
  if (allowed.length === 0 && blocked.length === 0) return undefined
  if (modelId === undefined || modelId.trim() === '') {
    return allowed.length > 0 ? GUARD_RESULTS.allowedModel : GUARD_RESULTS.unknownModel
  }
  const folded = modelId.trim().toLowerCase()
  if (blocked.some((id) => id.trim().toLowerCase() === folded)) return GUARD_RESULTS.blockedModel
  return allowed.length > 0 && !allowed.includes(modelId) ? GUARD_RESULTS.allowedModel : undefined
}
