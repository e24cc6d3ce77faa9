// The four guards in front of the rules, as the reference answers them (VAR R-131). Hardened: guards-hardened.ts.
import { isJsonObject } from '../codec/json-value.js'
import type { BlastRadius, Decision, EvaluationResult, PolicyInput } from './types.js'

/** Builds a result; `reason` is always `decision_reason`. */
export function makeResult(
  decision: Decision,
  reason: string,
  blastRadius: BlastRadius,
  reversible: boolean,
  matchedRule: string,
): EvaluationResult {
  return {
    decision,
    decision_reason: reason,
    reason,
    blast_radius: blastRadius,
    reversible,
    matched_rule: matchedRule,
  }
}

function guard(decision: 'BLOCK' | 'STEP_UP', rule: string, reason: string, blast: BlastRadius = 'HIGH') {
  return makeResult(decision, reason, blast, false, rule)
}

/** Every answer that a guard can give; names and reasons are the reference's, but for the `unreadable` ones. */
export const GUARD_RESULTS = {
  requireTls: guard('BLOCK', 'network:require_tls', 'network: require_tls violated'),
  blockedDomain: guard('BLOCK', 'network:blocked_domain', 'network: domain in blocklist'),
  allowedDomain: guard('BLOCK', 'network:allowed_domain', 'network: domain not in allowlist'),
  unreadableUrl: guard('BLOCK', 'network:unreadable_url', 'network: URL cannot be read'),
  blockedPath: guard('BLOCK', 'filesystem:blocked_path', 'filesystem: path in blocklist'),
  blockedExtension: guard('BLOCK', 'filesystem:blocked_extension', 'filesystem: extension blocked'),
  allowedPath: guard('BLOCK', 'filesystem:allowed_path', 'filesystem: path not in allowlist'),
  unreadablePath: guard('BLOCK', 'filesystem:unreadable_path', 'filesystem: path cannot be read'),
  blockedModel: guard('BLOCK', 'models:blocked', 'models: model_id is blocked', 'CRITICAL'),
  allowedModel: guard('BLOCK', 'models:allowed', 'models: model_id not in allowlist', 'CRITICAL'),
  unknownModel: guard('BLOCK', 'models:unknown', 'models: model_id is not known', 'CRITICAL'),
  alwaysStepUp: guard('STEP_UP', 'tool_annotation:always_step_up', 'tool_annotation: always_step_up'),
  complianceTier: guard(
    'STEP_UP',
    'tool_annotation:compliance_tier',
    'tool_annotation: compliance_tier requires approval',
  ),
} as const

/** First guard that hits, in the order network, filesystem, models, annotations. Without `args`, two are skipped. */
export function runGuards(
  tool: string,
  policy: PolicyInput,
  args: Readonly<Record<string, unknown>> | undefined,
  modelId: string | undefined,
): EvaluationResult | undefined {
  const texts = Object.values(args ?? {}).filter((value) => typeof value === 'string')
  return (
    firstHit(texts, (text) => checkUrl(text, policy)) ??
    firstHit(texts, (text) => checkPath(text, policy)) ??
    checkModel(policy, modelId) ??
    checkAnnotation(tool, policy)
  )
}

/** The first answer that is not undefined. */
export function firstHit(
  texts: Iterable<string>,
  check: (text: string) => EvaluationResult | undefined,
): EvaluationResult | undefined {
  for (const text of texts) {
    const hit = check(text)
    if (hit !== undefined) return hit
  }
  return undefined
}

function checkUrl(text: string, { network }: PolicyInput): EvaluationResult | undefined {
  if (!network || !/^https?:\/\//.test(text)) return undefined
  if (network.require_tls === true && text.startsWith('http:')) return GUARD_RESULTS.requireTls
  const host = text.slice(text.indexOf('//') + 2).replace(/[/?#].*$/s, '')
  if (isBlockedHost(host, network.blocked_domains ?? [])) return GUARD_RESULTS.blockedDomain
  const allowed = network.allowed_domains ?? []
  return allowed.length > 0 && !allowed.includes(host) ? GUARD_RESULTS.allowedDomain : undefined
}

/** True when the host is one of the domains or below one. */
export function isBlockedHost(host: string, domains: readonly string[]): boolean {
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`))
}

function checkPath(text: string, { filesystem }: PolicyInput): EvaluationResult | undefined {
  if (!filesystem || !/^(?:\/|~\/|\.\.?\/)/.test(text)) return undefined
  const startsWith = (prefix: string) => text.startsWith(prefix)
  if (filesystem.blocked_paths?.some(startsWith)) return GUARD_RESULTS.blockedPath
  if (filesystem.blocked_extensions?.some((end) => text.endsWith(end))) return GUARD_RESULTS.blockedExtension
  const allowed = filesystem.allowed_paths ?? []
  return allowed.length > 0 && !allowed.some(startsWith) ? GUARD_RESULTS.allowedPath : undefined
}

function checkModel({ models }: PolicyInput, modelId: string | undefined): EvaluationResult | undefined {
  if (!models || !modelId) return undefined
  if (models.blocked?.includes(modelId)) return GUARD_RESULTS.blockedModel
  const allowed = models.allowed ?? []
  return allowed.length > 0 && !allowed.includes(modelId) ? GUARD_RESULTS.allowedModel : undefined
}

/** The annotations guard; the same in both profiles. */
export function checkAnnotation(tool: string, policy: PolicyInput): EvaluationResult | undefined {
  const annotations = policy.tool_annotations
  if (!isJsonObject(annotations) || !Object.hasOwn(annotations, tool)) return undefined
  const annotation = policy.tool_annotations?.[tool]
  if (annotation?.always_step_up === true) return GUARD_RESULTS.alwaysStepUp
  const tier = annotation?.compliance_tier
  return tier === 'restricted' || tier === 'system' ? GUARD_RESULTS.complianceTier : undefined
}
