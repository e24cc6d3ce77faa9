// No input makes an evaluation throw or hang: random policies and arguments, hostile patterns and values.
import { describe, expect, it } from 'vitest'
import { evaluatePolicy } from '../../src/policy/evaluate.js'
import { evaluateParams } from '../../src/policy/params.js'
import { DECISIONS, OPERATORS, type PolicyConfig, type PolicyInput } from '../../src/policy/types.js'

const seed = Number(process.env.TRACEVAR_SEED ?? Date.now() % 1_000_000)

/** A small seeded generator (mulberry32). */
function random(state: number) {
  let s = state
  const next = () => {
    s = (s + 0x6d2b79f5) | 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (n: number) => Math.floor(next() * n)
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T
  return { below, pick }
}

const TEXTS = [
  '',
  't',
  '*',
  't*',
  'a.b',
  'a',
  '__proto__',
  'constructor',
  '/etc/../x',
  'https://u@evil.example',
  '%zz',
  '\ud800',
  '(',
  '^(a+)+$',
  '9'.repeat(50),
  '-1',
  '0x1',
  'true',
  '//',
  '~',
  'file:',
  'C:\\',
  '\0',
  'ALLOW',
  'a.b.c.d.e.f',
  '__REPLACE_ME__',
] as const

describe(`random policies and arguments (seed ${seed}; TRACEVAR_SEED repeats it)`, () => {
  const { below, pick } = random(seed)
  const anything = (depth = 0): unknown => {
    switch (below(depth > 3 ? 8 : 11)) {
      case 0:
        return null
      case 1:
        return undefined
      case 2:
        return below(2) === 0
      case 3:
        return pick([0, -0, -1, 5, 1e21, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 0.5])
      case 4:
        return pick([10n, Symbol('s'), () => 1, new Date(Number.NaN)])
      case 5:
      case 6:
      case 7:
        return pick(TEXTS)
      case 8:
        return Array.from({ length: below(4) }, () => anything(depth + 1))
      default:
        return object(depth)
    }
  }
  const object = (depth: number) => {
    const result: Record<string, unknown> = below(2) === 0 ? {} : Object.create(null)
    for (let i = below(4); i > 0; i--) result[pick(TEXTS)] = anything(depth + 1)
    return result
  }
  /** The value that belongs there, now and then anything at all. */
  const mostly = <T>(value: T): T => (below(12) === 0 ? (anything() as T) : value)
  const texts = () => Array.from({ length: below(3) }, () => mostly(pick(TEXTS)))
  const condition = () =>
    mostly({ field: mostly(pick(TEXTS)), op: mostly(pick(OPERATORS)), value: anything() })
  const policy = () =>
    mostly({
      default: mostly(pick(DECISIONS)),
      rules: mostly(
        Array.from({ length: below(5) }, () =>
          mostly({
            tool: mostly(pick(TEXTS)),
            decision: mostly(pick(DECISIONS)),
            reason: mostly('r'),
            blast_radius: mostly('LOW'),
            reversible: mostly(true),
            ...(below(2) === 0
              ? {}
              : { params: mostly({ conditions: mostly(Array.from({ length: below(3) }, condition)) }) }),
          }),
        ),
      ),
      ...(below(2) === 0
        ? {}
        : {
            network: mostly({
              allowed_domains: texts(),
              blocked_domains: texts(),
              require_tls: mostly(true),
            }),
          }),
      ...(below(2) === 0
        ? {}
        : {
            filesystem: mostly({
              allowed_paths: texts(),
              blocked_paths: texts(),
              blocked_extensions: texts(),
            }),
          }),
      ...(below(4) === 0 ? { models: mostly({ allowed: texts(), blocked: texts() }) } : {}),
      ...(below(4) === 0 ? { tool_annotations: anything() } : {}),
    }) as unknown as PolicyInput

  it('evaluatePolicy never throws, and always answers a decision with the reason twice', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 20_000; i++) {
      const given = policy()
      const args = mostly(object(0))
      for (const profile of ['compat', 'hardened'] as const) {
        const model = mostly(pick(['m', undefined]))
        const context = model === undefined ? { profile } : { profile, model_id: model }
        const result = evaluatePolicy(mostly(pick(TEXTS)), given, args, context)
        expect(result.reason).toBe(result.decision_reason)
        expect(DECISIONS).toContain(result.decision)
        seen.add(`${profile} ${result.decision}`)
      }
    }
    for (const decision of ['ALLOW', 'BLOCK', 'FAIL_CLOSED']) {
      expect(seen).toContain(`compat ${decision}`)
      expect(seen).toContain(`hardened ${decision}`)
    }
  })
})

describe('linear time', () => {
  const LONG = 100_000

  it.each(['^(a+)+$', '(a|a)*b$', '(.*a){20}$', '^(a|aa)+$', '(a*)*b'])(
    'the pattern %s on 100 KB ends at once',
    (value) => {
      const text = `${'a'.repeat(LONG)}!`
      const condition = { field: 'q', op: 'match', value } as const
      const policy: PolicyConfig = {
        default: 'ALLOW',
        rules: [
          {
            tool: 't',
            decision: 'BLOCK',
            reason: 'r',
            blast_radius: 'LOW',
            reversible: true,
            params: { conditions: [condition] },
          },
        ],
      }
      expect(evaluatePolicy('t', policy, { q: text }).decision).toBe('ALLOW')
      expect(evaluatePolicy('t', policy, { q: text }, { profile: 'hardened' }).reason).toBe(
        'params_out_of_range',
      )
      const within = { q: `${'a'.repeat(60_000)}!` }
      expect(evaluateParams({ conditions: [condition] }, within)).toBe('no_match')
      expect(evaluatePolicy('t', policy, within, { profile: 'hardened' }).decision).toBe('ALLOW')
    },
  )

  it.each(
    [
      '.'.repeat(LONG),
      ' '.repeat(LONG),
      '/'.repeat(LONG),
      '../'.repeat(LONG),
      '/..'.repeat(LONG),
      '\\'.repeat(LONG),
      '@'.repeat(LONG),
      ':'.repeat(LONG),
      '~'.repeat(LONG),
      '\0'.repeat(LONG),
      '%25'.repeat(LONG),
      'https://'.repeat(LONG),
      'a.'.repeat(LONG),
      '9'.repeat(LONG),
    ].map((text) => [text.slice(0, 8), text] as const),
  )('guards on a megabyte of %j end at once', (_, text) => {
    const policy: PolicyConfig = {
      default: 'BLOCK',
      rules: [],
      network: { blocked_domains: ['evil.example'], allowed_domains: ['good.example'], require_tls: true },
      filesystem: { blocked_paths: ['/etc'], allowed_paths: ['/tmp'], blocked_extensions: ['.pem'] },
    }
    for (const value of [text, `${text}x`, `x${text}x`, `https://${text}x`, `/${text}x`]) {
      expect(evaluatePolicy('t', policy, { value }, { profile: 'hardened' }).decision).toBe('BLOCK')
    }
  })

  it('compat: a pattern that RE2 cannot compile never matches', () => {
    for (const value of ['(?=a)', '(a)\\1', '(', 'a'.repeat(1_001)]) {
      for (const op of ['match', 'not_match'] as const) {
        expect(evaluateParams({ conditions: [{ field: 'q', op, value }] }, { q: 'aa' })).toBe('no_match')
      }
    }
  })

  it('arguments nested beyond the limit fail closed', () => {
    let deep: unknown = 'x'
    for (let i = 0; i < 5_000; i++) deep = [deep]
    const policy: PolicyConfig = { default: 'ALLOW', rules: [], network: { require_tls: true } }
    expect(evaluatePolicy('t', policy, { deep }, { profile: 'hardened' })).toMatchObject({
      decision: 'FAIL_CLOSED',
      reason: 'policy_error',
    })
  })
})
