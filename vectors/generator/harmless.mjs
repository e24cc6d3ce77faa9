// No flaws, but something that the verifier must say or must be told.
import { BLOCKED, lines, members, OTHER_HASH, within, without } from './edits.mjs'
import { digest, jwks } from './primitives.mjs'
import { KEY, NEXT_KEY } from './workflows.mjs'

/** Parts that are not there: no flaw, but no tick either. */
export const ABSENT = {
  'record-missing': {
    why: 'trust-record.json is not there: listed, not passed',
    edit: without('trust-record.json'),
    missing: ['record'],
  },
  'evidence-missing': {
    why: 'evidence.json is not there: listed, not passed',
    edit: without('evidence.json'),
    missing: ['evidence'],
  },
  'workflow-missing': {
    why: 'workflow.json is not there, although the manifest names one',
    edit: without('workflow.json'),
    warnings: ['workflow.present'],
  },
  'policy-missing': {
    why: 'policy.json is not there: listed, not passed',
    edit: without('policy.json'),
    missing: ['policy'],
  },
  'record-required': {
    why: 'trust-record.json is not there, and the verifier requires one',
    same: 'record-missing',
    options: { require_record: true },
    failures: ['record.present'],
  },
  'evidence-required': {
    why: 'evidence.json is not there, and the verifier requires some',
    same: 'evidence-missing',
    options: { require_evidence: true },
    failures: ['evidence.present'],
  },
  'annex-cut': {
    why: 'the last annex row was removed, with record and evidence: what is left holds, and the end of the annex is listed as open',
    edit: {
      files(files) {
        lines('annex.ndjson', (list) => list.slice(0, -1)).files(files)
        for (const name of ['trust-record.json', 'evidence.json']) without(name).files(files)
      },
    },
    missing: ['record', 'evidence'],
    not_checked: ['annex', 'record', 'evidence'],
  },
}

/** Changes that hurt nothing. */
export const HARMLESS = {
  'receipts-shuffled': {
    why: 'the lines of the chain stand in another order: the verifier sorts them',
    edit: lines('receipts.ndjson', (list) => list.toReversed()),
  },
  'key-changed-within': {
    why: 'the key was rotated within the chain; the verifier trusts both and says so',
    keys: 'both',
    edit: {
      receiptKey: (i) => (i < BLOCKED ? KEY : NEXT_KEY),
      files: members({ 'public-keys.jwks': jwks(KEY, NEXT_KEY) }),
    },
    warnings: ['KEY_ID_CHANGE', 'evidence.receipt_key'],
  },
  'receipts-by-other-key': {
    why: 'another trusted key than the one that the evidence binds signed the receipts',
    keys: 'both',
    edit: {
      receiptKey: () => NEXT_KEY,
      files: members({ 'public-keys.jwks': jwks(KEY, NEXT_KEY) }),
    },
    warnings: ['evidence.receipt_key'],
  },
  'annex-by-other-key': {
    why: 'another trusted key than the one that the evidence binds signed the annex',
    keys: 'both',
    edit: { annexKey: () => NEXT_KEY },
    warnings: ['evidence.annex_key'],
  },
  'record-affirming': {
    why: 'the record calls itself appraised; no attestation result was looked at',
    edit: { record: within('appraisal', { status: 'affirming' }) },
    warnings: ['record.appraisal_unproven'],
  },
  'record-early': {
    why: 'the record is two days older than the last receipt that it commits to',
    edit: {
      record(record) {
        record.iat -= 2 * 86_400
      },
    },
    warnings: ['record.issued_at'],
  },
  'record-claims': {
    why: 'the record says that it was anchored and delegated: signed, and listed as not checked',
    edit: {
      record: members({
        transparency: 'https://log.example/entries/1',
        delegation: { parent_record_hash: OTHER_HASH, credential_id: 'credential-1' },
      }),
    },
    not_checked: ['record'],
  },
  'closing-early': {
    why: 'the closing document is older than the opening one',
    edit: { closing: members({ issued_at: '2026-01-14T09:00:00.000Z' }) },
    warnings: ['evidence.closing_time'],
  },
  'annex-kind-unknown': {
    why: 'an annex row of a kind that this version does not know: signed, and noted as not interpreted',
    edit: {
      annex: (list) => {
        const [, { format, about }] = list
        list[1] = { format, about, kind: 'future', fact: 1 }
      },
    },
    notes: ['ANNEX_KIND_UNKNOWN'],
  },
}

/** The same files, but the verifier is told something else. */
export const TOLD = {
  'attestation-required': {
    why: 'the verifier wants hardware to vouch for it: software evidence does not',
    options: { require_attested: true },
    failures: ['evidence.attested'],
  },
  'policy-expected': {
    why: 'the verifier expects the policy that was in force',
    options: (files) => ({ policy_bundle_hash: digest(JSON.parse(files['policy.json'])) }),
  },
  'policy-unexpected': {
    why: 'the verifier expects another policy',
    options: { policy_bundle_hash: OTHER_HASH },
    failures: ['policy.expected'],
  },
  'key-not-trusted': {
    why: 'the verifier trusts another key than the one that signed everything',
    keys: 'next',
    failures: ['KEY_ID_UNKNOWN', 'ANNEX_SIGNATURE_INVALID', 'record.verified'],
  },
}
