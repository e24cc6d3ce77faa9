// Issues an export a second time, by the formats' rules alone and with the real keys, so that one thing can be made
// wrong while everything after it is right again. Without an edit the result is the export itself, byte for byte.
import { digest, jcs, leafHash, ndjson, nodeHash, utf8 } from './primitives.mjs'
import { KEY } from './workflows.mjs'

/**
 * `edit` holds what to change, in the order of the steps; each member gets an object to alter:
 * `opening(document)`, `workflow(document, parsed)`, `receipts(list)`, `receipt(receipt, i)`, `receiptKey(i)`,
 * `annex(list)`, `row(row, i)`, `annexKey(i)`, `closing(document)`, `raw(report)`, `evidence(evidence)`,
 * `record(record)`, `files(files)`; `evidenceKey` and `recordKey` are keys.
 */
export function reissue(base, edit = {}) {
  const given = parse(base)
  const opening = given.evidence.binding.opening.document
  edit.opening?.(opening)
  const workflow = { ...given.workflow, opening_evidence: digest(opening) }
  edit.workflow?.(workflow, given)
  const receipts = sealReceipts(given.receipts, workflow, edit)
  const annex = sealAnnex(given.annex, receipts.hashOf, edit)
  const chain = {
    annex_count: annex.length,
    annex_head: annex.length === 0 ? null : digest(annex.at(-1)),
    receipt_count: receipts.list.length,
    receipts_head: digest(receipts.list.at(-1)),
  }
  const closing = {
    ...opening,
    issued_at: given.evidence.binding.closing.document.issued_at,
    chain_root: digest(receipts.list[0]),
    ...chain,
  }
  edit.closing?.(closing)
  const files = {
    ...base,
    'receipts.ndjson': ndjson(receipts.list.map(jcs)),
    'annex.ndjson': ndjson(annex.map(jcs)),
    'workflow.json': jcs(workflow),
    'trust-record.json': jcs(signRecord(given.record, chain, receipts.list.at(-1), edit)),
    'evidence.json': jcs(bind(given.evidence, opening, closing, edit)),
  }
  edit.files?.(files)
  return files
}

function parse(files) {
  const lines = (name) =>
    files[name]
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  return {
    receipts: lines('receipts.ndjson'),
    annex: lines('annex.ndjson'),
    workflow: JSON.parse(files['workflow.json']),
    record: JSON.parse(files['trust-record.json']),
    evidence: JSON.parse(files['evidence.json']),
  }
}

/** Links, numbers and signs; `hashOf` gives the new hash for an old one. */
function sealReceipts(list, workflow, edit) {
  const oldHashes = new Map(list.map((receipt) => [receipt, digest(receipt)]))
  const hashOf = new Map()
  const sealed = []
  list[0].capability_manifest_hash = digest(workflow)
  edit.receipts?.(list)
  for (const [i, given] of list.entries()) {
    const receipt = {
      ...given,
      sequence_number: i,
      prev_receipt_hash: i === 0 ? null : digest(sealed[i - 1]),
    }
    edit.receipt?.(receipt, i)
    // VAR R-3: these three are never signed.
    const { signature: _, rfc3161_token: __, tsa_id: ___, ...signed } = receipt
    receipt.signature = signatureBlock(signed, edit.receiptKey?.(i) ?? KEY)
    sealed.push(receipt)
    hashOf.set(oldHashes.get(given), digest(receipt))
  }
  return { list: sealed, hashOf: (old) => hashOf.get(old) ?? old }
}

function sealAnnex(list, hashOf, edit) {
  const sealed = []
  edit.annex?.(list)
  for (const [i, { signature: _, ...given }] of list.entries()) {
    const row = { ...given, about: hashOf(given.about), seq: i, prev: i === 0 ? null : digest(sealed[i - 1]) }
    edit.row?.(row, i)
    sealed.push({ ...row, signature: signatureBlock(row, edit.annexKey?.(i) ?? KEY) })
  }
  return sealed
}

export function signatureBlock(value, key) {
  return { alg: 'Ed25519', key_id: key.keyId, sig: key.sign(jcs(value)) }
}

function bind(evidence, opening, closing, edit) {
  const leaves = [opening, closing].map((document) => leafHash(utf8(jcs(document))))
  const thumbprint = Buffer.from((edit.evidenceKey ?? KEY).thumbprint, 'base64url')
  const reportData = Buffer.concat([thumbprint, nodeHash(...leaves)]).toString('hex')
  const raw = { ...JSON.parse(Buffer.from(evidence.raw, 'base64').toString()), report_data: reportData }
  edit.raw?.(raw)
  const place = (document, index) => ({
    document,
    leaf_index: index,
    tree_size: 2,
    path: [leaves[1 - index].toString('hex')],
  })
  const bound = {
    ...evidence,
    report_data: reportData,
    raw: utf8(jcs(raw)).toString('base64'),
    binding: { opening: place(opening, 0), closing: place(closing, 1) },
  }
  edit.evidence?.(bound)
  return bound
}

function signRecord({ signature: _, ...given }, chain, closed, edit) {
  const key = edit.recordKey ?? KEY
  const record = {
    ...given,
    cnf: key.cnf,
    tool_transcript: { call_count: closed.total_calls, hash: digest(chain) },
  }
  edit.record?.(record)
  return { ...record, signature: key.sign(jcs(record)) }
}
