// Batch signing and verifying of the addon against node:crypto and sodium-native (libsodium), one process, one core.
// Every answer is compared with the peers' before anything is timed. Peers get what helps them: keys imported before,
// buffers that are used again. `kernel` figures force one kernel of the addon.
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import sodium from 'sodium-native'
import { openBackend } from '../dist/crypto/host.js'
import { loadNativeAddon } from '../dist/crypto/native-loader.js'
import { packBatch } from '../dist/crypto/packed-batch.js'
import { encodePkcs8 } from '../dist/crypto/pkcs8.js'
import { figure, noFigure, takeRounds } from './figures.mjs'

const BATCH = 128
const PAYLOAD_BYTES = 784
/** Batches under keys of their own: more keys than the addon keeps tables for, and each is seen too rarely to get one. */
const UNKNOWN_BATCHES = 4
const AVX2 = 'avx2x8'

/** One key in all three hands. */
function createKey(backend) {
  const seed = randomBytes(32)
  const ours = backend.importSeed(seed, ['receipt'])
  const privateKey = createPrivateKey({ key: Buffer.from(encodePkcs8(seed)), format: 'der', type: 'pkcs8' })
  const sodiumPublic = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES)
  const sodiumSecret = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES)
  sodium.crypto_sign_seed_keypair(sodiumPublic, sodiumSecret, seed)
  return { ours, privateKey, publicKey: createPublicKey(privateKey), sodiumPublic, sodiumSecret }
}

/** Messages with their signatures under `keys` (one, or one a message), made by node:crypto. */
function createSigned(keys) {
  const messages = Array.from({ length: BATCH }, () => randomBytes(PAYLOAD_BYTES))
  const keyOf = (i) => keys[i % keys.length]
  const signatures = messages.map((message, i) => sign(null, message, keyOf(i).privateKey))
  return {
    keys,
    keyOf,
    messages,
    signatures,
    packed: packBatch(messages),
    packedSignatures: new Uint8Array(Buffer.concat(signatures)),
    publicKeys: new Uint8Array(Buffer.concat(keys.map(({ ours }) => ours.publicKey))),
  }
}

const nodeVerify = ({ messages, signatures, keyOf }) =>
  messages.every((message, i) => verify(null, message, keyOf(i).publicKey, signatures[i]))

const sodiumVerify = ({ messages, signatures, keyOf }) =>
  messages.every((message, i) =>
    sodium.crypto_sign_verify_detached(signatures[i], message, keyOf(i).sodiumPublic),
  )

/** @throws Error when any answer of the back end or of libsodium differs from that of node:crypto. */
function checkAnswers(backend, signed) {
  const { keys, keyOf, messages, signatures, packed, packedSignatures, publicKeys } = signed
  const handles = keys.map(({ ours }) => ours)
  const same = (what, isSame) => {
    if (!isSame) throw new Error(`${what}: not as node:crypto (kernel ${backend.describe().kernel})`)
  }
  same(
    'signatures',
    Buffer.compare(backend.ed25519SignMany(handles, 'receipt', packed), packedSignatures) === 0,
  )
  const scratch = Buffer.alloc(sodium.crypto_sign_BYTES)
  messages.forEach((message, i) => {
    sodium.crypto_sign_detached(scratch, message, keyOf(i).sodiumSecret)
    same('signature of libsodium', scratch.equals(signatures[i]))
  })
  same('verdicts of the peers', nodeVerify(signed) && sodiumVerify(signed))
  const forged = packedSignatures.slice()
  forged[64 * 3 + 5] ^= 1
  const verdicts = (bytes) => backend.ed25519VerifyMany(publicKeys, bytes, packed)
  same(
    'verdicts',
    verdicts(packedSignatures).every((verdict) => verdict === 1),
  )
  same(
    'verdicts on a forgery',
    verdicts(forged).every((verdict, i) => verdict === Number(i !== 3)),
  )
}

/** Ours, once for each kernel; node:crypto; libsodium. */
function createContenders(backend, addon, kernels, one, many) {
  const contenders = {}
  const scratch = Buffer.alloc(sodium.crypto_sign_BYTES)
  const [key] = one.keys
  let next = 0
  const nextMany = () => many[next++ % many.length]
  const add = (name, run, prepare) => {
    contenders[name] = { run, items: BATCH, prepare }
  }
  for (const [label, kernel] of Object.entries(kernels)) {
    const force = () => addon.useKernel(kernel)
    const verifyMany = ({ publicKeys, packedSignatures, packed }) =>
      backend.ed25519VerifyMany(publicKeys, packedSignatures, packed)
    add(`sign/${label}`, () => backend.ed25519SignMany([key.ours], 'receipt', one.packed), force)
    add(`known/${label}`, () => verifyMany(one), force)
    add(`unknown/${label}`, () => verifyMany(nextMany()), force)
  }
  add('sign/node', () => {
    for (const message of one.messages) sign(null, message, key.privateKey)
  })
  add('sign/sodium', () => {
    for (const message of one.messages) sodium.crypto_sign_detached(scratch, message, key.sodiumSecret)
  })
  add('known/node', () => nodeVerify(one))
  add('known/sodium', () => sodiumVerify(one))
  add('unknown/node', () => nodeVerify(nextMany()))
  return contenders
}

/** [figure, ours, peer]: names of contenders. */
const FIGURES = [
  ['sign_batch_vs_node', 'sign/best', 'sign/node'],
  ['sign_batch_vs_sodium', 'sign/best', 'sign/sodium'],
  ['verify_known_vs_node', 'known/best', 'known/node'],
  ['verify_known_vs_sodium', 'known/best', 'known/sodium'],
  ['verify_unknown_vs_node', 'unknown/best', 'unknown/node'],
  ['verify_avx2_vs_node', 'known/avx2', 'known/node'],
  ['sign_avx2_vs_node', 'sign/avx2', 'sign/node'],
]

/** Figures of the table above, in operations a second; `null` figures with the reason where there is no such kernel. */
export async function benchSignatures({ rounds, sliceMs, secondsMax, progress }) {
  const unit = 'ops/s'
  let backend
  let addon
  try {
    backend = openBackend({ require: 'native', env: {} })
    addon = loadNativeAddon(fileURLToPath(new URL('..', import.meta.url))).addon
  } catch (error) {
    return FIGURES.map(([id]) => noFigure(id, unit, error.message))
  }
  const here = addon.describe().kernels
  const kernels = { best: '', ...(here.includes(AVX2) ? { avx2: AVX2 } : {}) }
  const one = createSigned([createKey(backend)])
  const many = Array.from({ length: UNKNOWN_BATCHES }, () =>
    createSigned(Array.from({ length: BATCH }, () => createKey(backend))),
  )
  const keys = [one, ...many].flatMap((signed) => signed.keys)
  try {
    for (const kernel of Object.values(kernels)) {
      addon.useKernel(kernel)
      for (const signed of [one, many[0]]) checkAnswers(backend, signed)
    }
    const contenders = createContenders(backend, addon, kernels, one, many)
    await takeRounds(contenders, { rounds: 1, sliceMs: sliceMs / 4 }) // warm: code, tables of the known key
    const until = Date.now() + secondsMax * 1000
    const rates = await takeRounds(contenders, { rounds, sliceMs, until })
    progress('signatures')
    return FIGURES.map(([id, ours, peer]) =>
      rates[ours] === undefined
        ? noFigure(id, unit, `no kernel ${AVX2} here: ${here.join(', ')}`)
        : figure(id, unit, rates[ours], rates[peer]),
    )
  } finally {
    addon.useKernel('')
    for (const { ours } of keys) ours.close()
  }
}
