// What the hardened profile refuses before a policy may decide anything (VAR W-16): whatever would fail open, or
// can never fire as written.
import { fieldPathSegmentsMax } from '../limits.js'
import { AGENT_APPROVALS, isPermissive, PLACEHOLDER } from './params-hardened.js'
import { readPath } from './paths.js'
import { patternOf } from './pattern.js'
import { type Fault, formatPath, type PolicyPath, policyShape } from './schema.js'
import type { ParamCondition, PolicyInput, PolicyRule } from './types.js'

/** `refuse`: the policy is not used. `warn`: it is used, and the operator should know. */
export interface Finding extends Fault {
  readonly severity: 'refuse' | 'warn'
}

/** Everything that the hardened profile has to say about a policy; empty when there is nothing. */
export function checkHardened(policy: PolicyInput): readonly Finding[] {
  const faults: Fault[] = []
  policyShape(policy, [], faults)
  if (faults.length === 0) {
    checkRules(policy.rules, faults)
    checkGuards(policy, faults)
  }
  const refused = faults.map((fault): Finding => ({ ...fault, severity: 'refuse' }))
  return refused.length > 0 ? refused : warn(policy.rules)
}

const refusals = new WeakMap<PolicyInput, string | null>()

/**
 * The first reason to refuse a policy, as text; undefined when there is none. Remembered for a frozen policy, which
 * is taken to be frozen throughout, as loaded ones are.
 */
export function findRefusal(policy: PolicyInput): string | undefined {
  const known = refusals.get(policy)
  if (known !== undefined) return known ?? undefined
  const finding = checkHardened(policy).find(({ severity }) => severity === 'refuse')
  const refusal = finding && `${formatPath(finding.path)} ${finding.message}`
  if (Object.isFrozen(policy)) refusals.set(policy, refusal ?? null)
  return refusal
}

function checkRules(rules: readonly PolicyRule[], faults: Fault[]): void {
  const alwaysAllowed = new Set<string>()
  rules.forEach((rule, i) => {
    const path = ['rules', i]
    if (rule.tool.trim() === '') faults.push({ path: [...path, 'tool'], message: 'is empty' })
    if (!isPermissive(rule.decision) && alwaysAllowed.has(rule.tool)) {
      faults.push({ path, message: 'can never fire: a rule before it always allows this tool' })
    }
    if (rule.params === undefined && isPermissive(rule.decision)) alwaysAllowed.add(rule.tool)
    rule.params?.conditions.forEach((condition, j) => {
      const message = checkField(condition.field) ?? checkValue(condition)
      if (message !== undefined) faults.push({ path: [...path, 'params', 'conditions', j], message })
    })
  })
}

function checkField(field: string): string | undefined {
  const segments = field.split('.')
  if (segments.includes('')) return 'field has an empty segment'
  return segments.length > fieldPathSegmentsMax
    ? `field is deeper than ${fieldPathSegmentsMax} segments and would never be found`
    : undefined
}

function checkValue(condition: ParamCondition): string | undefined {
  const { op, value } = condition
  switch (op) {
    case 'exists':
    case 'not_exists':
      return undefined
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return isExactNumber(value) ? undefined : `${op} needs a number that a double carries exactly`
    case 'gt_bigint':
      return typeof value === 'string' && /^-?[0-9]+$/.test(value)
        ? undefined
        : `${op} needs a decimal string`
    case 'match':
    case 'not_match':
      return patternOf(condition) === undefined
        ? `${op} needs a pattern that RE2 can run (no look-around or back references), within the size limits`
        : undefined
    case 'in':
      if (Array.isArray(value) && value.length === 0) return 'in with an empty list never matches'
      return Array.isArray(value) && value.every(isScalar) ? undefined : `${op} needs a list of scalars`
    case 'not_in':
      return Array.isArray(value) && value.every(isScalar) ? undefined : `${op} needs a list of scalars`
    case 'eq':
    case 'neq':
      return isScalar(value) ? undefined : `${op} needs a string, number or boolean`
  }
}

function isExactNumber(value: unknown): boolean {
  return (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!Number.isInteger(value) || Number.isSafeInteger(value))
  )
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || isExactNumber(value)
}

function checkGuards({ network, filesystem, models }: PolicyInput, faults: Fault[]): void {
  const check = (
    entries: readonly string[] = [],
    path: PolicyPath,
    holds: (entry: string) => boolean,
    message: string,
  ) => {
    entries.forEach((entry, i) => {
      if (!holds(entry)) faults.push({ path: [...path, i], message })
    })
  }
  const host =
    'is not a bare host name (no scheme, port, path or wildcard; a blocked domain covers its subdomains)'
  check(network?.allowed_domains, ['network', 'allowed_domains'], isHost, host)
  check(network?.blocked_domains, ['network', 'blocked_domains'], isHost, host)
  const path = 'is not a path that starts with /, ~, a drive, ./ or ../'
  check(filesystem?.allowed_paths, ['filesystem', 'allowed_paths'], isPath, path)
  check(filesystem?.blocked_paths, ['filesystem', 'blocked_paths'], isPath, path)
  check(filesystem?.blocked_extensions, ['filesystem', 'blocked_extensions'], isNotBlank, 'is blank')
  check(models?.allowed, ['models', 'allowed'], isNotBlank, 'is blank')
  check(models?.blocked, ['models', 'blocked'], isNotBlank, 'is blank')
}

function isHost(entry: string): boolean {
  const address = /^\[[0-9a-f:.]+\]$/i.test(entry) // IPv6
  return (address || /^[^\s.:/?#@\\*%][^\s:/?#@\\*%]*$/.test(entry)) && URL.canParse(`https://${entry}`)
}

function isPath(entry: string): boolean {
  return typeof readPath(entry) === 'object'
}

function isNotBlank(entry: string): boolean {
  return entry.trim() !== ''
}

function warn(rules: readonly PolicyRule[]): Finding[] {
  const findings: Finding[] = []
  rules.forEach((rule, i) => {
    for (const [j, { field, value }] of (rule.params?.conditions ?? []).entries()) {
      const path = ['rules', i, 'params', 'conditions', j]
      if (isPermissive(rule.decision) && AGENT_APPROVALS.has(field)) {
        findings.push({ path, severity: 'warn', message: `${field} comes from the agent; the rule is void` })
      }
      if (value === PLACEHOLDER || (Array.isArray(value) && value.includes(PLACEHOLDER))) {
        findings.push({
          path,
          severity: 'warn',
          message: `${PLACEHOLDER} in the rule for ${rule.tool} is not filled in`,
        })
      }
    }
  })
  return findings
}
