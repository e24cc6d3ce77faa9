// What the `node` and `pure` back ends have in common: argument checks, STRICT rules, verify-after-sign, handles.
import { base64urlEncode } from '../codec/base64.js'
import { formatDigest } from '../codec/digest.js'
import { TracevarError } from '../errors.js'
import { checkSeed, checkVerifyArguments, pieceAt } from './arguments.js'
import type { BackendDescription, KeySharing, SyncBackend } from './backend.js'
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, passesStrictRules } from './ed25519-strict.js'
import { checkUsages, type KeyHandles, type KeyPair } from './key-handles.js'
import { batchCount, batchItem, checkBatch, type PackedBatch } from './packed-batch.js'
import { checkSealBatch, fillIn, signedPart } from './seal-batch.js'

/** The single operations of a library, from which {@link softwareBackend} makes a back end. Arguments are checked. */
export interface Primitives<Secret> {
  readonly description: BackendDescription
  readonly keys: KeyHandles<Secret>
  /** True: every signature is verified before it is returned. */
  readonly checksOwnSignatures: boolean
  /** Left out: keys stay in their thread. */
  readonly sharing?: KeySharing
  sha256(item: Uint8Array): Uint8Array
  sha512(item: Uint8Array): Uint8Array
  /** 64 bytes. */
  sign(pair: KeyPair<Secret>, item: Uint8Array): Uint8Array
  /** Rule 4 of STRICT (ed25519-strict.ts); false for a key that is not on the curve. */
  verify(publicKey: Uint8Array, signature: Uint8Array, item: Uint8Array): boolean
  generate(): KeyPair<Secret>
  /** Copies what it needs of the 32 bytes. */
  fromSeed(seed: Uint8Array): KeyPair<Secret>
}

/** A synchronous back end over a library's single operations. */
export function softwareBackend<Secret>(primitives: Primitives<Secret>): SyncBackend {
  const { keys } = primitives
  const verifyOne = (publicKey: Uint8Array, signature: Uint8Array, item: Uint8Array): boolean =>
    passesStrictRules(publicKey, signature) && primitives.verify(publicKey, signature, item)
  const signOne = (pair: KeyPair<Secret>, item: Uint8Array): Uint8Array => {
    const signature = primitives.sign(pair, item)
    if (primitives.checksOwnSignatures && !verifyOne(pair.publicKey, signature, item)) throw selfCheckError()
    return signature
  }

  return {
    mode: 'sync',
    describe: () => primitives.description,
    sha256Many: (batch) => hashMany(batch, 32, primitives.sha256),
    sha512Many: (batch) => hashMany(batch, 64, primitives.sha512),
    ed25519SignMany(handles, usage, batch) {
      checkBatch(batch)
      const count = batchCount(batch)
      const pairs = keys.open(handles, usage, count)
      const signatures = new Uint8Array(ED25519_SIGNATURE_BYTES * count)
      for (let i = 0; i < count; i++) {
        signatures.set(signOne(pairOf(pairs, i), batchItem(batch, i)), ED25519_SIGNATURE_BYTES * i)
      }
      return signatures
    },
    sealMany(handles, usage, batch) {
      const count = checkSealBatch(batch)
      const pairs = keys.open(handles, usage, count)
      const signatures: string[] = []
      for (let i = 0; i < count; i++) {
        signatures.push(base64urlEncode(signOne(pairOf(pairs, i), signedPart(batch, i))))
      }
      // Written only when all are there: after an error no signature is left behind.
      signatures.forEach((signature, i) => {
        fillIn(batch, i, signature)
      })
      const digests = signatures.map((_, i) => formatDigest('sha256', primitives.sha256(batchItem(batch, i))))
      return { signatures, digests }
    },
    ed25519VerifyMany(publicKeys, signatures, batch) {
      const count = checkVerifyArguments(publicKeys, signatures, batch)
      const verdicts = new Uint8Array(count)
      for (let i = 0; i < count; i++) {
        const publicKey = pieceAt(publicKeys, ED25519_KEY_BYTES, i)
        const signature = pieceAt(signatures, ED25519_SIGNATURE_BYTES, i)
        verdicts[i] = verifyOne(publicKey, signature, batchItem(batch, i)) ? 1 : 0
      }
      return verdicts
    },
    generateKey(usages) {
      checkUsages(usages)
      return keys.create(primitives.generate(), usages)
    },
    importSeed(seed, usages) {
      checkSeed(seed)
      checkUsages(usages)
      return keys.create(primitives.fromSeed(seed), usages)
    },
    ...(primitives.sharing === undefined ? {} : { sharing: primitives.sharing }),
  }
}

/** The key of item `i`: one for each, or one for all. */
function pairOf<Secret>(pairs: readonly KeyPair<Secret>[], i: number): KeyPair<Secret> {
  return (pairs.length === 1 ? pairs[0] : pairs[i]) as KeyPair<Secret>
}

/** The error for a signature that does not verify under its own key. */
export function selfCheckError(): TracevarError {
  return new TracevarError('ERR_CRYPTO_SELF_CHECK', 'a signature did not verify under its own key')
}

function hashMany(
  batch: PackedBatch,
  digestBytes: number,
  hash: (item: Uint8Array) => Uint8Array,
): Uint8Array {
  checkBatch(batch)
  const count = batchCount(batch)
  const digests = new Uint8Array(digestBytes * count)
  for (let i = 0; i < count; i++) digests.set(hash(batchItem(batch, i)), digestBytes * i)
  return digests
}
