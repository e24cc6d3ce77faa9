// No flaws, but something that the verifier must say or must be told.
import { BLOCKED, lines, members, OTHER_HASH, without } from './edits.mjs'
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
    why: 'workflow.json is not there: listed, not passed',
    edit: without('workflow.json'),
    missing: ['workflow'],
  },
  'policy-missing': {
    why: 'policy.json is not there: listed, not passed',
    edit: without('policy.json'),
    missing: ['policy'],
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
    warnings: ['KEY_ID_CHANGE'],
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
