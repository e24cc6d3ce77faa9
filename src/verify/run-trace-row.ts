// One row of trace/index.json: the kinds that this version decides.
import { hexEncode } from '../codec/hex.js'
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { utf8Encode } from '../codec/utf8.js'
import type { Backend, SyncBackend } from '../crypto/backend.js'
import { sha256 } from '../crypto/hash.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import type { TrustedKey } from '../record/trusted-key.js'
import { verifyRecord } from '../record/verify.js'
import { compare, object, type RowOutcome, type VectorFolder } from './run-vectors.js'

type Run = (row: JsonObject, file: JsonValue, backend: Backend) => Promise<RowOutcome> | RowOutcome

/** Kinds of rows and who decides them. */
const KINDS: Readonly<Record<string, Run>> = {
  data: () => ({ kind: 'data' }),
  'jcs-pair': (row, file) => compare(canonicalFacts(file), object(row.expected)),
  'canonical-bytes': canonicalBytes,
  thumbprint: thumbprints,
  'trust-record': trustRecord,
}

/** Decides a row, or says why it cannot. */
export async function runTraceRow(
  row: JsonObject,
  folder: VectorFolder,
  backend: Backend,
): Promise<RowOutcome> {
  const kind = String(row.kind)
  const run = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (run === undefined) return { kind: 'skipped', why: `kind ${kind} is not in this version` }
  return run(row, parseJson(await folder.read(String(row.file)), { largeIntegers: 'double' }), backend)
}

function canonicalFacts(value: JsonValue): JsonObject {
  const bytes = jcsBytes(value)
  return { canonical_bytes: bytes.length, canonical_sha256: hexEncode(sha256(bytes)) }
}

/** Records whose canonical bytes are known, and which must verify. */
async function canonicalBytes(row: JsonObject, file: JsonValue, backend: Backend): Promise<RowOutcome> {
  const { diverges_under: _, ...want } = object(row.expected)
  const record = object(object(file).record ?? file)
  const { signature: __, ...members } = record
  const verdict = await verifyRecord(record, keyOf(row), {
    now: Number(object(row.options).now),
    ...sync(backend),
  })
  return compare({ ...canonicalFacts(members), outcome: verdict.ok ? 'verified' : verdict.reason }, want)
}

function thumbprints(row: JsonObject, file: JsonValue): RowOutcome {
  const cases = Array.isArray(file) ? file : ((object(file).cases ?? object(file).keys ?? []) as JsonValue[])
  const got = cases.map((one) => jwkThumbprint(object(object(one).jwk ?? one)) ?? null)
  return compare({ thumbprints: got }, object(row.expected))
}

async function trustRecord(row: JsonObject, file: JsonValue, backend: Backend): Promise<RowOutcome> {
  const { record_text: text, record } = object(file)
  const {
    now,
    max_age_seconds: maxAge,
    max_future_skew_seconds: skew,
    expected_nonce: nonce,
    revoked,
    allow_embedded_key: embedded,
  } = object(row.options)
  const verdict = await verifyRecord(typeof text === 'string' ? utf8Encode(text) : record, keyOf(row), {
    now: Number(now),
    maxAgeSeconds: maxAge === null ? null : Number(maxAge),
    maxFutureSkewSeconds: Number(skew),
    expectedNonce: typeof nonce === 'string' ? nonce : null,
    revocation: Array.isArray(revoked) ? revoked.map(String) : null,
    allowEmbeddedKey: embedded === true,
    ...sync(backend),
  })
  const want = object(row.expected)
  if (want.outcome === 'either') return { kind: 'right' }
  return compare({ outcome: verdict.ok ? 'accept' : 'reject', reason: verdict.reason }, want)
}

function keyOf(row: JsonObject): TrustedKey {
  const { trusted_key: key } = object(row.options)
  return isJsonObject(key) ? (key as unknown as TrustedKey) : null // the verifier judges what it is
}

function sync(backend: Backend): { readonly backend?: SyncBackend } {
  return backend.mode === 'sync' ? { backend } : {}
}
