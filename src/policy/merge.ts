// Control packs meet the operator's rules (VAR R-135), and the hash of what comes out (R-24, D-33).
import { sha256 } from '@noble/hashes/sha2.js'
import { formatDigest } from '../codec/digest.js'
import { jcsBytes } from '../codec/jcs.js'
import { type PackId, resolveSchemaPack } from './packs.js'
import type { PolicyConfig, PolicyInput, PolicyRule } from './types.js'

/**
 * Merges pack rules into operator rules. For each tool, the first operator rule with `merge_schema_params` gets the
 * pack rules of that tool in front; other tools that an operator rule names (not `*`) keep only the operator's rules;
 * pack rules of all other tools follow at the end.
 */
export function mergePackRules(rules: readonly PolicyRule[], packRules: readonly PolicyRule[]): PolicyRule[]
/**
 * Merges one or more packs into a policy and adds their ids to `schemas`. A pack that `schemas` names already, or
 * that is given twice, is merged once. @throws PolicyLoadError `ERR_POLICY_PACK_UNKNOWN`
 */
export function mergePackRules(policy: PolicyConfig, packs: PackId | readonly PackId[]): PolicyConfig
export function mergePackRules(
  base: readonly PolicyRule[] | PolicyConfig,
  packs: readonly PolicyRule[] | PackId | readonly PackId[],
): PolicyRule[] | PolicyConfig {
  if (isRules(base)) return mergeRules(base, packs as readonly PolicyRule[])
  const merged = base.schemas ?? []
  const ids = new Set([packs as PackId | readonly PackId[]].flat().filter((id) => !merged.includes(id)))
  const packRules = [...ids].flatMap((id) => resolveSchemaPack(id).rules)
  return { ...base, rules: mergeRules(base.rules, packRules), schemas: [...merged, ...ids] }
}

function isRules(base: readonly PolicyRule[] | PolicyConfig): base is readonly PolicyRule[] {
  return Array.isArray(base)
}

function mergeRules(rules: readonly PolicyRule[], packRules: readonly PolicyRule[]): PolicyRule[] {
  const named = new Set(rules.map(({ tool }) => tool).filter((tool) => tool !== '*'))
  const filled = new Set<string>()
  const merged: PolicyRule[] = []
  for (const rule of rules) {
    if (rule.merge_schema_params === true && !filled.has(rule.tool)) {
      filled.add(rule.tool)
      merged.push(...packRules.filter(({ tool }) => tool === rule.tool))
    }
    merged.push(rule)
  }
  return [...merged, ...packRules.filter(({ tool }) => !named.has(tool))]
}

/** `sha256:` and the hex SHA-256 of the canonical JSON (RFC 8785) of the merged policy. */
export function computePolicyBundleHash(policy: PolicyInput): string {
  return formatDigest('sha256', sha256(jcsBytes(policy)))
}
