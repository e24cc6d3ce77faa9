import { describe, expect, it } from 'vitest'
import { hexDecode } from '../../src/codec/hex.js'
import { sha256String } from '../../src/crypto/hash.js'
import { buildTrustRecord, type ChainFacts, ENFORCEMENT_OF_MODE } from '../../src/record/build.js'
import { didKey } from '../../src/record/did-key.js'
import { signRecord } from '../../src/record/sign.js'
import { transcriptHash } from '../../src/record/transcript.js'
import { verifyRecord } from '../../src/record/verify.js'
import {
  buildWorkflowDocument,
  readWorkflowDocument,
  workflowDocumentBytes,
  workflowDocumentDigest,
} from '../../src/record/workflow-document.js'
import { backend, key, NOW, signer } from './support.js'

const digest = (digit: string) => `sha256:${digit.repeat(64)}`
const facts = {
  recordKey: key.publicKey,
  packageDigest: digest('a'),
  openingEvidence: digest('e'),
  runtimeVersion: '0.1.0',
}
const chain: ChainFacts = {
  receiptsHead: digest('1'),
  receiptCount: 9,
  annexHead: null,
  annexCount: 0,
  policyBundleHash: digest('b'),
  mode: 'enforce',
  totalCalls: 4,
}
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe('workflow document', () => {
  it('has the defaults of the software mode, and canonical bytes', () => {
    const document = buildWorkflowDocument(facts)
    expect(document).toEqual({
      format: 'tracevar/workflow/1',
      subject: didKey(key.publicKey),
      model: { provider: 'unknown', model_id: 'unknown' },
      data_class: 'internal',
      build_provenance: { slsa_level: 0, digest: digest('a') },
      opening_evidence: digest('e'),
      catalogue_digest: null,
      isolation: 'in-process',
      time_source: 'system-clock',
      hash_privacy: 'none',
      agent_version: null,
      runtime_version: '0.1.0',
      transcript_method: 'tracevar/transcript/1',
    })
    const bytes = workflowDocumentBytes(document)
    expect(text(bytes)).toMatch(/^\{"agent_version":null,"build_provenance":/)
    expect(workflowDocumentDigest(document)).toBe(sha256String(bytes))
    expect(readWorkflowDocument(bytes)).toEqual(document)
  })

  it('is read in any JSON spelling with the same digest', () => {
    const document = buildWorkflowDocument({ ...facts, catalogueDigest: digest('c'), agentVersion: '2.0' })
    const pretty = new TextEncoder().encode(JSON.stringify(document, null, 2))
    expect(workflowDocumentDigest(readWorkflowDocument(pretty))).toBe(workflowDocumentDigest(document))
  })

  it('every member that is missing, wrong or unknown is refused by name', () => {
    const document = buildWorkflowDocument(facts)
    const read = (value: object) => () =>
      readWorkflowDocument(new TextEncoder().encode(JSON.stringify(value)))
    const refused = expect.objectContaining({ code: 'ERR_RECORD_INVALID' })
    for (const name of Object.keys(document)) {
      const { [name as 'format']: _, ...without } = document
      for (const value of [without, { ...document, [name]: 5 }]) {
        expect(read(value)).toThrow(refused)
        expect(read(value)).toThrow(`workflow document: ${name}: expected`)
      }
    }
    expect(read({ ...document, extra: 1 })).toThrow('no member "extra"')
    expect(read({ ...document, format: 'tracevar/workflow/2' })).toThrow(refused)
    expect(read({ ...document, opening_evidence: `sha384:${'a'.repeat(96)}` })).toThrow(refused)
    expect(read([])).toThrow('top level: expected an object')
    expect(() => buildWorkflowDocument({ ...facts, subject: 'nobody' })).toThrow(refused)
  })
})

describe('transcript hash', () => {
  it('is SHA-256 of the four sorted members', () => {
    expect(transcriptHash(chain)).toBe(
      sha256String(
        new TextEncoder().encode(
          `{"annex_count":0,"annex_head":null,"receipt_count":9,"receipts_head":"${digest('1')}"}`,
        ),
      ),
    )
  })

  it('changes with each of them', () => {
    const changes = [
      { receiptsHead: digest('2') },
      { receiptCount: 8 },
      { annexHead: digest('1') },
      { annexCount: 1 },
    ]
    const hashes = changes.map((change) => transcriptHash({ ...chain, ...change }))
    expect(new Set([transcriptHash(chain), ...hashes]).size).toBe(5)
  })
})

describe('buildTrustRecord', () => {
  const build = (change: Partial<ChainFacts> = {}) =>
    buildTrustRecord({
      workflow: buildWorkflowDocument(facts),
      chain: { ...chain, ...change },
      issuedAtSec: NOW,
      runtime: { platform: 'software-only', measurement: facts.packageDigest },
    })

  it('takes its claims from workflow document and chain, and appraises nothing itself', async () => {
    const record = build()
    expect(record).toEqual({
      eat_profile: 'tag:agentrust-io.com,2026:trace-v0.2',
      iat: NOW,
      subject: didKey(key.publicKey),
      model: { provider: 'unknown', model_id: 'unknown' },
      runtime: { platform: 'software-only', measurement: digest('a') },
      policy: { bundle_hash: digest('b'), enforcement_mode: 'enforce' },
      data_class: 'internal',
      tool_transcript: { hash: transcriptHash(chain), call_count: 4 },
      build_provenance: { slsa_level: 0, digest: digest('a') },
      appraisal: { status: 'none', verifier: 'urn:tracevar:self' },
    })
    const verdict = await verifyRecord(signRecord(record, signer), key.publicKey, { now: NOW, backend })
    expect(verdict).toMatchObject({ ok: true, warnings: [] })
  })

  it('maps modes: observe and shadow advise, enforce and attest enforce', () => {
    const modes = Object.keys(ENFORCEMENT_OF_MODE) as ChainFacts['mode'][]
    expect(modes.map((mode) => [mode, build({ mode }).policy.enforcement_mode])).toEqual([
      ['observe', 'advisory'],
      ['shadow', 'advisory'],
      ['enforce', 'enforce'],
      ['attest', 'enforce'],
    ])
  })
})

describe('didKey', () => {
  it('is the form of the did:key specification', () => {
    // Test vector of the did:key specification (Ed25519): multibase value of this public key.
    const publicKey = hexDecode('2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6')
    expect(didKey(publicKey)).toBe('did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK')
    expect(() => didKey(new Uint8Array(31))).toThrow(RangeError)
  })
})
