import { describe, expect, it } from 'vitest'
import { iterErrors, validateRecord } from '../../src/record/shape.js'
import { signed } from './support.js'

type Json = Record<string, unknown>
const DIGEST = `sha256:${'a'.repeat(64)}`

/** The record with the member at a dotted path replaced; undefined removes it. */
function withMember(path: string, value: unknown): Json {
  const record = structuredClone(signed()) as unknown as Json
  const names = path.split('.')
  const last = names.pop() ?? ''
  const parent = names.reduce((at, name) => {
    at[name] ??= {}
    return at[name] as Json
  }, record)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return record
}
const pathsOf = (record: unknown) => [...iterErrors(record)].map(({ path }) => path)

describe('shape of a Trust Record', () => {
  it('holds with and without signature, and with every optional member', () => {
    expect(pathsOf(signed())).toEqual([])
    const { signature: _, ...unsigned } = signed()
    expect(pathsOf(unsigned)).toEqual([])
    const optional: [path: string, value: unknown][] = [
      ['model.version', ''],
      ['model.weights_digest', `sha384:${'0'.repeat(96)}`],
      ['model.aibom_uri', 'no uri at all: format is an annotation'],
      ['runtime.rim_uri', 'x'],
      ['runtime.firmware_version', 'x'],
      ['policy.policy_uri', 'x'],
      ['build_provenance.builder', 'x'],
      ['build_provenance.provenance_uri', 'x'],
      ['build_provenance.provenance_depth', 'transitive'],
      ['appraisal.policy_ref', 'x'],
      ['appraisal.timestamp', -1],
      ['appraisal.provenance_depth_verified', 'builder'],
      ['tool_transcript.transcript_uri', 'x'],
      ['tool_transcript.call_count', 0],
      ['delegation', { parent_record_hash: DIGEST, credential_id: 'c' }],
      ['origin', { kind: 'self', producer: 'p', source_event_id: 'e', ingested_at: 1_700_000_000 }],
      ['references', []],
      ['transparency', 'https://log.example/1'],
      ['cnf.jwk', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', anything: { goes: [1] } }],
      ['cnf.jwk', { kty: 'RSA' }],
      ['subject', 'did:web:a'],
      ['subject', 'spiffe://host/path'],
      ['iat', 1_700_000_000],
    ]
    for (const [path, value] of optional) expect(pathsOf(withMember(path, value)), path).toEqual([])
  })

  it('names the path of every broken rule', () => {
    const broken: [path: string, ...values: unknown[]][] = [
      ['eat_profile', undefined, 'tag:agentrust.io,2026:trace-v0.1', 1],
      ['iat', undefined, 1_699_999_999, true, '1789999940', 1.5, null],
      [
        'subject',
        undefined,
        'spiffe://host',
        'spiffe://host/',
        'spiffe:///p',
        'did:',
        'did:web:',
        'did:WEB:a',
      ],
      ['subject', 'did:web:a\n', 'https://x/y', ' did:web:a', 'xspiffe://a/b', 5],
      ['model', undefined, null, [], 'x'],
      ['model.provider', undefined, 1],
      ['model.model_id', undefined, 1],
      ['model.weights_digest', 'sha256:00'],
      ['runtime.platform', undefined, 'sev-snp', 'Software-only', 1],
      [
        'runtime.measurement',
        undefined,
        `${DIGEST}\n`,
        DIGEST.toUpperCase(),
        `sha384:${'a'.repeat(64)}`,
        ` ${DIGEST}`,
      ],
      ['runtime.nonce', 1],
      ['policy.bundle_hash', undefined, ''],
      ['policy.enforcement_mode', undefined, 'enforcing'],
      ['data_class', undefined, 1],
      ['build_provenance.slsa_level', undefined, 4, -1, true, 1.5, '1'],
      ['build_provenance.digest', undefined],
      ['build_provenance.provenance_depth', 'deep'],
      ['appraisal.status', undefined, 'ok'],
      ['appraisal.verifier', undefined, 1],
      ['appraisal.timestamp', 1.5, true],
      ['tool_transcript.hash', undefined],
      ['tool_transcript.call_count', -1, true, '4'],
      ['delegation.parent_record_hash', 'x'],
      ['delegation.credential_id', ''],
      ['origin.kind', 'other'],
      ['origin.producer', ''],
      ['origin.source_event_id', ''],
      ['origin.ingested_at', 1],
      ['references', {}, null],
      ['transparency', '', 1],
      ['cnf.jwk', undefined, null],
      ['cnf.jwk.kty', undefined, 1],
      ['cnf.jwk.x', undefined],
      ['cnf.jwk.kid', 1],
      ['signature', '', 'a=', 'a+', 1],
    ]
    for (const [path, ...values] of broken)
      for (const value of values)
        expect(pathsOf(withMember(path, value)), `${path} = ${String(value)}`).toContain(path)
  })

  it('an EC key needs crv, x and y', () => {
    expect(pathsOf(withMember('cnf.jwk', { kty: 'EC' }))).toEqual(['cnf.jwk.crv', 'cnf.jwk.x', 'cnf.jwk.y'])
  })

  it('is closed at every object but cnf.jwk', () => {
    for (const path of [
      '',
      'model',
      'runtime',
      'policy',
      'build_provenance',
      'appraisal',
      'tool_transcript',
      'cnf',
    ]) {
      const record = withMember(path === '' ? 'extra' : `${path}.extra`, 1)
      expect([...iterErrors(record)], path).toEqual([{ path, rule: 'no member "extra"' }])
    }
    const closed = {
      delegation: { parent_record_hash: DIGEST, credential_id: 'c' },
      origin: { kind: 'self', producer: 'p' },
    }
    for (const [name, value] of Object.entries(closed))
      expect(pathsOf(withMember(name, { ...value, extra: 1 }))).toEqual([name])
  })

  it('a record of foreign origin names software-only', () => {
    const imported = withMember('origin', { kind: 'log-import', producer: 'p' })
    expect(pathsOf(imported)).toEqual([])
    const hardware = { ...imported, runtime: { platform: 'tpm2', measurement: DIGEST } }
    expect(pathsOf(hardware)).toEqual(['runtime.platform'])
    expect(pathsOf({ ...hardware, origin: { kind: 'self', producer: 'p' } })).toEqual([])
  })

  it('references: closed, named resolver, ISO 8601 retention', () => {
    const entry = { rel: 'r', id: 'i', resolver: 's' }
    for (const good of ['P2Y', 'P1Y2M3DT4H5M6S', 'PT1M', 'P3W', 'P1M'])
      expect(
        pathsOf(withMember('references', [{ ...entry, retention: good, digest: DIGEST }])),
        good,
      ).toEqual([])
    for (const bad of ['', 'P', 'PT', 'P1YT', '2Y', 'P1D1Y', 'P1W1D', 'P2Y\n'])
      expect(pathsOf(withMember('references', [{ ...entry, retention: bad }])), bad).toEqual([
        'references[0].retention',
      ])
    expect(pathsOf(withMember('references', [entry, { rel: 'r', id: 'i' }]))).toEqual([
      'references[1].resolver',
    ])
    expect(pathsOf(withMember('references', [{ ...entry, extra: 1 }]))).toEqual(['references[0]'])
  })

  it('takes any value, and validateRecord throws for the first error', () => {
    for (const value of [null, undefined, 1, 'x', [], {}]) expect(pathsOf(value).length).toBeGreaterThan(0)
    expect(validateRecord(signed())).toBeUndefined()
    expect(() => validateRecord({})).toThrow('record: eat_profile: expected a value')
    const long = { ...signed(), ['n'.repeat(1000)]: 1 }
    expect(() => validateRecord(long)).toThrow(/^record: top level: expected no member "n{40}"$/)
  })
})
