// verifyChain as VAR users know it (VAR R-41, section 4.2): receipts as objects, errors and warnings as arrays.
import type { Backend } from '../crypto/backend.js'
import { type KeySet, singleKey } from '../crypto/key-set.js'
import { createPureBackend } from '../crypto/pure-backend.js'
import { verifyBatchItemsMax } from '../limits.js'
import type { SignedReceipt } from '../receipt/fields.js'
import { readSignatureBlock } from '../receipt/signature-block.js'
import { type ChainItem, ChainRun, sequenceNumberOf } from './chain-run.js'
import type { VerificationCode } from './codes.js'
import { type Finding, Findings, NOWHERE } from './findings.js'
import { parseReceipt } from './receipt-object.js'
import type { KeyResolver } from './signatures.js'

type PublicKey = Uint8Array | null | undefined

/**
 * Trusted keys: one bare key for all receipts; or keys by key_id, as a map, an object, a function or a key set.
 * Keys are 32 bytes; null and undefined mean that there is none.
 */
export type ChainKeys =
  | Uint8Array
  | ReadonlyMap<string, Uint8Array>
  | Readonly<Record<string, Uint8Array>>
  | ((keyId: string) => PublicKey | Promise<PublicKey>)
  | KeySet

/** An error or a warning about one receipt. */
export interface ChainError {
  /** Position after sorting by sequence number; for what has no place there, the position in the array. */
  readonly index: number
  /** Position in the array. */
  readonly file_index: number
  readonly sequenceNumber: number | null
  /** Of L1 there is only `L1_INVALID` (VAR R-30); the message begins with the finer code. */
  readonly code: VerificationCode
  readonly message: string
}

/** What came of a chain. At most `findingsMax` errors and warnings are kept. */
export interface ChainVerification {
  readonly valid: boolean
  /** The last receipt is workflow_closed. */
  readonly complete: boolean
  /** Sequence numbers that do not follow the one before. */
  readonly gaps: readonly number[]
  readonly errors: readonly ChainError[]
  readonly warnings: readonly ChainError[]
  /** `chain valid`, `empty chain`, or the first error. */
  readonly reason: string
}

/** Options of {@link verifyChain}. */
export interface VerifyChainArrayOptions {
  /** Left out: the `pure` one, about 2 ms a receipt. */
  readonly backend?: Backend
}

/**
 * Verifies L1 and L2 of receipts in any order. No receipts are valid, but not complete, as in the reference; a file
 * or report without receipts fails (DESIGN decision 17).
 *
 * @throws RangeError for a key that is not 32 bytes; what a function given as `keys` throws; nothing for receipts.
 */
export async function verifyChain(
  receipts: readonly SignedReceipt[],
  keys: ChainKeys,
  options: VerifyChainArrayOptions = {},
): Promise<ChainVerification> {
  const findings = new Findings()
  const items = itemsInOrder(receipts, findings)
  const { backend = createPureBackend() } = options
  const run = new ChainRun({ keys: await resolverOf(keys, items), backend, findings })
  for (const item of items) await run.add(item)
  await run.end()
  await run.reportIds(() => batchesOf(items))
  const list = findings.list()
  const errors = list.filter(({ severity }) => severity === 'fail').map(errorOf)
  const [first] = errors
  const reason = receipts.length === 0 ? 'empty chain' : 'chain valid'
  return {
    valid: errors.length === 0,
    complete: run.rules.complete,
    gaps: run.rules.gaps,
    errors,
    warnings: list.filter(({ severity }) => severity === 'warn').map(errorOf),
    reason: first === undefined ? reason : `${first.code}: ${first.message}`,
  }
}

function itemsInOrder(receipts: readonly unknown[], findings: Findings): ChainItem[] {
  const items: ChainItem[] = []
  // entries(), unlike forEach(), does not pass over holes: a hole is no receipt.
  for (const [fileIndex, receipt] of receipts.entries()) {
    const parsed = parseReceipt(receipt)
    if (parsed.ok) items.push({ receipt: parsed.object, fileIndex, memoryBytes: parsed.memoryBytes })
    else findings.add('L1', 'fail', parsed.code, parsed.message, { ...NOWHERE, file_index: fileIndex })
  }
  const place = (item: ChainItem) => sequenceNumberOf(item) ?? Number.MAX_SAFE_INTEGER
  return items.sort((a, b) => place(a) - place(b))
}

async function* batchesOf(items: readonly ChainItem[]): AsyncGenerator<readonly ChainItem[]> {
  for (let i = 0; i < items.length; i += verifyBatchItemsMax) yield items.slice(i, i + verifyBatchItemsMax)
}

/** A function may be asynchronous, so every key_id of the receipts is resolved beforehand. */
async function resolverOf(keys: ChainKeys, items: readonly ChainItem[]): Promise<KeyResolver> {
  if (keys instanceof Uint8Array) return singleKey(keys)
  if (keys instanceof Map) return { kind: 'set', resolve: (keyId) => keys.get(keyId) }
  if (isKeySet(keys)) return keys
  if (typeof keys !== 'function') {
    const byId = keys as Readonly<Record<string, Uint8Array>>
    return { kind: 'set', resolve: (keyId) => (Object.hasOwn(byId, keyId) ? byId[keyId] : undefined) }
  }
  const resolved = new Map<string, Uint8Array>()
  const keyIds = new Set(
    items
      .map(({ receipt }) => readSignatureBlock(receipt.signature))
      .flatMap((read) => (typeof read === 'string' ? [] : read.keyId)),
  )
  for (const keyId of keyIds) {
    const key = await keys(keyId)
    if (key) resolved.set(keyId, key)
  }
  return { kind: 'set', resolve: (keyId) => resolved.get(keyId) }
}

function isKeySet(keys: object): keys is KeySet {
  return 'resolve' in keys && typeof keys.resolve === 'function'
}

function errorOf({
  layer,
  severity,
  code,
  message,
  index,
  file_index,
  sequence_number,
}: Finding): ChainError {
  const isL1Error = layer === 'L1' && severity === 'fail' && code !== 'L1_INVALID'
  return {
    index: index ?? file_index ?? 0,
    file_index: file_index ?? 0,
    sequenceNumber: sequence_number,
    code: isL1Error ? 'L1_INVALID' : code,
    message: isL1Error ? `${code}: ${message}` : message,
  }
}
