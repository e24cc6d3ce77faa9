import { describe, expect, it } from 'vitest'
import {
  bindingBytes,
  bindingDigest,
  closingBinding,
  type OpeningBinding,
  REPEATED_MEMBERS,
  readOpening,
  reportData,
} from '../../src/attest/binding.js'
import { collectEvidence, type Evidence } from '../../src/attest/evidence.js'
import { EVIDENCE_CHECKS, type EvidenceCheckId } from '../../src/attest/evidence-checks.js'
import { softwarePlatform } from '../../src/attest/software.js'
import { type EvidenceExpectations, verifyEvidence } from '../../src/attest/verify-evidence.js'
import { base64Decode, base64Encode } from '../../src/codec/base64.js'
import { hexEncode } from '../../src/codec/hex.js'
import { jcsBytes } from '../../src/codec/jcs.js'
import type { KeyUsage } from '../../src/crypto/backend.js'
import { merkleInclusionProof, merkleLeafHash, merkleRoot } from '../../src/crypto/merkle.js'
import {
  CHALLENGE,
  chain,
  closedChain,
  closing,
  collect,
  digest,
  opening,
  record,
  signers,
  thumbprint,
} from './support.js'

const expected: EvidenceExpectations = {
  record,
  chain,
  signers,
  openingDigest: bindingDigest(opening),
  challenge: CHALLENGE,
}
const OTHER_KEY = 'A'.repeat(43)
const complaints = (evidence: unknown, expectations: EvidenceExpectations = expected, wanted = 'fail') =>
  verifyEvidence(evidence, expectations)
    .checks.filter(({ status }) => status === wanted)
    .map(({ id }) => id)
const failures = (evidence: unknown, expectations?: EvidenceExpectations) =>
  complaints(evidence, expectations)

/** Evidence whose raw report was rewritten; software evidence has no signature that would notice. */
function withRaw(evidence: Evidence, change: object): Evidence {
  const report = JSON.parse(new TextDecoder().decode(base64Decode(evidence.raw)))
  return { ...evidence, raw: base64Encode(jcsBytes({ ...report, ...change })) }
}

describe('verifyEvidence: software evidence that holds', () => {
  it('is graded software-only, with every check made, and says that no hardware vouches', async () => {
    const report = verifyEvidence(await collect(), expected)
    expect(report.checks.map(({ id, status }) => [id, status])).toEqual(
      Object.keys(EVIDENCE_CHECKS).map((id) => [id, 'pass']),
    )
    expect(report).toMatchObject({
      status: 'none',
      platform: 'software-only',
      grade: 'software-only',
      measurement: digest('a'),
      cnfThumbprint: thumbprint,
    })
    expect(report.notChecked.map(({ axis }) => axis)).toEqual(['hardware'])
  })

  it('lists everything that it had nothing to compare with', async () => {
    const open = verifyEvidence(await collectEvidence(softwarePlatform, { opening }))
    expect(open.status).toBe('none')
    expect(open.notChecked.map(({ axis }) => axis)).toEqual([
      'closing',
      'opening',
      'freshness',
      'record',
      'chain',
      'signers',
      'hardware',
    ])
  })

  it('shares one report among many documents, each with its path', async () => {
    const others = [1, 2, 3].map((n) =>
      readOpening({ ...opening, challenge: hexEncode(new Uint8Array(16).fill(n)) }),
    )
    const leaves = [opening, ...others].map((document) => merkleLeafHash(bindingBytes(document)))
    const data = reportData(thumbprint, merkleRoot(leaves))
    const base = withRaw(await collect(), { report_data: hexEncode(data) })
    for (const [i, document] of [opening, ...others].entries()) {
      const path = merkleInclusionProof(leaves, i).map(hexEncode)
      const bound = { document, leaf_index: i, tree_size: 4, path }
      const evidence = { ...base, report_data: hexEncode(data), binding: { opening: bound, closing: null } }
      expect(failures(evidence, { challenge: document.challenge ?? '' })).toEqual([])
      expect(failures(evidence, { challenge: 'ff'.repeat(16) })).toEqual(['challenge'])
    }
  })
})

describe('verifyEvidence: other keys than the bound one', () => {
  const strangers = { ...expected, signers: { receipt: [OTHER_KEY], annex: [OTHER_KEY] } }

  it('warn, are listed as not checked, and cost no grade', async () => {
    const report = verifyEvidence(await collect(), strangers)
    expect(report).toMatchObject({ status: 'none', grade: 'software-only' })
    expect(report.checks.filter(({ status }) => status === 'warn').map(({ id }) => id)).toEqual([
      'receipt_key',
      'annex_key',
    ])
    expect(report.notChecked.map(({ axis }) => axis)).toEqual(['receipt_key', 'annex_key', 'hardware'])
  })

  it('are not asked for usages, which are those of the bound key', async () => {
    const ids = verifyEvidence(await collect(), strangers).checks.map(({ id }) => id)
    expect(ids).not.toContain('receipt_usage')
    expect(ids).not.toContain('annex_usage')
  })

  it('nothing is said about an annex without rows', async () => {
    const ids = verifyEvidence(await collect(), { ...expected, signers: { ...signers, annex: [] } }).checks
    expect(ids.filter(({ id }) => id.startsWith('annex_k') || id.startsWith('annex_u'))).toEqual([])
  })
})

describe('verifyEvidence: endorsements of software evidence', () => {
  it('are listed as not checked', async () => {
    const evidence = await collect()
    for (const more of [{ certificates: ['AAAA'] }, { collateral: { crl: 'AAAA' } }]) {
      const { grade, notChecked } = verifyEvidence({ ...evidence, ...more }, expected)
      expect(grade).toBe('software-only')
      expect(notChecked.map(({ axis }) => axis)).toEqual(['endorsements', 'hardware'])
    }
  })
})

describe('verifyEvidence: what it refuses', () => {
  const cases: Record<EvidenceCheckId, () => Promise<EvidenceCheckId[]>> = {
    malformed: async () => failures({ ...(await collect()), extra: 1 }),
    unsupported_platform: async () => failures({ ...(await collect()), platform: 'amd-sev-snp' }),
    unsupported_layout: async () => failures({ ...(await collect()), layout: 'cmcp-salt' }),
    raw_malformed: async () => failures({ ...(await collect()), raw: 'AAAA' }),
    report_data_missing: async () => failures(withRaw(await collect(), { report_data: null })),
    report_data_copy: async () => failures({ ...(await collect()), report_data: '00'.repeat(64) }),
    binding_key: async () => {
      const evidence = await collect()
      return failures(
        withRaw(evidence, { report_data: `${'00'.repeat(32)}${evidence.report_data.slice(64)}` }),
      )
    },
    opening_binding: async () => {
      const { binding, ...evidence } = await collect()
      return failures({ ...evidence, binding: { ...binding, opening: { ...binding.opening, path: [] } } })
    },
    closing_binding: async () => {
      const { binding, ...evidence } = await collect()
      return failures({
        ...evidence,
        binding: { ...binding, closing: { ...binding.closing, leaf_index: 0 } },
      })
    },
    closing_opening: async () => {
      const moved = closingBinding({ ...opening, boot_id: null }, closedChain)
      return failures(await collectEvidence(softwarePlatform, { opening, closing: moved }))
    },
    opening_evidence: async () => failures(await collect(), { ...expected, openingDigest: digest('f') }),
    challenge: async () => failures(await collect(), { ...expected, challenge: 'ff'.repeat(16) }),
    record_key: async () =>
      failures(await collect(), { ...expected, record: { ...record, cnf: { jwk: {} } } }),
    record_usage: () => withUsages('receipt', 'annex'),
    receipt_usage: () => withUsages('record', 'annex'),
    annex_usage: () => withUsages('receipt', 'record'),
    closing_time: async () => {
      const early = closingBinding(opening, closedChain, { issuedAt: '2026-11-25T01:59:59.999Z' })
      return warnings(await collectEvidence(softwarePlatform, { opening, closing: early }), expected)
    },
    receipt_key: () => withSigners({ receipt: [thumbprint, OTHER_KEY] }),
    annex_key: () => withSigners({ annex: [OTHER_KEY] }),
    record_platform: async () => {
      const runtime = { ...record.runtime, platform: 'amd-sev-snp' }
      return failures(await collect(), { ...expected, record: { ...record, runtime } })
    },
    record_measurement: async () => {
      const runtime = { ...record.runtime, measurement: digest('f') }
      return failures(await collect(), { ...expected, record: { ...record, runtime } })
    },
    record_policy: async () =>
      failures(await collect(), { ...expected, record: { ...record, policy: { bundle_hash: digest('f') } } }),
    chain_policy: () => withChain({ policyBundleHash: digest('f') }),
    chain_root: () => withChain({ chainRoot: digest('f') }),
    receipts_head: () => withChain({ receiptsHead: digest('f') }),
    receipt_count: () => withChain({ receiptCount: 8 }),
    annex_head: () => withChain({ annexHead: null }),
    annex_count: () => withChain({ annexCount: 2 }),
  }
  const warnings = (evidence: unknown, expectations: EvidenceExpectations) => [
    ...failures(evidence, expectations),
    ...complaints(evidence, expectations, 'warn'),
  ]
  async function withSigners(change: object) {
    return warnings(await collect(), { ...expected, signers: { ...signers, ...change } })
  }
  async function withUsages(...keyUsages: KeyUsage[]) {
    const limited = { ...opening, key_usages: keyUsages }
    const evidence = await collectEvidence(softwarePlatform, {
      opening: limited,
      closing: closingBinding(limited, closedChain),
    })
    return failures(evidence, { ...expected, openingDigest: bindingDigest(limited) })
  }
  async function withChain(change: object) {
    return failures(await collect(), { ...expected, chain: { ...chain, ...change } })
  }

  it.each(Object.keys(cases) as EvidenceCheckId[])('%s alone', async (id) => {
    // Moving the key also takes it from the record: two checks see it.
    expect(await cases[id]()).toEqual(id === 'binding_key' ? ['report_data_copy', id, 'record_key'] : [id])
  })

  it('unread evidence is malformed, other failures contraindicated, and neither has a grade', async () => {
    const evidence = await collect()
    expect(verifyEvidence({ ...evidence, raw: '' })).toMatchObject({ status: 'malformed', grade: 'none' })
    expect(verifyEvidence('no json')).toMatchObject({ status: 'malformed', platform: null })
    const wrongChain = { ...expected, chain: { ...chain, receiptCount: 1 } }
    expect(verifyEvidence(evidence, wrongChain)).toMatchObject({ status: 'contraindicated', grade: 'none' })
    expect(verifyEvidence({ ...evidence, platform: 'amd-sev-snp' })).toMatchObject({
      status: 'contraindicated',
      platform: null,
      grade: 'none',
    })
  })

  it('any member of a binding document that is changed or removed', async () => {
    const evidence = await collect()
    for (const which of ['opening', 'closing'] as const) {
      const { document, ...place } = evidence.binding[which] ?? {}
      for (const [name, own] of Object.entries(document ?? {})) {
        for (const value of [undefined, ...OTHER_VALUES.filter((other) => other !== own)]) {
          const changed = { ...place, document: { ...document, [name]: value } }
          const report = verifyEvidence({ ...evidence, binding: { ...evidence.binding, [which]: changed } })
          expect(['contraindicated', 'malformed'], `${which}.${name}`).toContain(report.status)
        }
      }
    }
  })

  it('a closing document that repeats any shared member otherwise', async () => {
    const other: Partial<OpeningBinding> = {
      cnf_thumbprint: 'A'.repeat(43),
      key_usages: ['record'],
      policy_bundle_hash: digest('f'),
      package_digest: digest('f'),
      boot_id: null,
    }
    expect(Object.keys(other)).toEqual(REPEATED_MEMBERS)
    for (const [name, value] of Object.entries(other)) {
      const moved = closingBinding({ ...opening, [name]: value }, closedChain)
      expect(
        failures(await collectEvidence(softwarePlatform, { opening, closing: moved }), {}),
        name,
      ).toEqual(['closing_opening'])
    }
  })

  it('the challenge of the opening document once a newer one was answered', async () => {
    const later = closingBinding(opening, closedChain, { challenge: 'd0'.repeat(16) })
    const evidence = await collectEvidence(softwarePlatform, { opening, closing: later })
    expect(failures(evidence, { challenge: CHALLENGE })).toEqual(['challenge'])
    expect(failures(evidence, { challenge: 'd0'.repeat(16) })).toEqual([])
  })

  it('a closed chain beside evidence without closing document', async () => {
    const open = await collectEvidence(softwarePlatform, { opening })
    expect(failures(open, { chain })).toEqual([
      'chain_policy',
      'chain_root',
      'receipts_head',
      'receipt_count',
      'annex_head',
      'annex_count',
    ])
  })

  it('believes the platform bytes and never the copied report_data', async () => {
    // A forger rewrites documents and copy so that they fit each other; only the platform's own field is left.
    const forged = closingBinding(opening, { ...closedChain, receiptsHead: digest('f') })
    const evidence = {
      ...(await collectEvidence(softwarePlatform, { opening, closing: forged })),
      raw: (await collect()).raw,
    }
    expect(failures(evidence, {})).toEqual(['report_data_copy', 'opening_binding', 'closing_binding'])
  })

  it('whatever it is given, without throwing', () => {
    const hostile = {
      get format() {
        throw new Error('read me not')
      },
    }
    for (const value of [null, undefined, 1, [], {}, '', '{}', new Uint8Array(3), hostile, closing])
      expect(verifyEvidence(value).status).toBe('malformed')
  })
})

/** Values that are well-formed for some member; the one that equals the document's own is passed over. */
const OTHER_VALUES = [
  digest('f'),
  null,
  'ff'.repeat(16),
  7,
  ['record'],
  thumbprint.replace(/^./, 'z'),
  '2027-01-01T00:00:00Z',
  'other',
]
