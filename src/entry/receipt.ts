// tracevar/receipt: VAR receipts by hand, with the names that VAR users know (VAR 4.2). `openRuntime` does all of this,
// and durably; these functions are for tools, tests and readers.
import { openBackend } from '../crypto/host.js'
import type { SignedReceipt } from '../receipt/fields.js'
import {
  type ChainKeys,
  type ChainVerification,
  type VerifyChainArrayOptions,
  verifyChain as verifyChainWith,
} from '../verify/verify-chain.js'

/** `verifyChain` of tracevar/verify on the best back end that is there. */
export function verifyChain(
  receipts: readonly SignedReceipt[],
  keys: ChainKeys,
  options: VerifyChainArrayOptions = {},
): Promise<ChainVerification> {
  return verifyChainWith(receipts, keys, { backend: openBackend(), ...options })
}

export { isValidKeyId } from '../crypto/key-set.js'
export { isSigningProvider, type SigningProvider } from '../crypto/signing-provider.js'
export { chainReceipt } from '../receipt/chain.js'
export type { ReceiptInput } from '../receipt/create.js'
export type { SignatureBlock, SignedReceipt, UnsignedReceipt } from '../receipt/fields.js'
export {
  canonicalHash,
  computeAgentClassId,
  computeContentEntropyHash,
  receiptHash,
} from '../receipt/hash.js'
export { createReceipt } from '../receipt/host.js'
export { signReceipt, verifySignature } from '../receipt/sign.js'
export { loadTsaSidecar } from '../verify/host.js'
export type { TsaRecord } from '../verify/tsa-sidecar.js'
export { parseMessageImprintHex } from '../verify/tsa-token.js'
export { verifyL3 } from '../verify/verify-l3.js'
export { verifyL4 } from '../verify/verify-l4.js'
