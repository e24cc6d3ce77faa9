// Flaws that whoever holds the keys signed: all that is not the flaw was issued anew and fits.
import { at, BLOCKED, members, OTHER_HASH, plusOne, within, without } from './edits.mjs'
import { jwks } from './primitives.mjs'
import { KEY, NEXT_KEY, STRANGE_KEY } from './workflows.mjs'

/** Versions that nobody knows, one for each format. */
export const VERSIONS = {
  'version-receipt': {
    why: 'a receipt of an unknown version of VAR',
    edit: { receipt: at(BLOCKED, members({ spec_version: 'var/2.0' })) },
    failures: ['UNKNOWN_SPEC_VERSION'],
  },
  'version-annex': {
    why: 'an annex row of an unknown version',
    edit: { row: at(1, members({ format: 'tracevar/annex/2' })) },
    failures: ['ANNEX_MALFORMED'],
  },
  'version-workflow': {
    why: 'workflow.json of an unknown version',
    edit: { workflow: members({ format: 'tracevar/workflow/2' }) },
    failures: ['workflow.read'],
  },
  'version-transcript': {
    why: 'workflow.json names an unknown construction of the transcript hash',
    edit: { workflow: members({ transcript_method: 'tracevar/transcript/2' }) },
    failures: ['workflow.read'],
  },
  'version-record': {
    why: 'a Trust Record of the superseded profile v0.1',
    edit: { record: members({ eat_profile: 'tag:agentrust.io,2026:trace-v0.1' }) },
    failures: ['record.verified'],
  },
  'version-evidence': {
    why: 'evidence.json of an unknown version',
    edit: { evidence: members({ format: 'tracevar/evidence/2' }) },
    failures: ['evidence.malformed'],
  },
  'version-binding': {
    why: 'binding documents of an unknown version',
    edit: { opening: members({ format: 'tracevar/binding/2' }) },
    failures: ['evidence.malformed'],
  },
  'version-software-evidence': {
    why: 'the platform’s own bytes are of an unknown version',
    edit: { raw: members({ format: 'tracevar/software-evidence/2' }) },
    failures: ['evidence.raw_malformed'],
  },
}

const otherPolicy = members({ policy_bundle_hash: OTHER_HASH })

export const MISISSUED = {
  'receipts-by-unknown-key': {
    why: 'the receipts are signed by a key that the verifier was not told to trust; that public-keys.jwks holds it changes nothing',
    edit: {
      receiptKey: () => STRANGE_KEY,
      files: members({ 'public-keys.jwks': jwks(KEY, STRANGE_KEY) }),
    },
    failures: ['KEY_ID_UNKNOWN'],
  },
  'receipts-under-borrowed-name': {
    why: 'the receipts are signed by another key under the key_id of the trusted one',
    edit: { receiptKey: () => ({ ...STRANGE_KEY, keyId: KEY.keyId }) },
    failures: ['L1_INVALID'],
  },
  'receipts-link': {
    why: 'a receipt names another receipt as the one before it',
    edit: { receipt: at(BLOCKED, members({ prev_receipt_hash: OTHER_HASH })) },
    failures: ['HASH_MISMATCH'],
  },
  'receipts-gap': {
    why: 'the sequence numbers skip one',
    edit: { receipt: (receipt, i) => i >= BLOCKED && plusOne('sequence_number')(receipt) },
    failures: ['INCOMPLETE_CHAIN'],
  },
  'receipts-two-policies': {
    why: 'a call was decided under another policy than the manifest names',
    edit: { receipt: at(BLOCKED, otherPolicy) },
    failures: ['policy.one_policy'],
    warnings: ['POLICY_HASH_CHANGE'],
  },
  'receipts-two-policies-no-file': {
    why: 'the same, and policy.json was removed: what needs no file is checked without it',
    from: 'policy-missing',
    edit: { receipt: at(BLOCKED, otherPolicy), ...without('policy.json') },
    failures: ['policy.one_policy'],
    warnings: ['POLICY_HASH_CHANGE'],
  },
  'annex-by-unknown-key': {
    why: 'the annex is signed by a key that the verifier was not told to trust',
    edit: { annexKey: () => STRANGE_KEY },
    failures: ['ANNEX_SIGNATURE_INVALID'],
  },
  'annex-link': {
    why: 'an annex row names another row as the one before it',
    edit: { row: at(1, members({ prev: OTHER_HASH })) },
    failures: ['ANNEX_HASH_MISMATCH'],
  },
  'annex-gap': {
    why: 'the numbers of the annex rows skip one',
    edit: { row: at(1, plusOne('seq')) },
    failures: ['ANNEX_SEQUENCE_ERROR'],
  },
  'annex-foreign': {
    why: 'an annex row speaks of a receipt of another chain',
    edit: { row: at(1, members({ about: OTHER_HASH })) },
    failures: ['ANNEX_ABOUT_UNKNOWN'],
  },
  'workflow-not-named': {
    why: 'the manifest names another workflow document',
    edit: { receipt: at(0, members({ capability_manifest_hash: OTHER_HASH })) },
    failures: ['workflow.manifest'],
  },
  'record-by-unknown-key': {
    why: 'the record is signed by a key that the verifier was not told to trust',
    edit: { recordKey: STRANGE_KEY },
    failures: ['record.verified'],
  },
  'record-of-other-chain': {
    why: 'the record commits to another chain',
    edit: { record: within('tool_transcript', { hash: OTHER_HASH }) },
    failures: ['record.transcript'],
  },
  'record-call-count': {
    why: 'the record counts one call less',
    edit: { record: within('tool_transcript', { call_count: 2 }) },
    failures: ['record.call_count'],
  },
  'close-counts-none': {
    why: 'closing receipt and record agree that there was no call; the chain has three',
    edit: {
      receipt(receipt) {
        if (receipt.record_type === 'workflow_closed') members({ total_calls: 0, total_blocked: 0 })(receipt)
      },
    },
    failures: ['record.call_count'],
    warnings: ['CLOSE_TOTALS_MISMATCH'],
  },
  'record-policy': {
    why: 'the record names another policy; there is no evidence that would contradict it',
    from: 'evidence-missing',
    edit: { record: within('policy', { bundle_hash: OTHER_HASH }), ...without('evidence.json') },
    failures: ['record.policy'],
    missing: ['evidence'],
  },
  'record-policy-against-evidence': {
    why: 'the record names another policy than manifest and evidence',
    edit: { record: within('policy', { bundle_hash: OTHER_HASH }) },
    failures: ['record.policy', 'evidence.record_policy'],
  },
  'record-enforcement': {
    why: 'the record says advisory, the manifest enforce',
    edit: { record: within('policy', { enforcement_mode: 'advisory' }) },
    failures: ['record.enforcement'],
  },
  'record-subject': {
    why: 'the record names another subject than workflow.json',
    edit: { record: members({ subject: 'spiffe://example.com/another' }) },
    failures: ['record.subject'],
  },
  'record-model': {
    why: 'the record names another model than workflow.json',
    edit: { record: members({ model: { provider: 'another', model_id: 'model' } }) },
    failures: ['record.model'],
  },
  'record-data-class': {
    why: 'the record tells another data class than workflow.json',
    edit: { record: members({ data_class: 'public' }) },
    failures: ['record.data_class'],
  },
  'record-build-provenance': {
    why: 'the record claims a higher SLSA level than workflow.json',
    edit: { record: within('build_provenance', { slsa_level: 3 }) },
    failures: ['record.build_provenance'],
  },
  'record-platform': {
    why: 'the record names hardware, the evidence is software-only',
    edit: { record: within('runtime', { platform: 'amd-sev-snp' }) },
    failures: ['record.platform_unproven', 'evidence.record_platform'],
  },
  'record-platform-without-evidence': {
    why: 'the record names hardware, and there is no evidence for it',
    from: 'evidence-missing',
    edit: { record: within('runtime', { platform: 'amd-sev-snp' }), ...without('evidence.json') },
    failures: ['record.platform_unproven'],
    missing: ['evidence'],
  },
  'record-measurement': {
    why: 'the record names another measurement than the evidence',
    edit: { record: within('runtime', { measurement: OTHER_HASH }) },
    failures: ['evidence.record_measurement'],
  },
  'evidence-of-other-key': {
    why: 'the evidence vouches for another trusted key than the one that signed the record',
    keys: 'both',
    edit: { evidenceKey: NEXT_KEY, opening: members({ cnf_thumbprint: NEXT_KEY.thumbprint }) },
    failures: ['evidence.record_key'],
    warnings: ['evidence.receipt_key', 'evidence.annex_key'],
  },
  'evidence-key-not-bound': {
    why: 'the opening document names another key than report_data',
    edit: { opening: members({ cnf_thumbprint: NEXT_KEY.thumbprint }) },
    failures: ['evidence.binding_key'],
  },
  'evidence-key-usage': {
    why: 'the opening document does not let the key sign records',
    edit: { opening: members({ key_usages: ['receipt', 'annex'] }) },
    failures: ['evidence.record_usage'],
  },
  'evidence-key-usage-receipt': {
    why: 'the opening document does not let the key sign receipts',
    edit: { opening: members({ key_usages: ['record', 'annex'] }) },
    failures: ['evidence.receipt_usage'],
  },
  'evidence-key-usage-annex': {
    why: 'the opening document does not let the key sign annex rows',
    edit: { opening: members({ key_usages: ['receipt', 'record'] }) },
    failures: ['evidence.annex_usage'],
  },
  'evidence-platform-unknown': {
    why: 'evidence.json names hardware that this version cannot verify',
    edit: { evidence: members({ platform: 'sev-snp' }) },
    failures: ['evidence.unsupported_platform'],
  },
  'evidence-layout-unknown': {
    why: 'evidence.json names a layout of report_data that nobody asked for',
    edit: { evidence: members({ layout: 'raw-key-sha256' }) },
    failures: ['evidence.unsupported_layout'],
  },
  'evidence-without-report-data': {
    why: 'the platform’s own bytes carry no report_data; the copy beside them counts for nothing',
    edit: { raw: members({ report_data: null }) },
    failures: ['evidence.report_data_missing'],
  },
  'opening-not-named': {
    why: 'workflow.json names another opening document',
    edit: { workflow: members({ opening_evidence: OTHER_HASH }) },
    failures: ['evidence.opening_evidence'],
  },
  'opening-policy': {
    why: 'the binding documents name another policy than the chain; there is no record that would contradict them',
    from: 'record-missing',
    edit: { opening: otherPolicy, ...without('trust-record.json') },
    failures: ['evidence.chain_policy'],
    missing: ['record'],
  },
  'closing-not-of-opening': {
    why: 'the closing document tells of another boot than the opening one',
    edit: { closing: members({ boot_id: '00000000-0000-4000-8000-000000000002' }) },
    failures: ['evidence.closing_opening'],
  },
  'closing-of-other-chain': {
    why: 'the closing document was made for another chain',
    edit: {
      closing: members({
        chain_root: OTHER_HASH,
        receipts_head: OTHER_HASH,
        receipt_count: 2,
        annex_head: null,
        annex_count: 0,
      }),
    },
    failures: ['chain_root', 'receipts_head', 'receipt_count', 'annex_head', 'annex_count'].map(
      (id) => `evidence.${id}`,
    ),
  },
  'closing-chain-root': {
    why: 'the closing document names another manifest',
    edit: { closing: members({ chain_root: OTHER_HASH }) },
    failures: ['evidence.chain_root'],
  },
  'closing-receipts-head': {
    why: 'the closing document names another last receipt',
    edit: { closing: members({ receipts_head: OTHER_HASH }) },
    failures: ['evidence.receipts_head'],
  },
  'closing-receipt-count': {
    why: 'the closing document counts one receipt more',
    edit: { closing: plusOne('receipt_count') },
    failures: ['evidence.receipt_count'],
  },
  'closing-annex-head': {
    why: 'the closing document names another last annex row',
    edit: { closing: members({ annex_head: OTHER_HASH }) },
    failures: ['evidence.annex_head'],
  },
  'closing-annex-count': {
    why: 'the closing document counts one annex row more',
    edit: { closing: plusOne('annex_count') },
    failures: ['evidence.annex_count'],
  },
}
