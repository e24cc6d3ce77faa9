// The annex: signed, hash-chained facts about receipts that VAR's closed field lists cannot carry (DESIGN decision 11).
import { jcsBytes } from '../codec/jcs.js'
import { TracevarError } from '../errors.js'
import { ANNEX_FORMAT } from '../formats.js'
import type { SignatureBlock } from './fields.js'
import type { FieldTable, ReceiptLike } from './kinds.js'
import { type FieldProblem, fieldProblems } from './shape.js'
import { hashStrings, type ReceiptSigner, signPayloads } from './signature-block.js'

/** Members that every row has, besides its facts. */
export const ANNEX_ROW_FIELDS: FieldTable = {
  format: { holds: 'string' },
  seq: { holds: 'int' },
  prev: { holds: 'hash', nullable: true },
  about: { holds: 'hash' },
  kind: { holds: 'string' },
}

/**
 * Kinds whose facts this version understands. `kind` is an open string: a row of another kind is signed and linked
 * like any other, and a verifier reports it as not interpreted.
 */
export const ANNEX_KINDS: Readonly<Record<string, FieldTable>> = {
  /** SHA-256 of the raw request and response bytes of a call; null when there was no response. */
  raw_digests: { request: { holds: 'hash' }, response: { holds: 'hash', nullable: true } },
  /** The call left for the upstream server at this time. */
  forwarded: { at: { holds: 'time' } },
  /** An approver's own Ed25519 signature: over the bytes with this digest, by this key (base64url). */
  approver_signature: {
    approver: { holds: 'string' },
    public_key: { holds: 'string' },
    signed_digest: { holds: 'hash' },
    sig: { holds: 'string' },
  },
  /** The upstream server's tool list is no longer the one whose digest workflow.json holds. */
  catalogue_drift: { expected: { holds: 'hash', nullable: true }, found: { holds: 'hash' } },
  /** Fresh evidence was collected: SHA-256 of that evidence document. */
  reattestation: { evidence_digest: { holds: 'hash' }, at: { holds: 'time' } },
  /** Stored content with this digest was erased. */
  erasure: { erased_digest: { holds: 'hash' }, reason: { holds: 'string' }, at: { holds: 'time' } },
  /** The wall clock moved by so many milliseconds against the monotonic clock. */
  clock_jump: { jump_ms: { holds: 'int' } },
  /** The arguments were changed before the call was forwarded: `params_canonical_hash` before and after. */
  modify: { before: { holds: 'hash' }, after: { holds: 'hash' }, reason: { holds: 'string' } },
  /** Words for a reader. */
  note: { text: { holds: 'string' } },
}

/** What a row says: `about` is the hash of the receipt that it speaks of; the other members belong to its kind. */
export interface AnnexFacts {
  readonly kind: string
  readonly about: string
  readonly [fact: string]: unknown
}

/** A signed row. */
export interface AnnexRow extends AnnexFacts {
  readonly format: typeof ANNEX_FORMAT
  /** From 0, without gaps. */
  readonly seq: number
  /** Hash of the complete row before; null in the first. */
  readonly prev: string | null
  readonly signature: SignatureBlock
}

/** A sealed row with its canonical bytes and their hash, which is the next row's `prev`. */
export interface SealedAnnexRow {
  readonly row: AnnexRow
  readonly bytes: Uint8Array
  readonly hash: string
}

/** What is wrong with the members of a row; an unknown kind may hold any facts. */
export function annexProblems(row: ReceiptLike): FieldProblem[] {
  const { kind } = row
  const facts = typeof kind === 'string' && Object.hasOwn(ANNEX_KINDS, kind) ? ANNEX_KINDS[kind] : undefined
  const problems = fieldProblems(row, { ...ANNEX_ROW_FIELDS, ...facts }, ['signature'])
  return facts === undefined ? problems.filter(({ problem }) => problem !== 'unsigned') : problems
}

/** Bytes that a row's signature covers: JCS of the row without `signature`. */
export function annexPayload(row: ReceiptLike): Uint8Array {
  const { signature: _, ...payload } = row
  return jcsBytes(payload)
}

/**
 * Seals the next row of an annex with a key whose usage is `annex`.
 *
 * @param previous hash and `seq` of the row before; null for the first.
 * @throws TracevarError `ERR_RECEIPT_INVALID` naming the member, `ERR_RECEIPT_KEY_ID`,
 * `ERR_CODEC_NOT_CANONICALIZABLE`, or as `ed25519SignMany`.
 */
export function sealAnnexRow(
  facts: AnnexFacts,
  previous: { readonly hash: string; readonly seq: number } | null,
  signer: ReceiptSigner,
): SealedAnnexRow {
  const unsigned = {
    ...facts,
    format: ANNEX_FORMAT,
    seq: previous === null ? 0 : previous.seq + 1,
    prev: previous?.hash ?? null,
  }
  const [problem] = annexProblems(unsigned)
  if (problem !== undefined || 'signature' in unsigned) {
    const { field, problem: what } = problem ?? { field: 'signature', problem: 'reserved' }
    throw new TracevarError('ERR_RECEIPT_INVALID', `annex ${facts.kind} ${field}: ${what}`)
  }
  const [signature] = signPayloads([annexPayload(unsigned)], 'annex', signer)
  const row = { ...unsigned, signature } as AnnexRow
  const bytes = jcsBytes(row)
  const [hash] = hashStrings([bytes], signer.backend)
  return { row, bytes, hash: hash as string }
}
