// Structural rules of a Trust Record v0.2 (spec/trace.md 1.A) as one table, and the checker that reads it.
// Own code in place of a JSON Schema engine: the record is signed, so what is accepted must be plain to see.
import { isJsonObject } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'
import { TRACE_PROFILE_V0_2 } from '../formats.js'
import { member } from './plain.js'
import {
  APPRAISAL_STATUSES,
  ENFORCEMENT_MODES,
  ORIGIN_KINDS,
  PROVENANCE_DEPTHS,
  TRACE_PLATFORMS,
} from './types.js'

/** What a value must be. */
export type Rule =
  | { readonly kind: 'text'; readonly pattern?: RegExp; readonly is?: string }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'integer'; readonly min: number; readonly max?: number }
  | { readonly kind: 'list'; readonly item: Rule }
  | { readonly kind: 'object'; readonly members: Members; readonly open?: true }
  | { readonly kind: 'nullable'; readonly rule: Rule }

/** Members of an object; those in `optional` may be absent. No others are accepted unless the object is open. */
export interface Members {
  readonly required: Readonly<Record<string, Rule>>
  readonly optional?: Readonly<Record<string, Rule>>
}

/** One broken rule: where (`runtime.measurement`, empty for the top) and what was expected. Never holds the value. */
export interface ShapeError {
  readonly path: string
  readonly rule: string
}

export const text: Rule = { kind: 'text' }
export const nonEmptyText: Rule = { kind: 'text', pattern: /./s, is: 'a string that is not empty' }
// `$` without the m flag matches only at the true end in ECMAScript, so no trailing newline slips in (A7).
export const digest: Rule = {
  kind: 'text',
  pattern: /^sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96})$/,
  is: 'a digest, sha256: or sha384: and lower-case hex',
}
export const sha256Digest: Rule = {
  kind: 'text',
  pattern: /^sha256:[0-9a-f]{64}$/,
  is: 'a digest, sha256: and lower-case hex',
}
/** A4, the stricter form. */
export const subject: Rule = {
  kind: 'text',
  pattern: /^(?:spiffe:\/\/[^/]+\/.+|did:[a-z0-9]+:.+)$/,
  is: 'a SPIFFE id with trust domain and path, or a DID',
}
const depth: Rule = { kind: 'choice', values: PROVENANCE_DEPTHS }
/** 2023-11-14: the earliest time a record may carry (A3, A15). */
const time: Rule = { kind: 'integer', min: 1_700_000_000 }

export const model: Rule = {
  kind: 'object',
  members: {
    required: { provider: text, model_id: text },
    optional: { version: text, weights_digest: digest, aibom_uri: text },
  },
}
export const buildProvenance: Rule = {
  kind: 'object',
  members: {
    required: { slsa_level: { kind: 'integer', min: 0, max: 3 }, digest },
    optional: { builder: text, provenance_uri: text, provenance_depth: depth },
  },
}

const RECORD: Rule = {
  kind: 'object',
  members: {
    required: {
      eat_profile: { kind: 'choice', values: [TRACE_PROFILE_V0_2] },
      iat: time,
      subject,
      model,
      runtime: {
        kind: 'object',
        members: {
          required: { platform: { kind: 'choice', values: TRACE_PLATFORMS }, measurement: digest },
          optional: { rim_uri: text, nonce: text, firmware_version: text },
        },
      },
      policy: {
        kind: 'object',
        members: {
          required: { bundle_hash: digest, enforcement_mode: { kind: 'choice', values: ENFORCEMENT_MODES } },
          optional: { version: text, policy_uri: text },
        },
      },
      data_class: text,
      build_provenance: buildProvenance,
      appraisal: {
        kind: 'object',
        members: {
          required: { status: { kind: 'choice', values: APPRAISAL_STATUSES }, verifier: text },
          optional: {
            policy_ref: text,
            timestamp: { kind: 'integer', min: Number.MIN_SAFE_INTEGER },
            provenance_depth_verified: depth,
          },
        },
      },
      cnf: {
        kind: 'object',
        members: {
          required: {
            jwk: {
              kind: 'object',
              open: true,
              members: { required: { kty: text }, optional: { crv: text, x: text, y: text, kid: text } },
            },
          },
        },
      },
    },
    optional: {
      tool_transcript: {
        kind: 'object',
        members: {
          required: { hash: digest },
          optional: { call_count: { kind: 'integer', min: 0 }, transcript_uri: text },
        },
      },
      delegation: {
        kind: 'object',
        members: { required: { parent_record_hash: digest, credential_id: nonEmptyText } },
      },
      origin: {
        kind: 'object',
        members: {
          required: { kind: { kind: 'choice', values: ORIGIN_KINDS }, producer: nonEmptyText },
          optional: { source_event_id: nonEmptyText, ingested_at: time },
        },
      },
      references: {
        kind: 'list',
        item: {
          kind: 'object',
          members: {
            required: { rel: nonEmptyText, id: nonEmptyText, resolver: nonEmptyText }, // A16: no resolver, no entry
            optional: {
              retention: {
                kind: 'text',
                pattern:
                  /^P(?:\d+W|(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/,
                is: 'an ISO 8601 duration',
              },
              digest,
            },
          },
        },
      },
      transparency: nonEmptyText, // A1: absent means not anchored; an empty string is wrong
      signature: { kind: 'text', pattern: /^[A-Za-z0-9_-]+$/, is: 'unpadded base64url' },
    },
  },
}

/**
 * Every structural rule of TRACE v0.2 (A1 to A17) that a value breaks, in the order of the table; none when it holds.
 * Accepts a record with or without `signature` and with `references` (A16). `format: uri` is an annotation and
 * refuses nothing. `iat` written `1789999940.0` is the integer it equals. The value must be plain data; it is not
 * changed. Cryptography, freshness and private key members are `verifyRecord`'s.
 */
export function* iterErrors(record: unknown): Generator<ShapeError, void> {
  yield* checkRule(RECORD, record, '')
  yield* keyMaterial(record)
  yield* originPlatform(record)
}

/**
 * Throws for the first rule that {@link iterErrors} finds broken.
 *
 * @throws TracevarError `ERR_RECORD_INVALID` naming path and rule.
 */
export function validateRecord(record: unknown): void {
  for (const error of iterErrors(record)) refuse('record', error)
}

/** Throws for the first way in which `value` breaks `rule`; `what` names the value. @throws as validateRecord. */
export function requireRule(rule: Rule, value: unknown, what: string): void {
  for (const error of checkRule(rule, value, '')) refuse(what, error)
}

function refuse(what: string, { path, rule }: ShapeError): never {
  throw new TracevarError('ERR_RECORD_INVALID', `${what}: ${path || 'top level'}: expected ${rule}`)
}

/** Every way in which `value` breaks `rule`, with paths below `path`. */
export function* checkRule(rule: Rule, value: unknown, path: string): Generator<ShapeError, void> {
  switch (rule.kind) {
    case 'text':
      if (typeof value !== 'string') yield { path, rule: 'a string' }
      else if (rule.pattern && !rule.pattern.test(value)) yield { path, rule: rule.is ?? 'another string' }
      return
    case 'choice':
      if (typeof value !== 'string' || !rule.values.includes(value))
        yield { path, rule: `one of: ${rule.values.join(', ')}` }
      return
    case 'integer': {
      const max = rule.max ?? Number.MAX_SAFE_INTEGER
      if (!Number.isSafeInteger(value) || (value as number) < rule.min || (value as number) > max)
        yield { path, rule: `an integer from ${rule.min} to ${max}` }
      return
    }
    case 'list':
      if (!Array.isArray(value)) yield { path, rule: 'an array' }
      else for (const [i, item] of value.entries()) yield* checkRule(rule.item, item, `${path}[${i}]`)
      return
    case 'nullable':
      if (value !== null) yield* checkRule(rule.rule, value, path)
      return
    case 'object':
      if (!isJsonObject(value)) yield { path, rule: 'an object' }
      else yield* checkMembers(rule, value, path)
  }
}

function* checkMembers(
  rule: Rule & { readonly kind: 'object' },
  object: Readonly<Record<string, unknown>>,
  path: string,
): Generator<ShapeError, void> {
  const { required, optional = {} } = rule.members
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  for (const [name, inner] of Object.entries(required)) {
    if (Object.hasOwn(object, name)) yield* checkRule(inner, object[name], at(name))
    else yield { path: at(name), rule: 'a value' }
  }
  for (const [name, inner] of Object.entries(optional)) {
    if (Object.hasOwn(object, name)) yield* checkRule(inner, object[name], at(name))
  }
  if (rule.open) return
  for (const name of Object.keys(object)) {
    // The name is the sender's: it is quoted, and cut so that a message stays one line of bounded length.
    if (!Object.hasOwn(required, name) && !Object.hasOwn(optional, name))
      yield { path, rule: `no member ${JSON.stringify(name.slice(0, 40))}` }
  }
}

/** A12: an OKP key carries crv and x, an EC key crv, x and y. RSA has no clause in v0.2 (its lack shows as key_mismatch). */
function* keyMaterial(record: unknown): Generator<ShapeError, void> {
  const jwk = member(member(record, 'cnf'), 'jwk')
  const kty = member(jwk, 'kty')
  const needed = kty === 'OKP' ? ['crv', 'x'] : kty === 'EC' ? ['crv', 'x', 'y'] : []
  for (const name of needed)
    if (member(jwk, name) === undefined)
      yield { path: `cnf.jwk.${name}`, rule: `a value, because kty is ${kty}` }
}

/** A15: a record assembled from another party's evidence has no hardware root. */
function* originPlatform(record: unknown): Generator<ShapeError, void> {
  const kind = member(member(record, 'origin'), 'kind')
  if (kind !== 'third-party-control-plane' && kind !== 'log-import') return
  if (member(member(record, 'runtime'), 'platform') !== 'software-only')
    yield { path: 'runtime.platform', rule: 'software-only, because origin.kind is not self' }
}
