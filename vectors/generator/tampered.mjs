// Files of `base` that were changed after everything was issued: one change in one file.
import {
  BLOCKED,
  file,
  json,
  lines,
  members,
  OTHER_HASH,
  onLine,
  otherDigit,
  within,
  without,
} from './edits.mjs'
import { digestOf, jcs, utf8 } from './primitives.mjs'
import { signatureBlock } from './reissue.mjs'
import { KEY } from './workflows.mjs'

const HEADS = ['evidence.receipts_head', 'record.transcript']
const ANNEX_HEADS = ['evidence.annex_head', 'record.transcript']

export const TAMPERED = {
  'receipt-digit-changed': {
    why: 'one hex digit of a receipt was changed',
    edit: lines('receipts.ndjson', onLine(BLOCKED, otherDigit('params_canonical_hash'))),
    failures: ['L1_INVALID', 'HASH_MISMATCH'],
  },
  'receipt-signature-changed': {
    why: 'the signature of the last receipt was changed',
    edit: lines(
      'receipts.ndjson',
      onLine(-1, (line) => line.replace(/"sig":"(.)/, (_, c) => `"sig":"${c === 'A' ? 'B' : 'A'}`)),
    ),
    failures: ['L1_INVALID', ...HEADS],
  },
  'receipt-signature-padded': {
    why: 'the signature of the last receipt is spelled with padding: same bytes, other hash',
    edit: lines(
      'receipts.ndjson',
      onLine(-1, (line) => line.replace(/("sig":"[^"]*)"/, '$1=="')),
    ),
    failures: ['SIG_ENCODING', ...HEADS],
  },
  'receipt-dropped-tail': {
    why: 'the last receipt was removed',
    edit: lines('receipts.ndjson', (list) => list.slice(0, -1)),
    failures: [...HEADS, 'evidence.receipt_count'],
    open: true,
  },
  'receipt-dropped-middle': {
    why: 'the blocked call was removed',
    edit: lines('receipts.ndjson', (list) => list.toSpliced(BLOCKED, 1)),
    failures: [
      'INCOMPLETE_CHAIN',
      'HASH_MISMATCH',
      'record.transcript',
      'record.call_count',
      'evidence.receipt_count',
    ],
    warnings: ['CLOSE_TOTALS_MISMATCH'],
  },
  'receipt-dropped-head': {
    why: 'the manifest was removed',
    edit: lines('receipts.ndjson', (list) => list.slice(1)),
    failures: [
      'MISSING_MANIFEST',
      'SEQUENCE_ERROR',
      'NULL_HASH_EXPECTED',
      'workflow.manifest',
      'record.transcript',
      'record.enforcement',
      'evidence.chain_root',
      'evidence.receipt_count',
    ],
  },
  'receipts-emptied': {
    why: 'all receipts were removed: an empty chain fails, and nothing fits it',
    edit: file('receipts.ndjson', () => ''),
    failures: [
      'EMPTY_CHAIN',
      'ANNEX_ABOUT_UNKNOWN',
      'workflow.manifest',
      'policy.manifest',
      'record.transcript',
      'record.call_count',
      'record.policy',
      'record.enforcement',
    ],
    warnings: ['record.issued_at'],
    L1: 'SKIPPED',
    open: true,
  },
  'receipt-repeated': {
    why: 'a receipt stands twice',
    edit: lines('receipts.ndjson', (list) => list.toSpliced(BLOCKED, 0, list[BLOCKED])),
    failures: [
      'INCOMPLETE_CHAIN',
      'HASH_MISMATCH',
      'record.transcript',
      'record.call_count',
      'evidence.receipt_count',
    ],
    warnings: ['CLOSE_TOTALS_MISMATCH', 'DUPLICATE_RECEIPT_ID'],
  },
  'receipt-torn': {
    why: 'the last line ends in the middle',
    edit: file('receipts.ndjson', (text) => text.slice(0, -100)),
    failures: ['MALFORMED_LINE', ...HEADS, 'evidence.receipt_count'],
    open: true,
  },
  'receipt-duplicate-member': {
    why: 'a receipt holds a member twice, which readers resolve differently',
    edit: lines(
      'receipts.ndjson',
      onLine(-1, (line) => line.replace('"total_blocked":1', '"total_blocked":0,"total_blocked":1')),
    ),
    failures: ['DUPLICATE_JSON_KEY', ...HEADS, 'evidence.receipt_count'],
    open: true,
  },
  'annex-row-dropped-tail': {
    why: 'the last annex row was removed',
    edit: lines('annex.ndjson', (list) => list.slice(0, -1)),
    failures: [...ANNEX_HEADS, 'evidence.annex_count'],
  },
  'annex-row-dropped-head': {
    why: 'the first annex row was removed',
    edit: lines('annex.ndjson', (list) => list.slice(1)),
    failures: ['ANNEX_SEQUENCE_ERROR', 'ANNEX_HASH_MISMATCH', 'record.transcript', 'evidence.annex_count'],
  },
  'annex-row-changed': {
    why: 'one hex digit of the last annex row was changed',
    edit: lines('annex.ndjson', onLine(-1, otherDigit('request'))),
    failures: ['ANNEX_SIGNATURE_INVALID', ...ANNEX_HEADS],
  },
  'annex-reordered': {
    why: 'the annex rows were exchanged',
    edit: lines('annex.ndjson', (list) => list.toReversed()),
    failures: ['ANNEX_SEQUENCE_ERROR', 'ANNEX_HASH_MISMATCH', ...ANNEX_HEADS],
  },
  'annex-torn': {
    why: 'the last annex line ends in the middle',
    edit: file('annex.ndjson', (text) => text.slice(0, -100)),
    failures: ['ANNEX_MALFORMED', ...ANNEX_HEADS, 'evidence.annex_count'],
  },
  'annex-row-added': {
    why: 'a genuine row about a receipt of another chain was added after the record was issued',
    edit: lines('annex.ndjson', (list) => {
      const row = {
        format: 'tracevar/annex/1',
        seq: list.length,
        prev: digestOf(utf8(list.at(-1))),
        about: OTHER_HASH,
        kind: 'note',
        text: 'late',
      }
      return [...list, jcs({ ...row, signature: signatureBlock(row, KEY) })]
    }),
    failures: ['ANNEX_ABOUT_UNKNOWN', ...ANNEX_HEADS, 'evidence.annex_count'],
  },
  'annex-emptied': {
    why: 'all annex rows were removed',
    edit: file('annex.ndjson', () => ''),
    failures: [...ANNEX_HEADS, 'evidence.annex_count'],
    annex: 'N/A',
  },
  'annex-missing': {
    why: 'annex.ndjson is not there, although the record counts its rows',
    edit: without('annex.ndjson'),
    failures: [...ANNEX_HEADS, 'evidence.annex_count'],
    missing: ['annex'],
  },
  'workflow-changed': {
    why: 'workflow.json tells another version of the agent than the manifest fixed',
    edit: file('workflow.json', json(members({ agent_version: '2' }))),
    failures: ['workflow.manifest'],
  },
  'policy-changed': {
    why: 'policy.json allows what the policy in force blocked',
    edit: file('policy.json', json(members({ default: 'ALLOW' }))),
    failures: ['policy.manifest'],
  },
  'policy-respelled': {
    why: 'policy.json holds the same policy in other bytes than were hashed',
    edit: file('policy.json', (text) => `${text}\n`),
    failures: ['policy.manifest'],
  },
  'policy-duplicate-member': {
    why: 'policy.json holds a member twice',
    edit: file('policy.json', (text) => text.replace('{', '{"default":"ALLOW",')),
    failures: ['policy.read'],
  },
  'record-changed': {
    why: 'the record tells another data class than was signed',
    edit: file('trust-record.json', json(members({ data_class: 'public' }))),
    failures: ['record.verified'],
  },
  'record-torn': {
    why: 'trust-record.json ends in the middle',
    edit: file('trust-record.json', (text) => text.slice(0, -100)),
    failures: ['record.read'],
  },
  'evidence-torn': {
    why: 'evidence.json ends in the middle',
    edit: file('evidence.json', (text) => text.slice(0, -100)),
    failures: ['evidence.malformed'],
  },
  'evidence-report-data-copy': {
    why: 'the copy of report_data is not what the platform says',
    edit: file('evidence.json', json(members({ report_data: '00'.repeat(64) }))),
    failures: ['evidence.report_data_copy'],
  },
  'evidence-opening-path': {
    why: 'the path of the opening document does not lead to the root',
    edit: file(
      'evidence.json',
      json(({ binding }) => members({ path: ['00'.repeat(32)] })(binding.opening)),
    ),
    failures: ['evidence.opening_binding'],
  },
  'evidence-closing-path': {
    why: 'the path of the closing document does not lead to the root',
    edit: file(
      'evidence.json',
      json(({ binding }) => members({ path: ['00'.repeat(32)] })(binding.closing)),
    ),
    failures: ['evidence.closing_binding'],
  },
  'evidence-closing-removed': {
    why: 'the closing document was removed: nothing binds the chain',
    edit: file('evidence.json', json(within('binding', { closing: null }))),
    failures: [
      'chain_policy',
      'chain_root',
      'receipts_head',
      'receipt_count',
      'annex_head',
      'annex_count',
    ].map((id) => `evidence.${id}`),
  },
}
