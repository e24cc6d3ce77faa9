// From the bytes of a policy file to a frozen policy (VAR 1.17, D-1). Pure: reading the file is host.ts.
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import { policyRulesMax } from '../limits.js'
import { checkHardened } from './check.js'
import { type TakenFacts, takeFacts, takeMode, warnNotEnforced } from './envelope.js'
import { deepFreeze } from './freeze.js'
import { mergePackRules } from './merge.js'
import { isPackId, type PackId, resolveSchemaPack } from './packs.js'
import { type Fault, formatPath, POLICY_MEMBERS, type PolicyPath, policyFileShape } from './schema.js'
import { formatFaults, type PolicySource, readSource } from './source.js'
import type { ParamCondition, PolicyConfig, PolicyMode, PolicyProfile, PolicyRule } from './types.js'

/** Options of {@link parsePolicy}. */
export interface PolicyLoadOptions {
  /** `compat` ignores unknown members beside the policy; `hardened` refuses them, and what {@link checkHardened} finds. */
  readonly profile: PolicyProfile
  /** The mode the policy will run in. Left out: the file's, else `observe`. Decides a missing `default` (D-1). */
  readonly mode?: PolicyMode
}

/** A policy, frozen throughout, and what its file says beside it. */
export interface LoadedPolicy {
  readonly policy: PolicyConfig
  /** The mode that the file names; absent when it names none. */
  readonly mode?: PolicyMode
  /** `version`, else `var_core_version`, as text; absent when the file has neither. */
  readonly version?: string
  /** One line each, for the operator. */
  readonly warnings: readonly string[]
  /** Empty in the compat profile, which looks at the policy only. */
  readonly taken: TakenFacts
}

/** The policy of a file, and where its parts stand there. */
interface Block {
  readonly members: JsonObject
  readonly pathOf: (member: string) => PolicyPath
}

/**
 * Reads a policy file in any of the shapes of D-1: a `policy` block (reference), `rules` at the top (seed README,
 * policy-schema.json), or a bare merged policy. Members of the policy may stand in the block or at the top, not both.
 * A name ending in `.json` is the merged form: `schemas` there says which packs `rules` already holds.
 *
 * @throws PolicyLoadError `ERR_POLICY_SYNTAX`, `ERR_POLICY_INVALID`, `ERR_POLICY_PACK_UNKNOWN`, `ERR_POLICY_REFUSED`
 * (hardened), with position and excerpt where the fault has a place
 */
export function parsePolicy(bytes: Uint8Array, name: string, options: PolicyLoadOptions): LoadedPolicy {
  const source = readSource(bytes, name)
  const file = source.value
  if (!isJsonObject(file)) {
    throw source.error('ERR_POLICY_INVALID', `Policy file invalid: expected a YAML object in ${name}`)
  }
  const compat = options.profile === 'compat'
  const docs = file.var_core_version !== undefined
  const block = findBlock(file, source, policyFileShape({ docs, lenient: compat }))
  const warnings: string[] = []
  const mode = takeMode(file, warnings)
  const rules = (block.members.rules as JsonObject[]).map((rule) => normaliseRule(rule))
  const policy = mergePacks(
    {
      ...block.members,
      default:
        (block.members.default as PolicyConfig['default'] | undefined) ??
        defaultFor(options.mode ?? mode ?? 'observe', warnings),
      rules,
    },
    block,
    source,
  )
  if (!compat) {
    refuseFindings(policy, rules, block, source, warnings)
    warnNotEnforced(file, policy.rules, warnings)
  }
  const version = file.version ?? file.var_core_version
  return deepFreeze({
    policy,
    ...(mode === undefined ? {} : { mode }),
    ...(version === undefined ? {} : { version: String(version) }),
    warnings,
    taken: compat ? { workflow: {} } : takeFacts(file),
  })
}

function findBlock(file: JsonObject, source: PolicySource, check: ReturnType<typeof policyFileShape>): Block {
  const nested = file.policy ?? {}
  const hasRules =
    file.rules !== undefined || (isJsonObject(file.policy) && Object.keys(file.policy).length > 0)
  if (!hasRules || !isJsonObject(nested)) {
    throw source.error('ERR_POLICY_INVALID', `Policy file missing 'policy' block in ${source.name}`)
  }
  const faults: Fault[] = []
  check(file, [], faults)
  const atTop = POLICY_MEMBERS.filter((member) => Object.hasOwn(file, member))
  for (const member of atTop) {
    if (Object.hasOwn(nested, member))
      faults.push({ path: [member], message: 'stands in the policy block too' })
  }
  if (!atTop.includes('rules') && !Object.hasOwn(nested, 'rules')) {
    faults.push({ path: ['policy'], message: "must have required property 'rules'" })
  }
  if (faults.length > 0) throw invalid(source, faults)
  const members: JsonObject = { ...nested }
  for (const member of atTop) members[member] = file[member] ?? null
  return { members, pathOf: (member) => (atTop.includes(member) ? [member] : ['policy', member]) }
}

function invalid(source: PolicySource, faults: readonly Fault[]) {
  const message = `Policy config validation failed in ${source.name}: ${formatFaults(faults)}`
  return source.error('ERR_POLICY_INVALID', message, faults[0]?.path)
}

/**
 * One rule as it is evaluated: bare condition arrays become blocks; what policy-schema.json lets a rule leave out is
 * filled in on the careful side.
 */
function normaliseRule(rule: JsonObject): PolicyRule {
  const { params } = rule
  const id = rule.id === undefined ? '' : ` ${String(rule.id)}`
  return {
    reason: `rule${id} for ${String(rule.tool)}`,
    blast_radius: 'HIGH',
    reversible: false,
    ...(rule as unknown as Pick<PolicyRule, 'tool' | 'decision'>), // checked by the shape of the file
    ...(Array.isArray(params) ? { params: { conditions: params as unknown as ParamCondition[] } } : {}),
  }
}

function defaultFor(mode: PolicyMode, warnings: string[]): PolicyConfig['default'] {
  const decision = mode === 'observe' ? 'ALLOW' : 'BLOCK'
  warnings.push(`no default decision: ${decision} in mode ${mode}`)
  return decision
}

function mergePacks(policy: PolicyConfig, block: Block, source: PolicySource): PolicyConfig {
  const { schemas, ...bare } = policy
  if (schemas === undefined) return policy
  schemas.forEach((id, i) => {
    if (isPackId(id)) return
    const known = 'see tracevar policy packs'
    throw source.error(
      'ERR_POLICY_PACK_UNKNOWN',
      `Unknown schema pack ${JSON.stringify(id)} in ${source.name}; ${known}`,
      [...block.pathOf('schemas'), i],
    )
  })
  if (source.merged) {
    requireMerged(policy, schemas, block, source)
    return policy
  }
  const merged = mergePackRules(bare, schemas as readonly PackId[]).rules
  if (merged.length > policyRulesMax) {
    throw invalid(source, [
      { path: block.pathOf('rules'), message: `more than ${policyRulesMax} rules with packs` },
    ])
  }
  return { ...policy, rules: merged }
}

/** A merged policy has rules for every tool of its packs; one that has not would silently lack protection. */
function requireMerged(
  policy: PolicyConfig,
  schemas: readonly string[],
  block: Block,
  source: PolicySource,
): void {
  const tools = new Set(policy.rules.map(({ tool }) => tool))
  for (const [i, id] of schemas.entries()) {
    const missing = resolveSchemaPack(id).rules.find(({ tool }) => !tools.has(tool))
    if (missing !== undefined) {
      const message = `names a pack whose rules (${missing.tool}) are missing; a .json policy is the merged form, use YAML`
      throw invalid(source, [{ path: [...block.pathOf('schemas'), i], message }])
    }
  }
}

function refuseFindings(
  policy: PolicyConfig,
  rules: readonly PolicyRule[],
  block: Block,
  source: PolicySource,
  warnings: string[],
): void {
  const findings = checkHardened(policy)
  const refused = findings.filter(({ severity }) => severity === 'refuse')
  if (refused.length > 0) {
    const message = `Policy refused (hardened) in ${source.name}: ${formatFaults(refused)}`
    throw source.error(
      'ERR_POLICY_REFUSED',
      message,
      pathInFile(refused[0]?.path ?? [], policy, rules, block),
    )
  }
  for (const { path, message } of findings) warnings.push(`${formatPath(path)} ${message}`)
}

/** Where a finding about the merged policy stands in the file; undefined for a rule that came from a pack. */
function pathInFile(
  path: PolicyPath,
  policy: PolicyConfig,
  rules: readonly PolicyRule[],
  block: Block,
): PolicyPath | undefined {
  const [member, index, ...rest] = path
  if (member !== 'rules' || typeof index !== 'number')
    return [...block.pathOf(String(member)), ...path.slice(1)]
  const rule = policy.rules[index]
  const at = rule === undefined ? -1 : rules.indexOf(rule)
  return at < 0 ? undefined : [...block.pathOf('rules'), at, ...rest]
}
