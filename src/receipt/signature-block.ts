// The `signature` member of receipts and annex rows (VAR R-20), and how it is made.
import { base64urlDecode, base64urlEncode } from '../codec/base64.js'
import { formatDigest } from '../codec/digest.js'
import { isJsonObject } from '../codec/json-value.js'
import type { KeyUsage, PrivateKey, SyncBackend } from '../crypto/backend.js'
import { ED25519_SIGNATURE_BYTES } from '../crypto/ed25519-strict.js'
import { isValidKeyId } from '../crypto/key-set.js'
import { packBatch } from '../crypto/packed-batch.js'
import { TracevarError } from '../errors.js'
import type { SignatureBlock } from './fields.js'

/** A key that seals, its back end, and the name under which verifiers find its public half. */
export interface ReceiptSigner {
  readonly backend: SyncBackend
  readonly key: PrivateKey
  /** 1 to 64 of `A-Z a-z 0-9 _ -` (VAR R-26). */
  readonly keyId: string
}

/** @throws TracevarError `ERR_RECEIPT_KEY_ID` when `keyId` is not as VAR R-26 wants it. */
export function checkKeyId(keyId: string): void {
  if (!isValidKeyId(keyId)) {
    throw new TracevarError('ERR_RECEIPT_KEY_ID', 'key_id: expected 1 to 64 of A-Z a-z 0-9 _ -')
  }
}

/** Block of a 64-byte signature. */
export function signatureBlock(keyId: string, signature: Uint8Array): SignatureBlock {
  return { alg: 'Ed25519', key_id: keyId, sig: base64urlEncode(signature) }
}

/**
 * Signature blocks over `payloads`, in one batch.
 *
 * @throws TracevarError `ERR_RECEIPT_KEY_ID`, and as `ed25519SignMany`.
 */
export function signPayloads(
  payloads: readonly Uint8Array[],
  usage: KeyUsage,
  { backend, key, keyId }: ReceiptSigner,
): SignatureBlock[] {
  checkKeyId(keyId)
  const signatures = backend.ed25519SignMany([key], usage, packBatch(payloads))
  return payloads.map((_, i) => signatureBlock(keyId, signatures.subarray(64 * i, 64 * i + 64)))
}

/** Digest strings of `items`, in one batch. */
export function hashStrings(items: readonly Uint8Array[], backend: SyncBackend): string[] {
  const digests = backend.sha256Many(packBatch(items))
  return items.map((_, i) => formatDigest('sha256', digests.subarray(32 * i, 32 * i + 32)))
}

/** Why a signature block cannot be used: VAR, D-7, and the one spelling of R-20. */
export type SignatureRefusal = 'L1_INVALID' | 'ALG_UNSUPPORTED' | 'INVALID_KEY_ID' | 'SIG_ENCODING'

/** The parts of a signature block that verification needs. */
export interface ReadSignature {
  readonly keyId: string
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** Reads a `signature` member. Nothing in the block chooses how it is verified: `alg` must be Ed25519. */
export function readSignatureBlock(block: unknown): ReadSignature | SignatureRefusal {
  if (!isJsonObject(block)) return 'L1_INVALID'
  const { alg, key_id: keyId, sig } = block
  if (alg !== 'Ed25519') return 'ALG_UNSUPPORTED'
  if (!isValidKeyId(keyId)) return 'INVALID_KEY_ID'
  const signature = decodeSignature(sig)
  return signature === undefined ? 'SIG_ENCODING' : { keyId, signature }
}

function decodeSignature(sig: unknown): Uint8Array | undefined {
  if (typeof sig !== 'string' || sig.length > 2 * ED25519_SIGNATURE_BYTES) return undefined
  try {
    const signature = base64urlDecode(sig)
    return signature.length === ED25519_SIGNATURE_BYTES ? signature : undefined
  } catch (error) {
    if (error instanceof TracevarError) return undefined
    throw error
  }
}
