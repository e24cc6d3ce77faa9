// The `web` back end: WebCrypto, behind the STRICT rules. Asynchronous.
import { base64urlDecode } from '../codec/base64.js'
import { hexEncode } from '../codec/hex.js'
import { webOperationsInFlightMax } from '../limits.js'
import { checkSeed, checkVerifyArguments, pieceAt } from './arguments.js'
import type { AsyncBackend } from './backend.js'
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, passesStrictRules } from './ed25519-strict.js'
import { checkUsages, createKeyHandles, type KeyPair } from './key-handles.js'
import { batchCount, checkBatch, type PackedBatch } from './packed-batch.js'
import { encodePkcs8 } from './pkcs8.js'
import { selfCheckAsync } from './self-check.js'
import { selfCheckError } from './software-backend.js'

type Bytes = Uint8Array<ArrayBuffer>
/** A batch whose bytes are ours alone. */
interface OwnBatch extends PackedBatch {
  readonly bytes: Bytes
}

/** The part of `crypto.subtle` that is used. Keys are passed on, never looked into. */
export interface WebSubtle {
  digest(algorithm: string, data: Bytes): Promise<ArrayBuffer>
  importKey(
    format: 'raw' | 'pkcs8',
    data: Bytes,
    algorithm: string,
    extractable: boolean,
    usages: ('sign' | 'verify')[],
  ): Promise<object>
  exportKey(format: 'jwk', key: object): Promise<{ x?: string | undefined }>
  /** With 'Ed25519' the answer is a pair of keys. */
  generateKey(algorithm: string, extractable: boolean, usages: ('sign' | 'verify')[]): Promise<unknown>
  sign(algorithm: string, key: object, data: Bytes): Promise<ArrayBuffer>
  verify(algorithm: string, key: object, signature: Bytes, data: Bytes): Promise<boolean>
}

// A CryptoKey cannot be zeroed from outside; dropping the reference is all there is.
const keys = createKeyHandles<object>('web', () => {})

/**
 * The back end on WebCrypto, after its known-answer test.
 *
 * @param subtle usually `globalThis.crypto.subtle`.
 * @throws TracevarError `ERR_CRYPTO_SELF_CHECK` for a wrong answer; what WebCrypto throws where it lacks Ed25519.
 */
export async function createWebBackend(subtle: WebSubtle): Promise<AsyncBackend> {
  const backend: AsyncBackend = {
    mode: 'async',
    describe: () => ({ name: 'web', kernel: 'webcrypto', keyStorage: 'heap', attempts: [], facts: {} }),
    sha256Many: (batch) => hashMany(subtle, 'SHA-256', 32, batch),
    sha512Many: (batch) => hashMany(subtle, 'SHA-512', 64, batch),
    async ed25519SignMany(handles, usage, batch) {
      checkBatch(batch)
      const own = copyBatch(batch)
      const pairs = keys.open(handles, usage, batchCount(own))
      const signatures = await eachItem(own, ED25519_SIGNATURE_BYTES, async (item, i) => {
        const pair = (pairs.length === 1 ? pairs[0] : pairs[i]) as KeyPair<object>
        return new Uint8Array(await subtle.sign('Ed25519', pair.secret, item))
      })
      const publicKeys = new Uint8Array(ED25519_KEY_BYTES * pairs.length)
      pairs.forEach((pair, i) => {
        publicKeys.set(pair.publicKey, ED25519_KEY_BYTES * i)
      })
      const verdicts = await verifyMany(subtle, publicKeys, signatures, own)
      if (verdicts.includes(0)) throw selfCheckError()
      return signatures
    },
    async ed25519VerifyMany(publicKeys, signatures, batch) {
      checkVerifyArguments(publicKeys, signatures, batch)
      return verifyMany(subtle, publicKeys.slice(), signatures.slice(), copyBatch(batch))
    },
    async generateKey(usages) {
      checkUsages(usages)
      const made = await subtle.generateKey('Ed25519', false, ['sign', 'verify'])
      const { privateKey, publicKey } = made as { readonly privateKey: object; readonly publicKey: object }
      return keys.create({ secret: privateKey, publicKey: await exportPublicKey(subtle, publicKey) }, usages)
    },
    async importSeed(seed, usages) {
      checkSeed(seed)
      checkUsages(usages)
      const der = encodePkcs8(seed)
      // WebCrypto tells the public key of a private one only by exporting it, so one import is extractable.
      const exportable = await subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign'])
      const secret = await subtle.importKey('pkcs8', der, 'Ed25519', false, ['sign'])
      der.fill(0)
      return keys.create({ secret, publicKey: await exportPublicKey(subtle, exportable) }, usages)
    },
  }
  await selfCheckAsync(backend)
  return backend
}

/** Arguments are checked, and copied so that the caller cannot change them while we wait. */
async function verifyMany(
  subtle: WebSubtle,
  publicKeys: Bytes,
  signatures: Bytes,
  batch: OwnBatch,
): Promise<Uint8Array> {
  const imported = new Map<string, Promise<object | undefined>>()
  const importOnce = (publicKey: Bytes): Promise<object | undefined> => {
    const id = hexEncode(publicKey)
    const known = imported.get(id) ?? importPublicKey(subtle, publicKey)
    imported.set(id, known)
    return known
  }
  return eachItem(batch, 1, async (item, i) => {
    const publicKey = pieceAt(publicKeys, ED25519_KEY_BYTES, i)
    const signature = pieceAt(signatures, ED25519_SIGNATURE_BYTES, i)
    if (!passesStrictRules(publicKey, signature)) return Uint8Array.of(0)
    const key = await importOnce(publicKey)
    const good = key !== undefined && (await subtle.verify('Ed25519', key, signature, item))
    return Uint8Array.of(good ? 1 : 0)
  })
}

async function importPublicKey(subtle: WebSubtle, publicKey: Bytes): Promise<object | undefined> {
  try {
    return await subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
  } catch (error) {
    // WebCrypto's word for key bytes that it refuses, here: not on the curve. Anything else is no verdict.
    if (error instanceof Error && error.name === 'DataError') return undefined
    throw error
  }
}

/** The public half of an exportable key: 32 bytes. */
async function exportPublicKey(subtle: WebSubtle, key: object): Promise<Uint8Array> {
  const { x } = await subtle.exportKey('jwk', key)
  return base64urlDecode(x ?? '')
}

async function hashMany(
  subtle: WebSubtle,
  algorithm: string,
  digestBytes: number,
  batch: PackedBatch,
): Promise<Uint8Array> {
  checkBatch(batch)
  return eachItem(
    copyBatch(batch),
    digestBytes,
    async (item) => new Uint8Array(await subtle.digest(algorithm, item)),
  )
}

function copyBatch(batch: PackedBatch): OwnBatch {
  return { bytes: batch.bytes.slice(), offsets: batch.offsets.slice() }
}

/** Runs `work` on every item, a bounded number at a time, and joins the answers of `answerBytes` each. */
async function eachItem(
  batch: OwnBatch,
  answerBytes: number,
  work: (item: Bytes, i: number) => Promise<Uint8Array>,
): Promise<Bytes> {
  const count = batchCount(batch)
  const answers = new Uint8Array(answerBytes * count)
  for (let from = 0; from < count; from += webOperationsInFlightMax) {
    const length = Math.min(webOperationsInFlightMax, count - from)
    const slice = Array.from({ length }, (_, k) => {
      const i = from + k
      return work(batch.bytes.subarray(batch.offsets[i], batch.offsets[i + 1]), i)
    })
    const done = await Promise.all(slice)
    done.forEach((answer, k) => {
      answers.set(answer, answerBytes * (from + k))
    })
  }
  return answers
}
