// The checks of evidence as data: `tracevar explain` and reports read this table.

/** Every check, in the order in which it is reported. Codes of `checks[].id`; they never change meaning. */
export const EVIDENCE_CHECKS = {
  malformed: 'evidence.json is read: format, closed member lists, values',
  unsupported_platform: 'the platform is one that this version verifies',
  unsupported_layout: 'the layout of report_data is one that was asked for',
  raw_malformed: "the platform's own bytes are read",
  report_data_missing: "the platform's own bytes carry report_data",
  report_data_copy: 'the copy of report_data equals the field of the platform',
  binding_key: 'report_data starts with the thumbprint that the opening document names',
  opening_binding: 'the opening document is included in the root of report_data',
  closing_binding: 'the closing document is included in the root of report_data',
  closing_opening: 'the closing document repeats the opening one',
  closing_time: 'the closing document is not older than the opening one',
  opening_evidence: 'workflow.json names the digest of the opening document',
  challenge: 'the newest binding document carries the expected challenge',
  record_key: "report_data names the key of the record's cnf",
  record_usage: 'the key may sign records',
  record_platform: 'record and evidence name the same platform',
  record_measurement: 'record and evidence name the same measurement',
  record_policy: 'record and opening document name the same policy',
  chain_policy: 'chain and closing document name the same policy',
  chain_root: 'chain and closing document have the same manifest receipt',
  receipts_head: 'chain and closing document have the same last receipt',
  receipt_count: 'chain and closing document have the same number of receipts',
  annex_head: 'chain and closing document have the same last annex row',
  annex_count: 'chain and closing document have the same number of annex rows',
  receipt_key: 'the key in report_data, and no other, signed the receipts',
  receipt_usage: 'the key may sign receipts',
  annex_key: 'the key in report_data, and no other, signed the annex rows',
  annex_usage: 'the key may sign annex rows',
} as const

export type EvidenceCheckId = keyof typeof EVIDENCE_CHECKS
