// Loads the prebuilt addon of this Node's architecture as the library does, and asks every kernel that the machine can
// run for known answers and for hashes, signatures and verdicts on random messages, in worker threads too; node:crypto
// must agree. No test runner: this also runs under emulation.
//   node test/package/prebuilt-addon.mjs SEED
// Prints one line {arch, node, kernels, cpu, answers, sha256}: answers is how many each kernel gave, sha256 is over all of
// them, and depends on nothing but SEED. Needs dist/ and prebuilds/.
import assert from 'node:assert/strict'
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const ROOT = resolve(import.meta.dirname, '../..')
const { loadNativeAddon } = await import(pathToFileURL(join(ROOT, 'dist/crypto/native-loader.js')).href)

const MESSAGES = 1000
const KEYS = 20
const USAGE = 1

const { addon, path } = loadNativeAddon(ROOT)
assert.equal(path, join(ROOT, 'prebuilds', `linux-${process.arch}`, 'tracevar.node'))

/** Endless bytes that depend on a seed only. */
function randomFrom(seed) {
  const pool = createHash('shake256', { outputLength: 1 << 20 })
    .update(seed)
    .digest()
  let at = 0
  const bytes = (length) => {
    if (at + length > pool.length) at = (at + length) % 251
    at += length
    return pool.subarray(at - length, at)
  }
  return { bytes, below: (bound) => bytes(4).readUInt32LE() % bound }
}

function pack(items) {
  const offsets = new Uint32Array(items.length + 1)
  items.forEach((item, i) => {
    offsets[i + 1] = offsets[i] + item.length
  })
  return { bytes: new Uint8Array(Buffer.concat(items)), offsets }
}

function importKey(seed) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const known = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const key = {
    token: new Uint8Array(16),
    publicKey: new Uint8Array(32),
    known,
    check: createPublicKey(known),
  }
  assert.equal(addon.importSeed(new Uint8Array(seed), USAGE, key.token, key.publicKey), 0)
  const { x } = key.check.export({ format: 'jwk' })
  assert.equal(Buffer.from(key.publicKey).toString('base64url'), x, 'public key')
  return key
}

function signAll(tokens, items) {
  const { bytes, offsets } = pack(items)
  const out = new Uint8Array(64 * items.length)
  assert.equal(addon.signMany(tokens, USAGE, bytes, offsets, out), 0)
  return out
}

function verifyAll(publicKeys, signatures, items) {
  const { bytes, offsets } = pack(items)
  const out = new Uint8Array(items.length).fill(2)
  addon.verifyMany(publicKeys, signatures, bytes, offsets, out)
  return out
}

/** FIPS 180-4 "abc", and RFC 8032 7.1 TEST 2. */
function knownAnswers() {
  const abc = pack([Buffer.from('abc')])
  const [sha256, sha512] = [new Uint8Array(32), new Uint8Array(64)]
  addon.sha256Many(abc.bytes, abc.offsets, sha256)
  addon.sha512Many(abc.bytes, abc.offsets, sha512)
  const hex = (bytes) => Buffer.from(bytes).toString('hex')
  assert.equal(hex(sha256), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.match(hex(sha512), /^ddaf35a193617abacc417349ae204131.*2a9ac94fa54ca49f$/)
  const key = importKey(
    Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex'),
  )
  assert.equal(hex(key.publicKey), '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  assert.equal(
    hex(signAll(key.token, [Buffer.of(0x72)])),
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )
  addon.closeKey(key.token)
}

function hashes(items) {
  const { bytes, offsets } = pack(items)
  return [
    ['sha256', 32, addon.sha256Many],
    ['sha512', 64, addon.sha512Many],
  ].map(([name, size, hash]) => {
    const out = new Uint8Array(size * items.length)
    hash(bytes, offsets, out)
    const known = Buffer.concat(items.map((item) => createHash(name).update(item).digest()))
    assert.ok(known.equals(out), name)
    return out
  })
}

/** Signs in ragged batches and one by one. Then damages some, and has all judged in batches of many keys and of one. */
function signaturesAndVerdicts(items, keys, { below }) {
  const keyOf = (i) => keys[i % keys.length]
  const signatures = new Uint8Array(64 * items.length)
  for (let at = 0, n = 1; at < items.length; at += n) {
    n = Math.min(1 + below(150), items.length - at)
    const tokens = Buffer.concat(Array.from({ length: n }, (_, i) => keyOf(at + i).token))
    signatures.set(signAll(tokens, items.slice(at, at + n)), 64 * at)
  }
  const known = Buffer.concat(items.map((item, i) => sign(null, item, keyOf(i).known)))
  assert.ok(known.equals(signatures), 'signatures')
  const damaged = signatures.slice()
  for (let i = 0; i < items.length; i++) if (below(4) === 0) damaged[64 * i + below(64)] ^= 1 << below(8)
  const publicKeys = Buffer.concat(items.map((_, i) => keyOf(i).publicKey))
  const verdicts = verifyAll(publicKeys, damaged, items)
  items.forEach((item, i) => {
    const right = verify(null, item, keyOf(i).check, damaged.subarray(64 * i, 64 * (i + 1)))
    assert.equal(verdicts[i], right ? 1 : 0, `verdict ${i}`)
  })
  assert.ok(verdicts.includes(0) && verdicts.includes(1))
  const many = Array.from({ length: 700 }, () => items[0]) // enough for a large table of the key
  const one = Buffer.alloc(64 * many.length, signatures.subarray(0, 64))
  one[64 * 699] ^= 1
  const ofOne = verifyAll(keyOf(0).publicKey, one, many)
  assert.deepEqual([...ofOne].filter((verdict) => verdict !== 1).length, 1)
  assert.equal(ofOne[699], 0)
  return [signatures, verdicts, ofOne]
}

/** Every answer of the kernel in use. */
function answersOf(seed) {
  const random = randomFrom(seed)
  const items = Array.from({ length: MESSAGES }, () => random.bytes(random.below(400)))
  const keys = Array.from({ length: KEYS }, () => importKey(random.bytes(32)))
  const answers = [...hashes(items), ...signaturesAndVerdicts(items, keys, random)]
  for (const key of keys) addon.closeKey(key.token)
  return answers
}

/** A worker uses a key of this thread, which is still open when the worker has ended. */
async function workers(seed) {
  const random = randomFrom(`${seed} workers`)
  const key = importKey(random.bytes(32))
  const message = random.bytes(100)
  const known = sign(null, message, key.known)
  const jobs = [1, 2, 3].map(
    () =>
      new Promise((done, failed) => {
        const worker = new Worker(import.meta.filename, { workerData: { token: key.token, message } })
        let signature
        worker.on('message', (value) => {
          signature = value
        })
        worker.on('error', failed)
        worker.on('exit', () => done(signature))
      }),
  )
  for (const signature of await Promise.all(jobs)) assert.ok(known.equals(signature ?? []), 'worker')
  assert.ok(known.equals(signAll(key.token, [message])))
  assert.equal(addon.closeKey(key.token), 0)
  assert.notEqual(addon.signMany(key.token, USAGE, message, Uint32Array.of(0, 100), new Uint8Array(64)), 0)
}

async function main(seed) {
  assert.ok(seed, 'SEED')
  const { kernels, cpu, lockError } = addon.describe()
  assert.ok(kernels.includes('portable'))
  assert.notEqual(addon.useKernel('no such kernel'), 0)
  const sums = new Set()
  let count = 0
  for (const kernel of kernels) {
    assert.equal(addon.useKernel(kernel), 0, kernel)
    assert.equal(addon.describe().signingKernel, kernel)
    knownAnswers()
    const answers = answersOf(seed)
    count = 3 * MESSAGES + answers.slice(3).reduce((sum, verdicts) => sum + verdicts.length, 0)
    sums.add(createHash('sha256').update(Buffer.concat(answers)).digest('hex'))
    await workers(seed)
  }
  assert.equal(sums.size, 1, 'every kernel gives the same answers')
  const [sha256] = sums
  const { arch, versions } = process
  console.log(JSON.stringify({ arch, node: versions.node, kernels, cpu, lockError, answers: count, sha256 }))
}

if (isMainThread) await main(process.argv[2])
else {
  assert.equal(addon.addRef(workerData.token), 0)
  parentPort.postMessage(signAll(workerData.token, [workerData.message]))
}
