import { describe, expect, it } from 'vitest'
import {
  bindingBytes,
  bindingDigest,
  closingBinding,
  openingBinding,
  readClosing,
  readOpening,
  reportData,
} from '../../src/attest/binding.js'
import { collectEvidence, evidenceBytes, readEvidence } from '../../src/attest/evidence.js'
import { PLATFORMS } from '../../src/attest/platform.js'
import { softwarePlatform } from '../../src/attest/software.js'
import { base64Decode, base64urlDecode } from '../../src/codec/base64.js'
import { hexEncode } from '../../src/codec/hex.js'
import { jcsBytes } from '../../src/codec/jcs.js'
import { sha256, sha256String } from '../../src/crypto/hash.js'
import { merkleLeafHash, merkleNodeHash } from '../../src/crypto/merkle.js'
import { TRACE_PLATFORMS } from '../../src/record/types.js'
import { CHALLENGE, closedChain, closing, collect, digest, opening, thumbprint } from './support.js'

const refused = expect.objectContaining({ code: 'ERR_ATTEST_EVIDENCE' })

describe('binding documents', () => {
  it('the opening one holds exactly its members, and no chain data', () => {
    expect(opening).toEqual({
      format: 'tracevar/binding/1',
      layout: 'jwk-thumbprint',
      cnf_thumbprint: thumbprint,
      key_usages: ['receipt', 'record', 'annex'],
      policy_bundle_hash: digest('b'),
      package_digest: digest('a'),
      boot_id: '5f2d2b7e-0000-4000-8000-000000000000',
      challenge: CHALLENGE,
      issued_at: '2026-11-25T02:00:00.000Z',
    })
    expect(bindingDigest(opening)).toBe(sha256String(jcsBytes(opening)))
  })

  it('the closing one continues it, with a new challenge and time if given', () => {
    const added = {
      chain_root: digest('0'),
      receipts_head: digest('1'),
      receipt_count: 9,
      annex_head: digest('2'),
      annex_count: 3,
    }
    expect(closing).toEqual({ ...opening, ...added })
    const fresh = { challenge: null, issuedAt: '2026-11-25T03:00:00Z' }
    expect(closingBinding(opening, closedChain, fresh)).toEqual({
      ...opening,
      ...added,
      challenge: null,
      issued_at: fresh.issuedAt,
    })
  })

  it('every member that is missing, wrong or unknown is refused by name', () => {
    for (const [document, read] of [
      [opening, readOpening],
      [closing, readClosing],
    ] as const) {
      expect(read(document)).toBe(document)
      for (const name of Object.keys(document)) {
        const { [name as 'format']: _, ...without } = document
        expect(() => read(without)).toThrow(refused)
        expect(() => read({ ...document, [name]: false })).toThrow(`${name} has a wrong value`)
      }
      expect(() => read({ ...document, extra: 1 })).toThrow('no member "extra"')
      expect(() => read(null)).toThrow(refused)
    }
    expect(() => readOpening(closing)).toThrow(refused)
    expect(() => readClosing(opening)).toThrow(refused)
  })

  it('values out of range are refused', () => {
    const wrong: [name: string, ...values: unknown[]][] = [
      ['format', 'tracevar/binding/2'],
      ['layout', 'cmcp-salt'],
      ['cnf_thumbprint', `${thumbprint}A`, thumbprint.slice(1), `${'A'.repeat(42)}B`],
      ['key_usages', ['sign'], 'record', ['record', 'record'], ['record', 'receipt']],
      ['policy_bundle_hash', `sha384:${'a'.repeat(96)}`],
      ['boot_id', ''],
      ['challenge', 'c0'.repeat(15), 'c0'.repeat(65), 'C0'.repeat(16), `${CHALLENGE}0`],
      [
        'issued_at',
        '2026-11-25',
        '2026-13-25T02:00:00Z',
        '2026-02-30T02:00:00Z',
        '2026-11-25T24:00:00Z',
        '2026-11-25T02:00:00+01:00',
      ],
    ]
    for (const [name, ...values] of wrong)
      for (const value of values)
        expect(() => readOpening({ ...opening, [name]: value }), `${name} ${value}`).toThrow(refused)
    for (const value of [-1, 1.5, '1'])
      expect(() => readClosing({ ...closing, annex_count: value })).toThrow(refused)
    const { cnf_thumbprint: cnfThumbprint, challenge } = opening
    const facts = {
      cnfThumbprint,
      keyUsages: [],
      policyBundleHash: '',
      packageDigest: '',
      bootId: null,
      challenge,
    }
    expect(() => openingBinding({ ...facts, issuedAt: 'now' })).toThrow(refused)
  })
})

describe('report_data', () => {
  it('is thumbprint and window root, 64 bytes', () => {
    const root = sha256(new Uint8Array(1))
    const bytes = reportData(thumbprint, root)
    expect([...bytes]).toEqual([...base64urlDecode(thumbprint), ...root])
    expect(() => reportData('AAAA', root)).toThrow(RangeError)
    expect(() => reportData(thumbprint, root.subarray(1))).toThrow(RangeError)
  })

  it('one document alone is its own root; two are leaves 0 and 1', async () => {
    const leaf = (document: typeof opening) => merkleLeafHash(bindingBytes(document))
    const alone = await collectEvidence(softwarePlatform, { opening })
    expect(alone.binding).toEqual({
      opening: { document: opening, leaf_index: 0, tree_size: 1, path: [] },
      closing: null,
    })
    expect(alone.report_data.slice(64)).toBe(hexEncode(leaf(opening)))
    const both = await collect()
    expect(both.report_data.slice(64)).toBe(hexEncode(merkleNodeHash(leaf(opening), leaf(closing))))
    expect(both.binding.opening.path).toEqual([hexEncode(leaf(closing))])
    expect(both.binding.closing).toMatchObject({
      leaf_index: 1,
      tree_size: 2,
      path: [hexEncode(leaf(opening))],
    })
  })
})

describe('evidence.json', () => {
  it('is read back from text, bytes and object alike, and kept canonical', async () => {
    const evidence = await collect()
    const bytes = evidenceBytes(evidence)
    for (const form of [bytes, new TextDecoder().decode(bytes), evidence, JSON.stringify(evidence, null, 1)])
      expect(evidenceBytes(readEvidence(form))).toEqual(bytes)
  })

  it('every member that is missing, wrong or unknown is refused by name', async () => {
    const evidence = await collect()
    for (const name of Object.keys(evidence)) {
      const { [name as 'format']: _, ...without } = evidence
      expect(() => readEvidence(without)).toThrow(`evidence: ${name} is missing`)
      expect(() => readEvidence({ ...evidence, [name]: 7 })).toThrow(`evidence: ${name} has a wrong value`)
    }
    const { binding } = evidence
    const wrong: object[] = [
      { extra: 1 },
      { format: 'tracevar/evidence/2' },
      { report_data: evidence.report_data.slice(2) },
      { raw: 'AA' },
      { certificates: new Array(33).fill('AA==') },
      { certificates: ['AA'] },
      { collateral: { crl: 5 } },
      { collateral: [] },
      { binding: { ...binding, extra: 1 } },
      { binding: { opening: binding.opening } },
      { binding: { ...binding, opening: null } },
      { binding: { ...binding, opening: { ...binding.opening, document: closing } } },
      { binding: { ...binding, opening: { ...binding.opening, leaf_index: 2 } } },
      { binding: { ...binding, opening: { ...binding.opening, tree_size: 1e9, path: [] } } },
      { binding: { ...binding, opening: { ...binding.opening, path: ['00'] } } },
    ]
    for (const change of wrong)
      expect(() => readEvidence({ ...evidence, ...change }), JSON.stringify(change)).toThrow(refused)
    expect(() => readEvidence('no json')).toThrow(expect.objectContaining({ code: 'ERR_CODEC_JSON_SYNTAX' }))
  })
})

describe('software platform', () => {
  it('repeats report_data and measurement and says that nothing vouches for it', async () => {
    const evidence = await collect()
    const raw = new TextDecoder().decode(base64Decode(evidence.raw))
    expect(JSON.parse(raw)).toEqual({
      format: 'tracevar/software-evidence/1',
      platform: 'software-only',
      report_data: evidence.report_data,
      measurement: opening.package_digest,
      statement: 'Nothing vouches for this: it was written by the software it describes.',
    })
    expect(evidence).toMatchObject({ platform: 'software-only', certificates: [], collateral: {} })
  })

  it('reads only its own bytes', async () => {
    const evidence = await collect()
    const report = JSON.parse(new TextDecoder().decode(base64Decode(evidence.raw)))
    const parse = (value: unknown) => () => softwarePlatform.parse(jcsBytes(value))
    expect(parse(report)()).toEqual({
      reportData: expect.any(Uint8Array),
      measurement: opening.package_digest,
    })
    for (const change of [
      { platform: 'amd-sev-snp' },
      { statement: 'Trust me.' },
      { extra: 1 },
      { report_data: '00' },
    ])
      expect(parse({ ...report, ...change })).toThrow(refused)
    expect(parse([])).toThrow(refused)
  })

  it('is the only platform, and no hardware name leads to it', () => {
    expect([...PLATFORMS.keys()]).toEqual(['software-only'])
    for (const name of TRACE_PLATFORMS.filter((known) => known !== 'software-only'))
      expect(PLATFORMS.get(name)).toBeUndefined()
    for (const [id, platform] of PLATFORMS) expect(platform.id).toBe(id)
  })
})
