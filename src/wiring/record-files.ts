// Trust Records as files, for the command line.
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonValue } from '../codec/json-value.js'
import { openBackend, readSeed } from '../crypto/host.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import { iterErrors } from '../record/shape.js'
import { signRecord } from '../record/sign.js'
import type { SignedTrustRecord, UnsignedTrustRecord } from '../record/types.js'

/**
 * Signs claims with a PKCS#8 PEM file.
 *
 * @throws TracevarError as `readSeed` and `signRecord`.
 */
export async function signRecordFile(claims: Uint8Array, pemPath: string): Promise<SignedTrustRecord> {
  const value = parseJson(claims)
  const seed = await readSeed(pemPath)
  try {
    return signRecord(value as unknown as UnsignedTrustRecord, seed, { backend: openBackend() }) // signRecord checks
  } finally {
    seed.fill(0)
  }
}

/** What a file says, whether it has the shape of v0.2, and the thumbprint of the key it names. */
export function inspectRecord(bytes: Uint8Array): {
  readonly record: JsonValue
  readonly problems: readonly string[]
  readonly thumbprint: string | null
} {
  const record = parseJson(bytes)
  const cnf = isJsonObject(record) ? record.cnf : undefined
  const jwk = isJsonObject(cnf) ? cnf.jwk : undefined
  const problems = [...iterErrors(record)].map(({ path, rule }) => `${path || 'top level'}: expected ${rule}`)
  return { record, problems, thumbprint: (isJsonObject(jwk) ? jwkThumbprint(jwk) : undefined) ?? null }
}
