// Templates are a faster way to the same bytes: whatever receipts follow each other in one workflow, text, signature
// and refusals are those of the general way (jcs of the object, the whole field table).
import { expect, it } from 'vitest'
import { jcsBytes } from '../../src/codec/jcs.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { createReceipt } from '../../src/receipt/create.js'
import type { UnsignedReceipt } from '../../src/receipt/fields.js'
import { receiptHash } from '../../src/receipt/hash.js'
import {
  type FieldRule,
  RECEIPT_KINDS,
  type ReceiptLike,
  receiptKind,
  signedFields,
} from '../../src/receipt/kinds.js'
import { signedPayload } from '../../src/receipt/payload.js'
import { type ChainLink, type ReceiptSigner, sealMany } from '../../src/receipt/seal.js'
import { signatureBlock } from '../../src/receipt/signature-block.js'
import { ReceiptTemplates } from '../../src/receipt/template.js'
import { below, pick, randomJson, randomNumber, randomText, rounds, times } from '../codec/random.js'

const backend = createNodeBackend()
const key = backend.generateKey(['receipt'])
const signers: readonly ReceiptSigner[] = ['k1', 'ns-prod-01'].map((keyId) => ({ backend, key, keyId }))
const hash = () => `sha256:${times(64, () => pick([...'0123456789abcdef'])).join('')}`
const TEXTS = [
  '',
  'plain',
  'plain',
  'longer than that',
  '"\\/\b\f\n\r\t\u0000\u001f',
  '\u007f\u0080é—😀',
  '</script>',
  '\u2028',
]

/** A value that the rule allows. */
function valueFor(rule: FieldRule): unknown {
  const { holds } = rule
  if (rule.nullable && below(3) === 0) return null
  if (typeof holds !== 'string') return pick(holds)
  switch (holds) {
    case 'string':
      return below(3) === 0 ? randomText() : pick(TEXTS)
    case 'boolean':
      return below(2) === 0
    case 'int':
      return pick([0, -0, 1, 9, 10, -1, 2 ** 53 - 1, -(2 ** 53 - 1), below(1000)])
    case 'number':
      return pick([randomNumber(), -0, 1e21, 1e-7, 0.1])
    case 'hash':
      return hash()
    case 'time':
      return new Date(below(2 ** 31) * 1000 + below(1000)).toISOString()
    case 'strings':
      return times(below(4), () => (below(2) === 0 ? randomText() : pick(TEXTS)))
    case 'numbers':
      return Object.fromEntries(times(below(4), () => [randomText(), randomNumber()]))
    case 'null':
      return null
  }
}

/** A complete receipt of any kind; optional fields come and go. */
function randomReceipt(): Record<string, unknown> {
  const record_type = pick(Object.keys(RECEIPT_KINDS))
  const receipt: Record<string, unknown> = { record_type, rfc3161_token: null, tsa_id: null }
  if (record_type === 'action_receipt') receipt.queue_status = pick(['COMPLETED', 'COMPLETED', 'DEAD_LETTER'])
  for (const [field, rule] of Object.entries(signedFields(receiptKind(record_type)!, receipt))) {
    if (field in receipt || (rule.optional && below(2) === 0)) continue
    receipt[field] = valueFor(rule)
  }
  receipt.spec_version = 'var/1.0'
  return receipt
}

/** The next receipt of a workflow: most members as before. */
function following(before: Record<string, unknown>): Record<string, unknown> {
  const next = { ...before }
  const table = signedFields(receiptKind(next.record_type)!, next)
  for (const field of times(below(8), () => pick(Object.keys(table)))) {
    if (['record_type', 'queue_status', 'spec_version'].includes(field)) continue
    if (table[field]!.optional && below(3) === 0) delete next[field]
    else next[field] = valueFor(table[field]!)
  }
  return next
}

/** Text and hash by the general way. */
function general(unsigned: ReceiptLike, previous: ChainLink | null, { keyId }: ReceiptSigner) {
  const linked = {
    ...unsigned,
    prev_receipt_hash: previous?.hash ?? null,
    sequence_number: previous === null ? 0 : previous.sequenceNumber + 1,
  } as ReceiptLike
  const payload = signedPayload(linked, receiptKind(linked.record_type)!)
  const signature = signatureBlock(keyId, backend.ed25519SignMany([key], 'receipt', packBatch([payload])))
  const receipt = { ...linked, signature }
  return { text: new TextDecoder().decode(jcsBytes(receipt)), hash: receiptHash(receipt) }
}

const previousOf = (n: number): ChainLink | null =>
  n === 0 ? null : { hash: hash(), sequenceNumber: pick([0, 8, 9, 98, n]) }

it('templates give the bytes of the general way, whatever follows what', () => {
  const templates = new ReceiptTemplates()
  let receipts = times(5, randomReceipt)
  for (let n = 0; n < rounds(400); n++) {
    receipts = receipts.map((receipt) => (below(6) === 0 ? randomReceipt() : following(receipt)))
    const signer = below(20) === 0 ? signers[1]! : signers[0]!
    const items = receipts.map((receipt) => ({
      unsigned: receipt as unknown as UnsignedReceipt,
      previous: previousOf(n),
      templates,
    }))
    const sealed = sealMany(items, signer)
    for (const [i, { previous }] of items.entries()) {
      const wanted = general(receipts[i]!, previous, signer)
      expect(new TextDecoder().decode(sealed[i]!.bytes)).toBe(wanted.text)
      expect(sealed[i]!.hash).toBe(wanted.hash)
      expect(JSON.parse(JSON.stringify(sealed[i]!.receipt))).toEqual(JSON.parse(wanted.text)) // -0 is 0 there
      expect(sealed[i]!.id).toBe(receipts[i]![receiptKind(receipts[i]!.record_type)!.idField])
      expect(sealed[i]!.sequenceNumber).toBe(previous === null ? 0 : previous.sequenceNumber + 1)
    }
  }
}, 120_000)

it('creating on the way gives what createReceipt and sealing give', () => {
  const templates = new ReceiptTemplates()
  for (let n = 0; n < rounds(300); n++) {
    const input = randomReceipt()
    const kind = receiptKind(input.record_type)!
    for (const [field, { fill }] of Object.entries(kind.signed)) {
      if (field === 'queue_status' && input.queue_status === 'DEAD_LETTER') continue
      if (fill === undefined && field !== kind.idField && field !== 'issued_at') continue
      const how = below(4)
      if (how === 0) input[field] = undefined
      else if (how === 1) input[field] = null
      else if (how === 2) delete input[field]
    }
    if (below(2) === 0) delete input.rfc3161_token
    const id = `01KJMA0FM0ASSJPET8KX${below(1000)}`
    const sources = { nowMs: 1_780_000_000_000 + n, ulid: () => id }
    const previous = previousOf(n)
    const [sealed] = sealMany([{ input: input as never, sources, previous, templates }], signers[0]!)
    const wanted = general(createReceipt(input as never, sources) as never, previous, signers[0]!)
    expect(new TextDecoder().decode(sealed!.bytes)).toBe(wanted.text)
  }
}, 60_000)

it('what the general way refuses is refused with templates in the same words, and nothing of it stays', () => {
  const templates = new ReceiptTemplates()
  const previous = previousOf(1)
  let refused = 0
  for (let n = 0; n < rounds(600); n++) {
    const good = randomReceipt()
    sealMany([{ unsigned: good as never, previous, templates }], signers[0]!)
    const field = pick([...Object.keys(good), 'foreign', 'signature'])
    const bad: Record<string, unknown> = { ...good }
    const value = pick([
      undefined,
      1.5,
      'x',
      '\ud800',
      ['a', 1],
      ['\udc00'],
      { a: 'b' },
      Number.NaN,
      7n,
      true,
      new Date(0),
      'sha256:AB',
      randomJson(2, randomNumber),
    ])
    if (below(4) === 0) delete bad[field]
    else bad[field] = value
    const outcome = (use: ReceiptTemplates) => {
      try {
        const [sealed] = sealMany([{ unsigned: bad as never, previous, templates: use }], signers[0]!)
        return new TextDecoder().decode(sealed!.bytes)
      } catch (error) {
        refused++
        return `${(error as { code?: string }).code} ${(error as Error).message}`
      }
    }
    // With fresh templates every field is checked; with used ones only what changed.
    expect(outcome(templates), `${field} ${String(value)}`).toBe(outcome(new ReceiptTemplates()))
    const [after] = sealMany([{ unsigned: good as never, previous, templates }], signers[0]!)
    expect(new TextDecoder().decode(after!.bytes)).toBe(general(good, previous, signers[0]!).text)
  }
  expect(refused).toBeGreaterThan(rounds(600) / 2)
}, 60_000)

it('arrays and objects are looked at each time, since they may have changed inside', () => {
  const templates = new ReceiptTemplates()
  const tools = ['a']
  const manifest = { ...fieldsOf('workflow_manifest'), declared_tools: tools }
  const seal = () => sealMany([{ unsigned: manifest as never, previous: null, templates }], signers[0]!)[0]!
  expect(seal().receipt).toMatchObject({ declared_tools: ['a'] })
  tools.push('b')
  expect(new TextDecoder().decode(seal().bytes)).toContain('"declared_tools":["a","b"]')
  tools.push(1 as never)
  expect(seal).toThrow(expect.objectContaining({ code: 'ERR_RECEIPT_INVALID' }))
})

/** All fields of a kind, and no others. */
function fieldsOf(record_type: keyof typeof RECEIPT_KINDS): Record<string, unknown> {
  for (;;) {
    const receipt = randomReceipt()
    if (receipt.record_type === record_type) return receipt
  }
}

it('an input that was created keeps nothing of the object that it came from', () => {
  const templates = new ReceiptTemplates()
  const input = fieldsOf('workflow_manifest')
  const tools = ['a']
  const sources = { nowMs: 0, ulid: () => 'x' }
  const [sealed] = sealMany(
    [{ input: { ...input, declared_tools: tools } as never, sources, previous: null, templates }],
    signers[0]!,
  )
  tools.push('b')
  expect(sealed!.receipt).toMatchObject({ declared_tools: ['a'] })
})

it('members of a prototype are no members', () => {
  const action = fieldsOf('action_receipt')
  const inherited = Object.assign(Object.create({ agent_class_id: 'inherited' }), action) as Record<
    string,
    unknown
  >
  delete inherited.agent_class_id
  const { agent_class_id: _, ...own } = action
  const [sealed] = sealMany([{ unsigned: inherited as never, previous: null }], signers[0]!)
  expect(new TextDecoder().decode(sealed!.bytes)).toBe(general(own, null, signers[0]!).text)
})
