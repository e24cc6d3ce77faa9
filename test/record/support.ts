// A signed record and its key, for the tests of this room.
import { base64urlEncode } from '../../src/codec/base64.js'
import { jcsBytes } from '../../src/codec/jcs.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { signRecord } from '../../src/record/sign.js'
import type { SignedTrustRecord, UnsignedTrustRecord } from '../../src/record/types.js'

export const backend = createNodeBackend()
export const key = backend.importSeed(new Uint8Array(32).fill(7), ['record'])
export const signer = { backend, key }
export const NOW = 1_790_000_000

export function claims(): UnsignedTrustRecord {
  return {
    eat_profile: 'tag:agentrust-io.com,2026:trace-v0.2',
    iat: NOW - 60,
    subject: 'spiffe://bank.example/agent/settlement',
    model: { provider: 'unknown', model_id: 'unknown' },
    runtime: { platform: 'software-only', measurement: `sha256:${'a'.repeat(64)}`, nonce: 'Y2hhbGxlbmdl' },
    policy: { bundle_hash: `sha256:${'b'.repeat(64)}`, enforcement_mode: 'enforce', version: '3.1.4' },
    data_class: 'internal',
    tool_transcript: { hash: `sha256:${'c'.repeat(64)}`, call_count: 4 },
    build_provenance: { slsa_level: 0, digest: `sha256:${'d'.repeat(64)}` },
    appraisal: { status: 'none', verifier: 'urn:tracevar:self' },
    references: [{ rel: 'approval-outcome', id: 'apr-7', resolver: 'https://approvals.example' }],
  }
}

export function signed(): SignedTrustRecord {
  return signRecord(claims(), signer)
}

/** Signs members that `signRecord` would refuse, so that only the rule under test refuses them. */
export function signAnyway(members: Record<string, unknown>): Record<string, unknown> {
  const bytes = jcsBytes(members)
  const signature = backend.ed25519SignMany([key], 'record', packBatch([bytes]))
  return { ...members, signature: base64urlEncode(signature) }
}
