// The reference's answers: packs, operators, guards, order, merge, hash; and what hardened must not allow.
import { expect, it } from 'vitest'
import { checkHardened } from '../../src/policy/check.js'
import { evaluatePolicy } from '../../src/policy/evaluate.js'
import { computePolicyBundleHash, mergePackRules } from '../../src/policy/merge.js'
import { isPackId, type PackId, resolveSchemaPack, SCHEMA_PACKS } from '../../src/policy/packs.js'
import { evaluateParams } from '../../src/policy/params.js'
import type { EvaluationResult, ParamCondition, PolicyConfig, PolicyRule } from '../../src/policy/types.js'
import { describeVectors, vectorJson } from '../support/vectors.js'

type Args = Record<string, unknown>
interface Case {
  readonly policy?: PolicyConfig
  readonly pack?: string
  readonly default?: PolicyConfig['default']
  readonly tool: string
  readonly args: Args | null
  readonly context?: { model_id?: string } | null
}

const read = <T>(name: string) => vectorJson<{ cases: T[] }>(`var/policy/${name}.json`).cases

function policyOf(each: Case): PolicyConfig {
  return each.policy ?? { default: each.default ?? 'ALLOW', rules: resolveSchemaPack(each.pack ?? '').rules }
}

function evaluate(each: Case, profile: 'compat' | 'hardened'): EvaluationResult {
  return evaluatePolicy(each.tool, policyOf(each), each.args ?? undefined, { ...each.context, profile })
}

function withoutReason({ reason, decision_reason, ...rest }: EvaluationResult) {
  expect(reason).toBe(decision_reason)
  return rest
}

/** The rules of a pack as the fact table writes them. */
function factsOf(rules: readonly PolicyRule[]) {
  return rules.map(({ reason: _, params, ...rest }) => ({
    ...rest,
    ...(params === undefined ? {} : { conditions: params.conditions }),
  }))
}

describeVectors('policy vectors', () => {
  it('packs hold exactly the facts of pack-rules.json', () => {
    const facts = vectorJson<Record<string, { rules: object[] }>>('var/policy/pack-rules.json')
    expect(Object.keys(SCHEMA_PACKS).sort()).toEqual(Object.keys(facts).sort())
    for (const [id, { rules }] of Object.entries(facts)) {
      expect(factsOf(resolveSchemaPack(id).rules), id).toEqual(rules)
      expect(resolveSchemaPack(id).id).toBe(id)
    }
  })

  it('pack-evaluations: every answer is the reference answer', () => {
    const cases = read<Case & { expect: object }>('pack-evaluations')
    expect(cases.length).toBeGreaterThan(1_900)
    for (const each of cases) {
      expect(withoutReason(evaluate(each, 'compat')), JSON.stringify(each)).toEqual(each.expect)
    }
  })

  it('evaluate: guards, order, wildcard and default answer as the reference, with its reasons', () => {
    for (const each of read<Case & { expect: EvaluationResult }>('evaluate')) {
      const { reason, ...result } = evaluate(each, 'compat')
      expect(result, JSON.stringify(each)).toEqual(each.expect)
      expect(reason).toBe(result.decision_reason)
    }
  })

  it('operators: evaluateParams answers as the reference', () => {
    for (const each of read<{ condition: ParamCondition; args: Args; expect: string }>('operators')) {
      const result = evaluateParams({ conditions: [each.condition] }, each.args)
      expect(result, JSON.stringify(each)).toBe(each.expect)
    }
  })

  it('merge: order of operator and pack rules, in both forms', () => {
    const brief = (rules: readonly PolicyRule[]) =>
      rules.map(({ tool, decision, params }) => [tool, decision, params?.conditions[0]?.op ?? null])
    for (const each of read<{ operator_rules: PolicyRule[]; packs: PackId[]; expect_rules: unknown[] }>(
      'merge',
    )) {
      const packRules = each.packs.flatMap((id) => resolveSchemaPack(id).rules)
      expect(brief(mergePackRules(each.operator_rules, packRules))).toEqual(each.expect_rules)
      const policy = mergePackRules({ default: 'ALLOW', rules: each.operator_rules }, each.packs)
      expect(brief(policy.rules)).toEqual(each.expect_rules)
    }
  })

  it('bundle-hash: SHA-256 of the canonical policy', () => {
    for (const each of read<{ policy: PolicyConfig; bundle_hash: string }>('bundle-hash')) {
      expect(computePolicyBundleHash(each.policy)).toBe(each.bundle_hash)
    }
  })

  it('hardening: hardened never answers ALLOW, and gives the answer that should be unless it refuses the policy', () => {
    for (const each of read<Case & { should_be?: string; ref: string; why: string }>('hardening')) {
      const { decision } = evaluate(each, 'hardened')
      const label = `${each.why}: ${JSON.stringify(each.args)}`
      expect(['BLOCK', 'STEP_UP', 'FAIL_CLOSED'], label).toContain(decision)
      const refused = checkHardened(policyOf(each)).some(({ severity }) => severity === 'refuse')
      expect(decision === 'FAIL_CLOSED', label).toBe(refused)
      if (!refused && each.should_be !== undefined) expect(decision, label).toBe(each.should_be)
      // Only own members are seen in both profiles; everything else keeps the reference's answer in compat.
      if (each.why !== 'not_exists sees inherited members') {
        expect(evaluate(each, 'compat').decision, label).toBe(each.ref)
      }
    }
  })

  it('hardened accepts every pack as it is', () => {
    for (const id of Object.keys(SCHEMA_PACKS).filter(isPackId)) {
      const refused = checkHardened({ default: 'BLOCK', rules: SCHEMA_PACKS[id].rules }).filter(
        ({ severity }) => severity === 'refuse',
      )
      expect(refused, id).toEqual([])
    }
  })

  it('hardened is never laxer than compat on the pack evaluations', () => {
    const strictness = { ALLOW: 0, FAIL_OPEN: 0, STEP_UP: 1, BLOCK: 2, FAIL_CLOSED: 2 }
    for (const each of read<Case>('pack-evaluations')) {
      const compat = evaluate(each, 'compat').decision
      const hardened = evaluate(each, 'hardened').decision
      if (strictness[compat] > 0) expect(strictness[hardened], JSON.stringify(each)).toBeGreaterThan(0)
    }
  })
})
