// Policy files: the shapes of D-1, safe YAML, errors that point into the file, every ERR_POLICY_* code.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jcsBytes } from '../../src/codec/jcs.js'
import { PolicyLoadError } from '../../src/errors.js'
import { policyBytesMax, policyRulesMax, yamlAliasesMax } from '../../src/limits.js'
import { evaluatePolicy, queueTimeoutMsOf } from '../../src/policy/evaluate.js'
import { loadPolicy, loadPolicyFile } from '../../src/policy/host.js'
import { type PolicyLoadOptions, parsePolicy } from '../../src/policy/load.js'
import { computePolicyBundleHash, mergePackRules } from '../../src/policy/merge.js'
import { resolveSchemaPack, SCHEMA_PACKS } from '../../src/policy/packs.js'

const HARDENED: PolicyLoadOptions = { profile: 'hardened' }
const COMPAT: PolicyLoadOptions = { profile: 'compat' }
const seedPath = resolve(import.meta.dirname, 'fixtures/seed.yaml')

function parse(text: string, options = HARDENED, name = 'p.yaml') {
  return parsePolicy(new TextEncoder().encode(text), name, options)
}

function failure(run: () => unknown): PolicyLoadError {
  try {
    run()
  } catch (error) {
    if (error instanceof PolicyLoadError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const failureOf = (text: string, options = HARDENED, name = 'p.yaml') =>
  failure(() => parse(text, options, name))

const RULE = '{tool: t, decision: BLOCK, reason: r, blast_radius: HIGH, reversible: false}'
const rule = (extra: string) =>
  `default: ALLOW\nrules: [{tool: t, decision: BLOCK, reason: r, blast_radius: HIGH, reversible: false, ${extra}}]`
const when = (condition: string) => rule(`params: {conditions: [${condition}]}`)

describe('shapes (D-1)', () => {
  it('loads the seed file unchanged: a refund of 750.00 steps up, of 1,500.00 is blocked, other tools are blocked', () => {
    const policy = loadPolicy(seedPath)
    const result = evaluatePolicy('stripe_refund', policy, { amount: 75000 })
    expect(result.decision).toBe('STEP_UP')
    expect(result.reason).toBe('refunds over $500 flagged for review')
    expect(evaluatePolicy('stripe_refund', policy, { amount: 150000 }).decision).toBe('BLOCK')
    expect(evaluatePolicy('other', policy, {}).decision).toBe('BLOCK')
    const loaded = loadPolicyFile(seedPath, HARDENED)
    expect(loaded.mode).toBe('enforce')
    expect(loaded.version).toBe('1.0')
    expect(loaded.policy).toEqual(policy)
    expect(loaded.warnings).toEqual(['no default decision: BLOCK in mode enforce'])
    expect(Buffer.from(loaded.sourceBytes)).toEqual(readFileSync(seedPath))
  })

  it('takes a policy block, and takes the same policy without the block', () => {
    const block = parse(`policy:\n  default: ALLOW\n  rules: [${RULE}]`)
    expect(block.policy).toEqual(parse(`default: ALLOW\nrules: [${RULE}]`).policy)
    expect(block.policy.rules).toHaveLength(1)
  })

  it('takes the shape of policy-schema.json: bare condition arrays, ids, defaults for what a rule leaves out', () => {
    const { policy, warnings, version } = parse(
      [
        'var_core_version: "0.1"',
        'key_id: auto',
        'mode: enforce',
        'rules:',
        '  - {id: small, tool: pay, decision: ALLOW, reason: small, blast_radius: MED, reversible: false,',
        '     currency_field: c, account_context_field: a, unsafe_override: false, queue_timeout_ms: 30000,',
        '     vcb: {tool: pay, max_calls: 10, window: 1h}, params: [{field: amount, op: lt, value: 50000}]}',
        '  - {id: rest, tool: "pay_*", decision: BLOCK}',
        'policy: {default: STEP_UP}',
        'velocity: {limits: [{tool: pay, max_calls: 5, window: session}]}',
      ].join('\n'),
    )
    expect(version).toBe('0.1')
    expect(policy.default).toBe('STEP_UP')
    expect(policy.rules[0]?.params?.conditions).toEqual([{ field: 'amount', op: 'lt', value: 50000 }])
    expect(policy.rules[1]).toEqual({
      id: 'rest',
      tool: 'pay_*',
      decision: 'BLOCK',
      reason: 'rule rest for pay_*',
      blast_radius: 'HIGH',
      reversible: false,
    })
    expect(warnings).toEqual(['not enforced by this version: velocity, vcb'])
    expect(queueTimeoutMsOf(policy, 'pay')).toBe(30000)
    expect(queueTimeoutMsOf(policy, 'other')).toBeUndefined()
  })

  it('requires reason, blast radius and reversible in the other shapes', () => {
    expect(failureOf('rules: [{tool: t, decision: BLOCK}]').message).toContain(
      "/rules/0 must have required property 'reason'",
    )
  })

  it('refuses a member that stands in the block and at the top', () => {
    const error = failureOf(`rules: []\npolicy:\n  rules: []`)
    expect(error.code).toBe('ERR_POLICY_INVALID')
    expect(error.message).toContain('/rules stands in the policy block too')
  })

  it.each([
    ['enforce', undefined, 'BLOCK'],
    ['observe', undefined, 'ALLOW'],
    [undefined, undefined, 'ALLOW'],
    ['observe', 'enforce', 'BLOCK'],
    ['walk', undefined, 'BLOCK'],
  ] as const)('a missing default in mode %s, run as %s, is %s', (inFile, run, expected) => {
    const text = `${inFile === undefined ? '' : `mode: ${inFile}\n`}rules: [${RULE}]`
    const loaded = parse(text, run === undefined ? HARDENED : { ...HARDENED, mode: run })
    expect(loaded.policy.default).toBe(expected)
    expect(loaded.warnings.some((line) => line.startsWith('no default decision'))).toBe(true)
  })

  it('reads the old mode names, and enforcement: false as observe, with a warning each', () => {
    for (const [old, mode] of [
      ['crawl', 'observe'],
      ['walk', 'enforce'],
      ['run', 'attest'],
    ] as const) {
      const loaded = parse(`mode: ${old}\ndefault: BLOCK\nrules: []`)
      expect(loaded.mode).toBe(mode)
      expect(loaded.warnings).toEqual([`mode ${old} is an old name; write ${mode}`])
    }
    const shadow = parse('mode: enforce\nenforcement: false\ndefault: BLOCK\nrules: []')
    expect(shadow.mode).toBe('observe')
    expect(shadow.warnings).toHaveLength(1)
    expect(parse('default: BLOCK\nrules: []')).not.toHaveProperty('mode')
  })

  it('hands over the facts beside the policy', () => {
    const { taken } = parse(
      [
        'version: 1.0',
        'key_id: top',
        'proxy: {key_id: inner, queue_timeout_ms: 700, session_ttl_seconds: 90, upstream_command: node}',
        'workflow: {agent_id: a, initiator_id: i, workflow_owner: o, declared_tools: [x], session_budget: {USD: 5}}',
        'policy: {default: BLOCK, rules: []}',
      ].join('\n'),
    )
    expect(taken).toEqual({
      keyId: 'inner',
      queueTimeoutMs: 700,
      sessionTtlSec: 90,
      workflow: {
        agentId: 'a',
        initiatorId: 'i',
        workflowOwner: 'o',
        declaredTools: ['x'],
        sessionBudget: { USD: 5 },
      },
    })
    expect(parse('key_id: auto\ndefault: BLOCK\nrules: []').taken).toEqual({ workflow: {} })
  })

  it('compat ignores what stands beside the policy, hardened refuses what it does not know', () => {
    const text = 'velocty: 1\nproxy: {odd: 1}\ndefault: BLOCK\nrules: []'
    expect(parse(text, COMPAT).taken).toEqual({ workflow: {} })
    expect(failureOf(text).message).toContain(
      '/velocty is not a known member; /proxy/odd is not a known member',
    )
  })

  it('returns a policy that is frozen throughout', () => {
    const { policy } = parse(when('{field: a, op: in, value: [1]}'))
    const condition = policy.rules[0]?.params?.conditions[0]
    for (const part of [policy, policy.rules, policy.rules[0], condition, condition?.value]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })
})

describe('merged JSON', () => {
  const yaml =
    'schemas: [terraform/enforce]\ndefault: ALLOW\nrules:\n' +
    '  - {tool: terraform_apply, decision: BLOCK, reason: r, blast_radius: HIGH, reversible: true, merge_schema_params: true,\n' +
    '     params: {conditions: [{field: a, op: exists}]}}'

  it('the canonical bytes of a loaded policy load to the same hash', () => {
    const { policy } = parse(yaml, COMPAT)
    const again = parsePolicy(jcsBytes(policy), 'policy.json', COMPAT)
    expect(again.policy).toEqual(policy)
    expect(computePolicyBundleHash(again.policy)).toBe(computePolicyBundleHash(policy))
    expect(policy.schemas).toEqual(['terraform/enforce'])
    expect(policy.rules.length).toBe(SCHEMA_PACKS['terraform/enforce'].rules.length + 1)
  })

  it('refuses a JSON policy that names a pack and lacks its rules', () => {
    const error = failureOf('{"default":"ALLOW","rules":[],"schemas":["hipaa/enforce"]}', HARDENED, 'p.json')
    expect(error.code).toBe('ERR_POLICY_INVALID')
    expect(error.message).toContain('/schemas/0 names a pack whose rules (ehr_read) are missing')
    expect(error.position).toMatchObject({ line: 1, column: 42 })
  })

  it('reads JSON strictly: a name that occurs twice, a comment', () => {
    expect(failureOf('{"default":"ALLOW",\n"default":"BLOCK"}', HARDENED, 'p.json')).toMatchObject({
      code: 'ERR_POLICY_SYNTAX',
      position: { line: 2, column: 1 },
    })
    expect(failureOf('{} # no', HARDENED, 'p.JSON').code).toBe('ERR_POLICY_SYNTAX')
  })
})

describe('packs', () => {
  it('keeps the seed order for the ten packs that the seed lists', () => {
    expect(Object.keys(SCHEMA_PACKS).slice(0, 10)).toEqual([
      'stripe/enforce',
      'github/enforce',
      'aws-s3/enforce',
      'pci-dss/stripe',
      'terraform/enforce',
      'eu-ai-act/enforce',
      'hipaa/enforce',
      'soc2/enforce',
      'gdpr/enforce',
      'iso27001/enforce',
    ])
  })

  it.each(['nope', 'constructor', '__proto__', 'toString'])('has no pack %s', (id) => {
    expect(failure(() => resolveSchemaPack(id)).code).toBe('ERR_POLICY_PACK_UNKNOWN')
    const error = failureOf(`default: ALLOW\nschemas:\n  - ${id}\nrules: []`)
    expect(error).toMatchObject({ code: 'ERR_POLICY_PACK_UNKNOWN', position: { line: 3, column: 5 } })
    expect(error.message).toContain(`Unknown schema pack "${id}" in p.yaml`)
  })

  it('merges a pack once, however often it is named', () => {
    const once = mergePackRules({ default: 'ALLOW', rules: [] }, 'github/enforce')
    expect(once.schemas).toEqual(['github/enforce'])
    expect(mergePackRules(once, ['github/enforce', 'github/enforce'])).toEqual(once)
    expect(
      parse('default: ALLOW\nschemas: [github/enforce, github/enforce]\nrules: []').policy.rules,
    ).toEqual(once.rules)
  })

  it('leaves the policy that is merged into as it was', () => {
    const base = { default: 'ALLOW', rules: [] } as const
    mergePackRules(base, 'hipaa/enforce')
    expect(base).toEqual({ default: 'ALLOW', rules: [] })
  })

  it('warns of rules that an agent could satisfy itself, and of places to fill in', () => {
    const { warnings } = parse('default: BLOCK\nschemas: [ach/enforce]\nrules: []')
    expect(warnings).toContain(
      '/rules/14/params/conditions/1 auto_approve_credits comes from the agent; the rule is void',
    )
    expect(warnings.filter((line) => line.includes('is not filled in'))).toHaveLength(2)
  })

  it('refuses packs that make more rules than the limit', () => {
    const many = Array.from({ length: policyRulesMax }, () => '{"tool":"a","decision":"BLOCK"}').join(',')
    const error = failureOf(`var_core_version: "0.1"\nschemas: [github/enforce]\nrules: [${many}]`)
    expect(error.message).toContain(`more than ${policyRulesMax} rules with packs`)
  })
})

describe('messages', () => {
  it('names file, line and column and shows a caret below the place', () => {
    const error = failureOf('default: ALLOW\nrules:\n  - tool: t\n    decison: BLOCK\n', HARDENED, 'my.yaml')
    expect(error.code).toBe('ERR_POLICY_INVALID')
    expect(error.message.split('\n')[0]).toContain(
      'Policy config validation failed in my.yaml: /rules/0 must have',
    )
    expect(failureOf(rule('decison: 1')).position).toMatchObject({ line: 2, column: 86 })
    const lines = failureOf('default: ALLOW\nrules: []\nmode: enfroce').message.split('\n')
    expect(lines).toEqual([
      'Policy config validation failed in p.yaml: /mode must be one of observe, enforce, attest, crawl, walk, run (line 3, column 1)',
      '3 | mode: enfroce',
      '    ^',
    ])
  })

  it('keeps the caret in its place after tabs, and on long lines', () => {
    const [, line, caret] = failureOf('default:\tALLOW\nrules: [\t{}]').message.split('\n')
    expect(line).toBe('2 | rules: [ {}]')
    expect(caret?.indexOf('^')).toBe(line?.indexOf('{'))
    const [, long, below] = failureOf(
      `default: ALLOW\nrules: []\nmodels: {allowed: [${'x, '.repeat(500)}1]}`,
    ).message.split('\n')
    expect(long?.charAt(below?.indexOf('^') ?? 0)).toBe('1')
    expect(long?.length).toBeLessThan(110)
  })

  it('gives the messages of the reference for a missing file and a missing block', () => {
    expect(failure(() => loadPolicy('/nowhere/p.yaml'))).toMatchObject({
      code: 'ERR_POLICY_NOT_FOUND',
      message: 'Policy file not found: /nowhere/p.yaml',
    })
    for (const text of ['version: "1.0"', 'policy: 1', 'policy: {}', 'policy:']) {
      expect(failureOf(text).message).toBe("Policy file missing 'policy' block in p.yaml")
    }
  })

  it('shows nothing of a file that is no policy at all', () => {
    const secret = 'c0ffee'.repeat(10)
    for (const text of [secret, `{"kty":"OKP","d":"${secret}"}`, `- ${secret}`, '']) {
      for (const name of ['p.yaml', 'p.json']) {
        const error = failureOf(text, HARDENED, name)
        expect(['ERR_POLICY_INVALID', 'ERR_POLICY_SYNTAX']).toContain(error.code)
        if (error.code === 'ERR_POLICY_INVALID') expect(error.message).not.toContain('c0ffee')
      }
    }
  })

  it('lists a bounded number of faults', () => {
    const rules = Array.from({ length: 50 }, () => '{}').join(', ')
    expect(failureOf(`default: ALLOW\nrules: [${rules}]`).message).toMatch(/; and 230 more \(line 2/)
  })
})

describe('files', () => {
  let dir = ''
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'policy-'))
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  it('a directory cannot be read', () => {
    expect(failure(() => loadPolicy(dir))).toMatchObject({ code: 'ERR_POLICY_NOT_FOUND' })
  })

  it('a file above the limit is refused without being parsed', () => {
    const path = join(dir, 'big.yaml')
    writeFileSync(path, '#'.repeat(policyBytesMax + 10))
    expect(failure(() => loadPolicy(path)).message).toContain(`is larger than ${policyBytesMax} bytes`)
  })

  it('a file that is not UTF-8 is refused; a byte order mark is not', () => {
    expect(failure(() => parsePolicy(new Uint8Array([0x61, 0xff]), 'p.yaml', HARDENED)).code).toBe(
      'ERR_POLICY_SYNTAX',
    )
    expect(parse(`\uFEFFdefault: ALLOW\nrules: [${RULE}]`).policy.rules).toHaveLength(1)
  })
})

describe('safe YAML', () => {
  const BASE = 'default: ALLOW\nrules: []\n'
  it.each([
    ['a member twice', 'default: ALLOW\nrules: []\ndefault: BLOCK', 'member "default" occurs twice', 3, 1],
    ['a member twice in flow', 'rules: [{tool: a, tool: b}]', 'member "tool" occurs twice', 1, 19],
    ['a tab as indentation', 'policy:\n\tdefault: ALLOW', 'Tabs are not allowed as indentation', 2, 1],
    ['a custom tag', `${BASE}x: !js/function "f"`, 'Unresolved tag', 3, 4],
    ['a binary tag', `${BASE}x: !!binary aGk=`, 'Unresolved tag', 3, 4],
    ['a second document', `${BASE}---\ndefault: BLOCK`, 'more than one document', 3, 1],
    ['a directive', `%YAML 1.1\n---\n${BASE}`, 'directives are not allowed', 1, 1],
    ['an unknown alias', 'default: *nope', 'no anchor nope before this alias', 1, 10],
    ['a key that is no string', '? [a]\n: 1', 'With stringKeys, all keys must be strings', 1, 3],
    ['not a number', `${BASE}x: .nan`, 'not a string, finite number', 3, 4],
    ['infinity', `${BASE}x: -.inf`, 'not a string, finite number', 3, 4],
    ['a lone surrogate', `${BASE}x: "\\uD800"`, 'not a string, finite number', 3, 4],
    ['broken flow', 'rules: [', '', 1, 9],
    ['a key without an end', 'a: b: c', '', 1, 4],
  ])('refuses %s with its place', (_, text, message, line, column) => {
    const error = failureOf(text)
    expect(error.code).toBe('ERR_POLICY_SYNTAX')
    expect(error.message).toContain(`Policy file parse error in p.yaml: ${message}`)
    expect(error.position).toMatchObject({ line, column })
  })

  it('yes, no, on and off are text; numbers and booleans are those of the core schema', () => {
    const { policy } = parse(
      when('{field: a, op: in, value: [yes, no, on, off, true, 0x10, 1e3, 12:30, 2024-01-01]}'),
    )
    expect(policy.rules[0]?.params?.conditions[0]?.value).toEqual([
      'yes',
      'no',
      'on',
      'off',
      true,
      16,
      1000,
      '12:30',
      '2024-01-01',
    ])
  })

  it('member names of Object.prototype are names like any other', () => {
    const { policy } = parse(
      'default: ALLOW\nrules: []\ntool_annotations: {__proto__: {always_step_up: true}}',
    )
    expect(evaluatePolicy('__proto__', policy, {}).decision).toBe('STEP_UP')
    expect(evaluatePolicy('toString', policy, {}).decision).toBe('ALLOW')
    expect(failureOf('default: ALLOW\nrules: []\nconstructor: 1').message).toContain(
      '/constructor is not a known member',
    )
  })

  it('aliases work up to their bound', () => {
    const text = (count: number) =>
      `default: ALLOW\nmodels:\n  blocked: [&a m${', *a'.repeat(count)}]\nrules: []`
    expect(parse(text(yamlAliasesMax)).policy.models?.blocked).toHaveLength(yamlAliasesMax + 1)
    expect(failureOf(text(yamlAliasesMax + 1)).message).toContain(`more than ${yamlAliasesMax} aliases`)
  })

  it.each([
    [
      'aliases of aliases',
      [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefgh'.split('').map((name, i) => {
          const below = 'abcdefg'[i]
          return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${below}`).join(',')}]`
        }),
      ].join('\n'),
    ],
    ['a few aliases of much', `a: &a [${'1,'.repeat(5_000)}1]\nb: [${'*a,'.repeat(30)}*a]`],
    ['an alias of itself', 'a: &a [*a]'],
    ['deep flow', `a: ${'['.repeat(20_000)}`],
    ['deep flow that closes', `a: ${'['.repeat(2_000)}${']'.repeat(2_000)}`],
    ['deep block', Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['deep compact list', '- '.repeat(10_000)],
    ['deep explicit keys', '? '.repeat(10_000)],
    ['many comments', `${'#\n'.repeat(130_000)}a: 1`],
    ['many documents', '---\n'.repeat(10_000)],
  ])('a bomb is refused: %s', (_, text) => {
    expect(['ERR_POLICY_SYNTAX', 'ERR_POLICY_INVALID']).toContain(failureOf(text).code)
  })

  it('20,000 different members in one map are no trouble', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n')
    expect(failureOf(text).message).toContain("missing 'policy' block")
  })
})

describe('hardened refuses what would fail open or never fire', () => {
  it.each([
    [
      'an empty field segment',
      when('{field: a..b, op: exists}'),
      '/rules/0/params/conditions/0 field has an empty segment',
    ],
    ['a field too deep', when('{field: a.b.c.d.e.f, op: exists}'), 'deeper than 5 segments'],
    ['gt on text', when('{field: a, op: gt, value: "5"}'), 'gt needs a number'],
    [
      'gt on a number that is not exact',
      when('{field: a, op: gt, value: 9007199254740993}'),
      'gt needs a number',
    ],
    [
      'gt_bigint on a number',
      when('{field: a, op: gt_bigint, value: 5}'),
      'gt_bigint needs a decimal string',
    ],
    ['gt_bigint on hex', when('{field: a, op: gt_bigint, value: "0x5"}'), 'gt_bigint needs a decimal string'],
    ['a pattern that does not close', when('{field: a, op: match, value: "("}'), 'match needs a pattern'],
    ['look-ahead', when('{field: a, op: not_match, value: "(?=a)b"}'), 'not_match needs a pattern'],
    ['a pattern that is not text', when('{field: a, op: match, value: 5}'), 'match needs a pattern'],
    [
      'a pattern that is too long',
      when(`{field: a, op: match, value: "${'a'.repeat(1001)}"}`),
      'match needs a pattern',
    ],
    [
      'a pattern that compiles to too much',
      when(`{field: a, op: match, value: "${'[ab]{1000}'.repeat(20)}"}`),
      'match needs a pattern',
    ],
    ['in without a list', when('{field: a, op: in, value: x}'), 'in needs a list of scalars'],
    ['in with nothing', when('{field: a, op: in, value: []}'), 'in with an empty list never matches'],
    ['not_in without a list', when('{field: a, op: not_in, value: x}'), 'not_in needs a list of scalars'],
    ['a list in a list', when('{field: a, op: in, value: [[1]]}'), 'in needs a list of scalars'],
    ['eq with null', when('{field: a, op: eq}'), 'eq needs a string, number or boolean'],
    ['neq with a list', when('{field: a, op: neq, value: [1]}'), 'neq needs a string, number or boolean'],
    [
      'a blank tool',
      `default: ALLOW\nrules: [${RULE.replace('tool: t', 'tool: " "')}]`,
      '/rules/0/tool is empty',
    ],
    [
      'a scheme in a domain',
      `${rule('')}\nnetwork: {blocked_domains: ["https://a.example"]}`,
      '/network/blocked_domains/0 is not a bare host name',
    ],
    [
      'a wildcard in a domain',
      `${rule('')}\nnetwork: {allowed_domains: ["*.a.example"]}`,
      '/network/allowed_domains/0',
    ],
    [
      'a dot in front of a domain',
      `${rule('')}\nnetwork: {blocked_domains: [".a.example"]}`,
      '/network/blocked_domains/0',
    ],
    [
      'a path without a root',
      `${rule('')}\nfilesystem: {blocked_paths: [etc]}`,
      '/filesystem/blocked_paths/0 is not a path',
    ],
    [
      'a blank extension',
      `${rule('')}\nfilesystem: {blocked_extensions: [""]}`,
      '/filesystem/blocked_extensions/0 is blank',
    ],
    ['a blank model', `${rule('')}\nmodels: {allowed: [""]}`, '/models/allowed/0 is blank'],
  ])('%s', (_, text, message) => {
    const error = failureOf(text)
    expect(error.code).toBe('ERR_POLICY_REFUSED')
    expect(error.message).toContain('Policy refused (hardened) in p.yaml')
    expect(error.message).toContain(message)
    expect(error.position?.line).toBeGreaterThan(1)
    expect(() => parse(text, COMPAT)).not.toThrow()
  })

  it('a restriction after a rule that always allows, with the place of the restriction', () => {
    const allow = RULE.replace('BLOCK', 'ALLOW')
    const error = failureOf(`policy:\n  default: BLOCK\n  rules:\n    - ${allow}\n    - ${RULE}`)
    expect(error.code).toBe('ERR_POLICY_REFUSED')
    expect(error.message).toContain('/rules/1 can never fire')
    expect(error.position).toMatchObject({ line: 5, column: 7 })
    expect(() => parse(`default: BLOCK\nrules:\n  - ${RULE}\n  - ${allow}`)).not.toThrow()
  })

  it('a restriction that a pack rule in front makes void has a place, too', () => {
    const error = failureOf(
      `default: BLOCK\nschemas: [terraform/enforce]\nrules:\n  - ${RULE.replace('tool: t', 'tool: terraform_apply, merge_schema_params: true')}`,
    )
    expect(error.message).toContain('/rules/2 can never fire')
    expect(error.position).toMatchObject({ line: 4 })
  })
})

describe('both profiles refuse', () => {
  it.each([
    ['an unknown member of a rule', rule('color: red'), '/rules/0/color is not a known member'],
    [
      'an unknown operator',
      when('{field: a, op: like, value: x}'),
      '/rules/0/params/conditions/0/op must be one of',
    ],
    ['no conditions', rule('params: {conditions: []}'), '/rules/0/params/conditions must have from 1'],
    ['an unknown decision', RULE_WITH('decision: DENY'), '/rules/0/decision must be one of ALLOW'],
    ['an unknown default', 'default: DENY\nrules: []', '/default must be one of ALLOW'],
    ['a negative cap', rule('max_spend: -1'), '/rules/0/max_spend must be a number >= 0'],
    [
      'a time-out out of range',
      rule('queue_timeout_ms: 0'),
      '/rules/0/queue_timeout_ms must be an integer from 1 to 120000',
    ],
    [
      'a window of no kind',
      rule('vcb: {tool: t, max_calls: 1, window: 1y}'),
      '/rules/0/vcb/window must match',
    ],
    [
      'an unknown tier',
      'default: ALLOW\nrules: []\ntool_annotations: {t: {compliance_tier: x}}',
      '/tool_annotations/t/compliance_tier',
    ],
    ['rules that are no list', 'default: ALLOW\nrules: {}', '/rules must be an array'],
    ['no rules', 'policy: {default: ALLOW}', "/policy must have required property 'rules'"],
  ])('%s', (_, text, message) => {
    for (const options of [HARDENED, COMPAT]) {
      const error = failureOf(text, options)
      expect(error.code).toBe('ERR_POLICY_INVALID')
      expect(error.message).toContain(message)
    }
  })

  function RULE_WITH(decision: string): string {
    return `default: ALLOW\nrules: [${RULE.replace('decision: BLOCK', decision)}]`
  }

  it('an unknown version is refused in hardened', () => {
    expect(failureOf('version: "2.0"\ndefault: ALLOW\nrules: []').message).toContain(
      '/version must be one of 1.0',
    )
    expect(failureOf('var_core_version: "9"\nrules: []').message).toContain(
      '/var_core_version must be one of',
    )
  })
})
