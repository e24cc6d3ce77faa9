// Signing and checking one receipt, as VAR users know it (VAR ).
import type { Backend } from '../crypto/backend.js'
import { ED25519_KEY_BYTES } from '../crypto/ed25519-strict.js'
import { isWeakPublicKey } from '../crypto/key-set.js'
import { packBatch } from '../crypto/packed-batch.js'
import { createPureBackend } from '../crypto/pure-backend.js'
import { type SigningProvider, signWithProvider } from '../crypto/signing-provider.js'
import { TracevarError } from '../errors.js'
import type { SignedReceipt, UnsignedReceipt } from './fields.js'
import { type ReceiptLike, receiptKind } from './kinds.js'
import { signedPayload } from './payload.js'
import { checkKeyId, readSignatureBlock, signatureBlock, signPayloads } from './signature-block.js'

/** `key_id` when a seed is given without one (VAR R-20). */
const KEY_ID_DEFAULT = 'varcore-default-key'

/**
 * A copy of the receipt with its signature block. Fields are not checked against the table: that is what
 * `sealReceipt` does. A signature that is there already is replaced.
 *
 * @param signer a 32-byte seed, or a provider, which brings its own `keyId`.
 * @param keyId name of the seed's key; ignored for a provider. Left out: `varcore-default-key`.
 * @throws TracevarError `ERR_RECEIPT_INVALID` for an unknown `record_type`, `ERR_RECEIPT_KEY_ID`,
 * `ERR_CODEC_NOT_CANONICALIZABLE`, `ERR_CRYPTO_SELF_CHECK`; RangeError for a seed of another length.
 */
export async function signReceipt(
  receipt: UnsignedReceipt,
  signer: Uint8Array | SigningProvider,
  keyId: string = KEY_ID_DEFAULT,
): Promise<SignedReceipt> {
  const members: ReceiptLike = { ...receipt }
  const kind = receiptKind(members.record_type)
  if (kind === undefined) throw new TracevarError('ERR_RECEIPT_INVALID', 'record_type: unknown')
  const payload = signedPayload(members, kind)
  const backend = createPureBackend()
  if (!(signer instanceof Uint8Array)) {
    checkKeyId(signer.keyId)
    const { signature } = await signWithProvider(signer, payload, backend)
    return { ...receipt, signature: signatureBlock(signer.keyId, signature) }
  }
  const key = backend.importSeed(signer, ['receipt'])
  try {
    const [signature] = signPayloads([payload], 'receipt', { backend, key, keyId })
    return { ...receipt, signature } as SignedReceipt
  } finally {
    key.close()
  }
}

/**
 * Checks the signature of one receipt; never throws. `reason` is `signature valid`, or the code of L1 that says why
 * not: `L1_INVALID`, `ALG_UNSUPPORTED`, `INVALID_KEY_ID`, `SIG_ENCODING`, `UNKNOWN_RECORD_TYPE`, `WEAK_PUBLIC_KEY`.
 *
 * @param publicKey 32 bytes; anything else verifies nothing.
 * @param backend Left out: the `pure` one.
 */
export async function verifySignature(
  receipt: SignedReceipt,
  publicKey: Uint8Array,
  backend: Backend = createPureBackend(),
): Promise<{ readonly valid: boolean; readonly reason: string }> {
  try {
    const members: ReceiptLike = { ...receipt }
    const kind = receiptKind(members.record_type)
    if (kind === undefined) return invalid('UNKNOWN_RECORD_TYPE')
    const read = readSignatureBlock(members.signature)
    if (typeof read === 'string') return invalid(read)
    if (publicKey.length !== ED25519_KEY_BYTES) return invalid('L1_INVALID')
    if (isWeakPublicKey(publicKey)) return invalid('WEAK_PUBLIC_KEY')
    const batch = packBatch([signedPayload(members, kind)])
    const [verdict] = await backend.ed25519VerifyMany(publicKey, read.signature, batch)
    return verdict === 1 ? { valid: true, reason: 'signature valid' } : invalid('L1_INVALID')
  } catch {
    return invalid('L1_INVALID') // no canonical form, or a member that throws when it is read
  }
}

function invalid(reason: string): { readonly valid: false; readonly reason: string } {
  return { valid: false, reason }
}
