// The hardened profile (DESIGN decision 14): spellings, missing fields, signs, globs, guards, refused policies.
import { describe, expect, it } from 'vitest'
import { evaluatePolicy, queueTimeoutMsOf } from '../../src/policy/evaluate.js'
import { matchesGlob } from '../../src/policy/glob.js'
import { resolveSchemaPack } from '../../src/policy/packs.js'
import type { Decision, ParamCondition, PolicyConfig, PolicyRule } from '../../src/policy/types.js'

type Args = Record<string, unknown>

function rule(decision: Decision, tool: string, ...conditions: ParamCondition[]): PolicyRule {
  return {
    tool,
    decision,
    reason: `${decision} ${tool}`,
    blast_radius: 'MED',
    reversible: true,
    ...(conditions.length === 0 ? {} : { params: { conditions } }),
  }
}

const policyOf = (rules: readonly PolicyRule[], rest: Partial<PolicyConfig> = {}): PolicyConfig => ({
  default: 'ALLOW',
  rules,
  ...rest,
})

function hardened(policy: PolicyConfig, args?: Args, tool = 't', model_id?: string) {
  return evaluatePolicy(tool, policy, args, {
    profile: 'hardened',
    ...(model_id === undefined ? {} : { model_id }),
  })
}

/** Decision of one condition in a rule with the decision, in front of an ALLOW (or, for ALLOW, a BLOCK). */
function decide(decision: Decision, op: ParamCondition['op'], value: ParamCondition['value'], arg: unknown) {
  const condition: ParamCondition = value === undefined ? { field: 'f', op } : { field: 'f', op, value }
  const fallback = decision === 'ALLOW' ? 'BLOCK' : 'ALLOW'
  return hardened(policyOf([rule(decision, 't', condition)], { default: fallback }), { f: arg }).decision
}

describe('spellings', () => {
  it.each([
    ['eq', true, 'true'],
    ['eq', true, ' TRUE '],
    ['eq', true, 1],
    ['eq', true, 'yes'],
    ['eq', true, ['on']],
    ['eq', false, 'no'],
    ['eq', false, ''],
    ['eq', 5, '5'],
    ['eq', 'admin', 'Admin'],
    ['eq', 'admin', 'ａｄｍｉｎ'],
    ['in', ['main'], 'refs/heads/main'],
    ['in', ['main'], 'heads/main'],
    ['in', ['main'], '+HEAD:refs/heads/main'],
    ['in', ['main'], ['dev', 'MAIN']],
    ['in', ['etc/x'], 'tmp/../etc/x'],
    ['match', 'prod', 'PRODUCTION'],
    ['match', '^etc/', './etc/x'],
    ['match', '^\\s*$', '\u00a0'],
    ['not_exists', undefined, '  '],
    ['not_exists', undefined, null],
    ['exists', undefined, ''],
    ['not_match', '^tmp/', 'tmp/../x'],
    ['not_match', '^tmp/', 'TMP/x'],
    ['not_in', ['a'], 'A'],
    ['not_in', ['a'], ['a']],
    ['not_in', ['__REPLACE_ME__'], '__REPLACE_ME__'],
    ['not_in', [], 'x'],
    ['neq', 'a', 'A'],
  ] as const)('a restriction with %s %j holds for %j', (op, value, arg) => {
    expect(decide('STEP_UP', op, value, arg)).toBe('STEP_UP')
  })

  it.each([
    ['eq', true, false],
    ['eq', true, 'no'],
    ['in', ['main'], 'feature/maintain'],
    ['not_in', ['usd'], 'usd'],
    ['not_match', '^[A-Z]{2}$', 'DE'],
    ['not_match', '^tmp/', 'tmp/a..b'],
    ['match', 'prod', 'staging'],
    ['gt', 5, 5],
    ['gt_bigint', '100', '100'],
    ['not_exists', undefined, 'x'],
    ['neq', 'a', 'a'],
  ] as const)('a restriction with %s %j does not hold for %j', (op, value, arg) => {
    expect(decide('STEP_UP', op, value, arg)).toBe('ALLOW')
  })

  it.each([
    ['eq', true, true],
    ['eq', 'a', 'a'],
    ['in', ['a', 'b'], 'b'],
    ['match', '^tmp/', 'tmp/x'],
    ['not_in', ['main'], 'dev'],
    ['not_match', 'prod', 'dev'],
    ['exists', undefined, 'x'],
    ['lt', 100, 99],
  ] as const)('a permission with %s %j holds for %j', (op, value, arg) => {
    expect(decide('ALLOW', op, value, arg)).toBe('ALLOW')
  })

  it.each([
    ['eq', true, 'true'],
    ['eq', 'a', 'A'],
    ['in', ['a'], ['a']],
    ['in', ['__REPLACE_ME__'], '__REPLACE_ME__'],
    ['match', '^tmp/', 'tmp/../etc/x'],
    ['match', '^tmp/', 'TMP/x'],
    ['not_in', ['main'], 'refs/heads/main'],
    ['not_match', 'prod', 'PROD'],
    ['neq', 'main', ' Main'],
    ['exists', undefined, ' '],
    ['lt', 100, -5],
    ['lt', 100, null],
    ['not_in', ['main'], null],
  ] as const)('a permission with %s %j does not hold for %j', (op, value, arg) => {
    expect(decide('ALLOW', op, value, arg)).toBe('BLOCK')
  })

  it('a permission by an argument that the agent sets for itself is void', () => {
    for (const [pack, tool, args] of [
      ['stripe/enforce', 'stripe_delete_customer', { allow_customer_delete: true }],
      ['openclaw/enforce', 'openclaw.agent.checkout.escrow.release', { auto_approve_escrow_release: true }],
    ] as const) {
      const policy = policyOf(resolveSchemaPack(pack).rules)
      expect(evaluatePolicy(tool, policy, args).decision).toBe('ALLOW')
      expect(['BLOCK', 'STEP_UP']).toContain(hardened(policy, args, tool).decision)
    }
  })
})

describe('values that cannot be judged', () => {
  it.each([
    ['gt', 5, '6', 'params_type_error'],
    ['gt', 5, -1, 'params_out_of_range'],
    ['gte', 0, -0.5, 'params_out_of_range'],
    ['gt_bigint', '5', '-1', 'params_out_of_range'],
    ['gt_bigint', '5', '0x1f', 'params_type_error'],
    ['gt_bigint', '5', '', 'params_type_error'],
    ['gt_bigint', '5', ' 7', 'params_type_error'],
    ['gt_bigint', '5', 7, 'params_type_error'],
    ['gt_bigint', '5', '9'.repeat(70_000), 'params_out_of_range'],
    ['match', 'a', 'b'.repeat(70_000), 'params_out_of_range'],
    ['match', 'a', 5, 'params_type_error'],
    ['eq', 'a', { a: 1 }, 'params_type_error'],
    ['in', ['a'], [{ a: 1 }], 'params_type_error'],
    ['eq', true, 'perhaps', 'params_type_error'],
  ] as const)('%s %j on %j blocks with a reason', (op, value, arg, reason) => {
    const result = hardened(policyOf([rule('STEP_UP', 't', { field: 'f', op, value })]), { f: arg })
    expect(result).toMatchObject({ decision: 'BLOCK', reason, matched_rule: `t:${reason}` })
  })

  it('a negative limit is no amount: negative values are compared', () => {
    expect(decide('STEP_UP', 'gt', -10, -5)).toBe('STEP_UP')
    expect(decide('STEP_UP', 'gt', -10, -15)).toBe('ALLOW')
  })

  it('a missing field of a restriction turns a later ALLOW into STEP_UP, and nothing else', () => {
    const restricted = rule('BLOCK', 't', { field: 'f', op: 'gt', value: 5 })
    const missing = { decision: 'STEP_UP', reason: 'params_missing', matched_rule: 't:params_missing' }
    expect(hardened(policyOf([restricted]), {})).toMatchObject(missing)
    expect(hardened(policyOf([restricted]), { f: null })).toMatchObject(missing)
    expect(hardened(policyOf([restricted]))).toMatchObject(missing)
    expect(hardened(policyOf([restricted], { default: 'FAIL_OPEN' }), {})).toMatchObject(missing)
    expect(hardened(policyOf([restricted], { default: 'BLOCK' }), {}).matched_rule).toBe('default')
    expect(hardened(policyOf([restricted, rule('ALLOW', 't')]), {})).toMatchObject(missing)
    expect(hardened(policyOf([restricted, rule('BLOCK', '*')]), {}).matched_rule).toBe('*')
    expect(hardened(policyOf([restricted]), { f: 1 }).decision).toBe('ALLOW')
  })

  it('conditions are met together: a rule that fails elsewhere does not ask for the missing field', () => {
    const both = rule('BLOCK', 't', { field: 'f', op: 'gt', value: 5 }, { field: 'g', op: 'eq', value: 'x' })
    expect(hardened(policyOf([both]), { g: 'y' }).decision).toBe('ALLOW')
    expect(hardened(policyOf([both]), { g: 'x' }).decision).toBe('STEP_UP')
    expect(hardened(policyOf([both]), { g: 'x', f: 6 }).decision).toBe('BLOCK')
  })
})

describe('globs (D-36)', () => {
  it.each([
    ['a*', 'a', true],
    ['a*', 'abc', true],
    ['a*', 'ba', false],
    ['*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*c', 'a', false],
    ['ab*ba', 'aba', false],
    ['*b*', 'abc', true],
    ['a*b*c', 'axxbxxc', true],
    ['a*b*c', 'axxcxxb', false],
    ['a**c', 'abc', true],
    ['*.*', 'a.b', true],
    ['*x*c', 'abc', false],
    ['a*bc*c', 'abc', false],
    ['A*', 'abc', false],
    ['a.c*', 'abc', false],
  ])('%s on %s: %s', (pattern, name, expected) => {
    expect(matchesGlob(pattern, name)).toBe(expected)
  })

  it('fire after exact names and before *, in document order', () => {
    const policy = policyOf([
      rule('BLOCK', '*'),
      rule('STEP_UP', 'pay_*'),
      rule('FAIL_CLOSED', 'pay_b*'),
      rule('ALLOW', 'pay_bill'),
    ])
    expect(hardened(policy, {}, 'pay_bill').matched_rule).toBe('pay_bill')
    expect(hardened(policy, {}, 'pay_back').matched_rule).toBe('pay_*')
    expect(hardened(policy, {}, 'other').matched_rule).toBe('*')
    expect(evaluatePolicy('pay_back', policy, {}).matched_rule).toBe('*')
  })

  it('queueTimeoutMsOf follows the same order', () => {
    const policy = policyOf([
      { ...rule('ALLOW', '*'), queue_timeout_ms: 1 },
      { ...rule('ALLOW', 'a*'), queue_timeout_ms: 2 },
      { ...rule('ALLOW', 'ab'), queue_timeout_ms: 3 },
      rule('ALLOW', 'ac'),
    ])
    expect(['ab', 'ac', 'x'].map((tool) => queueTimeoutMsOf(policy, tool))).toEqual([3, 2, 1])
  })
})

describe('network guard', () => {
  const BLOCKED = policyOf([], {
    network: { blocked_domains: ['evil.example', 'münchen.example'], require_tls: true },
  })
  const ALLOWED = policyOf([], { network: { allowed_domains: ['good.example', '[::1]'] } })
  const decision = (policy: PolicyConfig, url: string) => hardened(policy, { a: [{ b: url }] }).matched_rule

  it.each([
    'https://evil.example',
    'https://sub.EVIL.example.:8443/p',
    'https://evil.example..',
    'hTTps:evil.example',
    'https:/\\/evil.example',
    'ht\ntps://evil.example',
    '\u0001\u00a0https://evil.example',
    'https%3A%2F%2Fevil.example',
    'wss://evil.example',
    'ssh://git@evil.example/x',
    'foo://EVIL.example',
    'foo://ev%69l.example',
    'git@evil.example:x.git',
    'evil.example/path',
    'EVIL.example:443',
    '//evil.example',
    '\\\\evil.example\\share',
    'https://MÜNCHEN.example/',
    'https://ｅvil.example/',
  ])('blocks %j', (url) => {
    expect(decision(BLOCKED, url)).toBe('network:blocked_domain')
  })

  it('sees member names, too', () => {
    expect(hardened(BLOCKED, { 'https://evil.example': 1 }).matched_rule).toBe('network:blocked_domain')
  })

  it.each(['HTTP://ok.example', 'http:ok.example', 'ws://ok.example', 'ftp://ok.example'])(
    'requires TLS: %s',
    (url) => {
      expect(decision(BLOCKED, url)).toBe('network:require_tls')
    },
  )

  it.each(['https://[bad', 'https://a b/', 'http://', 'https://good.example\\@evil.example/'])(
    'blocks %s, which nobody can read',
    (url) => {
      expect(decision(ALLOWED, url)).toBe('network:unreadable_url')
    },
  )

  it.each([
    'https://ok.example',
    'notevil.example',
    'mailto:a@b.example',
    'a sentence: evil.example',
    '',
    '100%',
  ])('lets %j pass the block list', (url) => {
    expect(decision(BLOCKED, url)).toBe('default')
  })

  it.each(['https://good.example', 'HTTPS://u:p@Good.example.:1/x', 'https://[::1]/', 'bare.example'])(
    'lets %s pass the allow list',
    (url) => {
      expect(decision(ALLOWED, url)).toBe('default')
    },
  )

  it.each([
    'https://a.good.example',
    'https://good.example.evil.example',
    'https://good.example@evil.example',
    'git@other.example:x',
  ])('keeps %s off the allow list', (url) => {
    expect(decision(ALLOWED, url)).toBe('network:allowed_domain')
  })

  it('asks nothing when its lists are empty', () => {
    expect(decision(policyOf([], { network: { require_tls: false } }), 'http://[bad')).toBe('default')
  })
})

describe('filesystem guard', () => {
  const BLOCKED = policyOf([], {
    filesystem: { blocked_paths: ['/etc', '~/.ssh', './secret', 'C:\\Windows'] },
  })
  const ALLOWED = policyOf([], { filesystem: { allowed_paths: ['/tmp', './', '~/work'] } })
  const ENDINGS = policyOf([], { filesystem: { blocked_extensions: ['.pem', '.ENV'] } })
  const outcome = (policy: PolicyConfig, path: string) => hardened(policy, { a: { b: [path] } }).matched_rule

  it.each([
    '/etc',
    '/etc/passwd',
    '//etc//passwd',
    '/./etc/x',
    '/tmp/../etc/x',
    '/../etc',
    '/ETC/passwd',
    ' /etc/passwd ',
    '/etc./passwd',
    '/%65tc/passwd',
    'file:///etc/passwd',
    'FILE:/etc/%70asswd',
    '\\etc\\passwd',
    '../../etc/passwd',
    'a/../../etc/passwd',
    '~/.SSH/id_rsa',
    '~/x/../.ssh',
    './secret/x',
    './a/../secret',
    'c:/windows/system32',
    '\u0007/etc/passwd',
  ])('blocks %j', (path) => {
    expect(outcome(BLOCKED, path)).toBe('filesystem:blocked_path')
  })

  it.each([
    '/etcetera',
    '/tmp/etc',
    './public',
    '~other/.ssh',
    'etc',
    'https://a.example/etc/../etc',
    'A: answer',
    '~5 minutes',
  ])('lets %j pass the block list', (path) => {
    expect(outcome(BLOCKED, path)).toBe('default')
  })

  it.each(['/tmp', '/tmp/a/../b', './x', './x/../y', '~/work/x', 'file:///tmp/x', 'plain text'])(
    'lets %j pass the allow list',
    (path) => {
      expect(outcome(ALLOWED, path)).toBe('default')
    },
  )

  it.each([
    '/tmpevil',
    '/TMP/x',
    '/tmp/../etc',
    '../x',
    './../x',
    '~/other',
    '~root/work',
    '/tmp/%2e%2e/etc',
    'x/../../etc',
    'D:\\x',
  ])('keeps %j off the allow list', (path) => {
    expect(outcome(ALLOWED, path)).toBe('filesystem:allowed_path')
  })

  it.each([
    '/tmp/a.PEM',
    '/tmp/a.pem/',
    '/tmp/a.pem.',
    '/tmp/a.pem ',
    'a.pem',
    'dir/x.env',
    './.env',
    'a.pem\0.txt',
  ])('blocks the extension of %j', (path) => {
    expect(outcome(ENDINGS, path)).toBe('filesystem:blocked_extension')
  })

  it.each(['/tmp/a.pem.txt', 'https://a.example/x.pem', 'say a.pem', ''])(
    'lets %j pass the extensions',
    (path) => {
      expect(outcome(ENDINGS, path)).toBe('default')
    },
  )

  it.each(['/tmp/a\0/../etc', 'file://%zz', 'file:///tmp/%00'])(
    'blocks %j, which nobody can read',
    (path) => {
      expect(outcome(ALLOWED, path)).toBe('filesystem:unreadable_path')
    },
  )
})

describe('models guard', () => {
  it.each([
    [{ allowed: ['m1'] }, undefined, 'models:allowed'],
    [{ allowed: ['m1'] }, ' ', 'models:allowed'],
    [{ allowed: ['m1'] }, 'M1', 'models:allowed'],
    [{ allowed: ['m1'] }, 'm1', 'default'],
    [{ blocked: ['m1'] }, undefined, 'models:unknown'],
    [{ blocked: ['m1'] }, ' M1', 'models:blocked'],
    [{ blocked: ['m1'] }, 'm2', 'default'],
    [{ allowed: [], blocked: [] }, undefined, 'default'],
  ] as const)('%j with model %j: %s', (models, model, expected) => {
    expect(hardened(policyOf([], { models }), {}, 't', model).matched_rule).toBe(expected)
  })
})

describe('policies that were not loaded from a file', () => {
  it('a policy with a finding answers FAIL_CLOSED to every call, and says why', () => {
    const bad = policyOf([rule('BLOCK', 'other', { field: 'a', op: 'match', value: '(' })])
    for (const policy of [bad, Object.freeze(bad)]) {
      for (let round = 0; round < 2; round++) {
        const result = hardened(policy, {})
        expect(result).toMatchObject({ decision: 'FAIL_CLOSED', matched_rule: 'policy_refused' })
        expect(result.reason).toContain('policy_refused: /rules/0/params/conditions/0 match needs a pattern')
      }
    }
  })

  it('a policy that changes is judged anew', () => {
    const rules: PolicyRule[] = [rule('BLOCK', 't')]
    const policy = policyOf(rules)
    expect(hardened(policy, {}).decision).toBe('BLOCK')
    rules[0] = rule('STEP_UP', 't', { field: 'a', op: 'in', value: 'x' })
    expect(hardened(policy, {}).decision).toBe('FAIL_CLOSED')
    const condition = { field: 'a', op: 'match', value: 'x' } as { field: string; op: 'match'; value: string }
    rules[0] = rule('STEP_UP', 't', condition)
    expect(hardened(policy, { a: 'y' }).decision).toBe('ALLOW')
    condition.value = 'y'
    expect(hardened(policy, { a: 'y' }).decision).toBe('STEP_UP')
  })

  it('a default that is no decision fails closed in both profiles', () => {
    const policy = { default: 'DENY', rules: [] }
    expect(evaluatePolicy('t', policy, {}).decision).toBe('FAIL_CLOSED')
    expect(evaluatePolicy('t', policy, {}, { profile: 'hardened' }).decision).toBe('FAIL_CLOSED')
  })
})
