// The one file of this room that reaches outside: environment, randomness, addon, key files.
import { randomBytes } from 'node:crypto'
import { type FileHandle, link, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join, parse, resolve } from 'node:path'
import { TracevarError } from '../errors.js'
import { confirmJobsMax, keyFileBytesMax, keySetKeysMax } from '../limits.js'
import type { Backend, BackendName, KeyUsage, PrivateKey, SyncBackend } from './backend.js'
import { equalConstantTime } from './constant-time.js'
import { ED25519_KEY_BYTES } from './ed25519-strict.js'
import { jwkOfPublicKey } from './jwk.js'
import { isValidKeyId, type KeySet, type KeySetEntry, keySetOf, parseKeyFile } from './key-set.js'
import { createNativeBackend } from './native-backend.js'
import { loadNativeAddon } from './native-loader.js'
import { createNodeBackend } from './node-backend.js'
import { readPkcs8Pem, writePkcs8Pem } from './pkcs8.js'
import { createPureBackend } from './pure-backend.js'
import { selfCheck } from './self-check.js'

/** Back ends that answer at once, best first. */
const ORDER = ['native', 'node', 'pure'] as const satisfies readonly BackendName[]
export type SyncBackendName = (typeof ORDER)[number]

/** Options of {@link openBackend}. */
export interface OpenBackendOptions {
  /** Tried first; then the others, best first. Left out: `native`. */
  readonly prefer?: SyncBackendName
  /** The only one that will do. Left out: any. */
  readonly require?: SyncBackendName
  /**
   * Kernel of the addon that signs, such as `portable`, whose constant time was checked by valgrind, while the fastest
   * one verifies and hashes. For the whole process. Left out: the kernel in use.
   */
  readonly signKernel?: string
  /**
   * Where `TRACEVAR_BACKEND`, which works like `require`, and `TRACEVAR_KERNEL`, the kernel of the addon to use, are
   * read. Left out: `process.env`.
   */
  readonly env?: Env
}

type Env = Readonly<Record<string, string | undefined>>

/**
 * Opens a back end and asks it for known answers. The choice is made once; `describe().attempts` says what was tried
 * before.
 *
 * @throws TracevarError `ERR_CRYPTO_BACKEND_UNKNOWN` for an unknown name in `TRACEVAR_BACKEND`, `TRACEVAR_KERNEL` or
 * `signKernel`;
 * `ERR_CRYPTO_BACKEND_UNAVAILABLE`, with every attempt in the message, when none may or can serve;
 * `ERR_CRYPTO_SELF_CHECK` for a wrong answer: that is no reason to go on with another back end.
 */
export function openBackend(options: OpenBackendOptions = {}): SyncBackend {
  checkOptions(options)
  const env = options.env ?? process.env
  const forced = env.TRACEVAR_BACKEND || undefined
  if (forced !== undefined && !isSyncBackendName(forced)) {
    throw new TracevarError('ERR_CRYPTO_BACKEND_UNKNOWN', `TRACEVAR_BACKEND: expected ${ORDER.join(', ')}`)
  }
  if (forced !== undefined && options.require !== undefined && forced !== options.require) {
    throw unavailable([{ name: options.require, why: `TRACEVAR_BACKEND forces ${forced}` }])
  }
  const only = forced ?? options.require
  const first = only ?? options.prefer ?? ORDER[0]
  const names = only === undefined ? [first, ...ORDER.filter((name) => name !== first)] : [first]
  const attempts: { name: BackendName; why: string }[] = []
  for (const name of names) {
    try {
      const backend = CREATE[name](env, options.signKernel ?? '')
      selfCheck(backend)
      return { ...backend, describe: () => ({ ...backend.describe(), attempts }) }
    } catch (error) {
      if (error instanceof TracevarError && FATAL.has(error.code)) throw error
      attempts.push({ name, why: error instanceof Error ? error.message : String(error) })
    }
  }
  throw unavailable(attempts)
}

/** A wrong answer, or an order that cannot be followed, is no reason to go on with another back end. */
const FATAL: ReadonlySet<string> = new Set(['ERR_CRYPTO_SELF_CHECK', 'ERR_CRYPTO_BACKEND_UNKNOWN'])

/** This file is `<package>/src/crypto/host.ts` or `<package>/dist/crypto/host.js`. */
const PACKAGE_ROOT = resolve(import.meta.dirname, '../..')

const CREATE: Readonly<Record<SyncBackendName, (env: Env, signKernel: string) => SyncBackend>> = {
  native(env, signKernel) {
    const { addon, path, sha256 } = loadNativeAddon(PACKAGE_ROOT)
    return createNativeBackend(
      addon,
      { path, sha256 },
      { kernel: env.TRACEVAR_KERNEL ?? '', signKernel, confirmJobs: confirmJobs(env) },
    )
  },
  node: createNodeBackend,
  pure: () => createPureBackend({ randomBytes }),
}

/**
 * For a program that runs nothing but the runtime: forbids core dumps of this process, and that others of the same user
 * trace it or read its memory (`PR_SET_DUMPABLE`). Programs that it starts are not affected. A host that embeds the
 * library decides that for itself.
 *
 * @param env where `TRACEVAR_BACKEND` is read: what forbids the addon forbids this. Left out: `process.env`.
 * @returns why it was not done, or undefined. JavaScript has no other way to it than the addon.
 */
export function hardenProcess(env: Env = process.env): string | undefined {
  const forced = env.TRACEVAR_BACKEND || 'native'
  if (forced !== 'native') return `TRACEVAR_BACKEND forces ${forced}`
  try {
    const error = loadNativeAddon(PACKAGE_ROOT).addon.hardenProcess()
    return error === 0 ? undefined : `prctl failed with errno ${error}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * Blocks of an archive that are confirmed at once: one for each core, but Node's own threads do the work, and one of
 * them must be left to read the file.
 */
function confirmJobs(env: Env): number {
  const threads = Number(env.UV_THREADPOOL_SIZE ?? NODE_THREADS) || NODE_THREADS
  return Math.max(1, Math.min(availableParallelism(), threads - 1, confirmJobsMax))
}

/** Threads of libuv's pool when `UV_THREADPOOL_SIZE` does not say otherwise. */
const NODE_THREADS = 4

function isSyncBackendName(name: string): name is SyncBackendName {
  return (ORDER as readonly string[]).includes(name)
}

function checkOptions(options: OpenBackendOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (name === 'signKernel') {
      if (value !== undefined && typeof value !== 'string')
        throw new TypeError('options.signKernel: expected a string')
    } else if (name !== 'prefer' && name !== 'require') {
      if (name !== 'env') throw new TypeError(`options: ${name} is unknown`)
    } else if (value !== undefined && !isSyncBackendName(String(value))) {
      throw new TypeError(`options.${name}: expected ${ORDER.join(', ')}`)
    }
  }
  if (options.prefer !== undefined && options.require !== undefined) {
    throw new TypeError('options: prefer and require exclude each other')
  }
}

function unavailable(attempts: readonly { readonly name: string; readonly why: string }[]): TracevarError {
  const list = attempts.map(({ name, why }) => `${name}: ${why}`).join('; ')
  return new TracevarError('ERR_CRYPTO_BACKEND_UNAVAILABLE', `no back end (${list})`)
}

/**
 * The signing key `key_id` of a keys directory, made on first use: `<key_id>.pem` (PKCS#8, mode 0600) and
 * `<key_id>.jwk` (public JWK). Both are complete and synced to disk before they have their names. The seed is zeroed
 * after import; the PEM text passes through a JavaScript string, which nobody can zero.
 *
 * @param dir the keys directory itself; it is made with mode 0700 when it is not there.
 * @throws TracevarError `ERR_RECEIPT_KEY_ID`; `ERR_CRYPTO_KEY_PERMISSIONS` when group or others may read the PEM;
 * `ERR_CRYPTO_KEY_FORMAT` when it is no Ed25519 PKCS#8 or the JWK belongs to another key; `ERR_CRYPTO_KEY_READ`,
 * also when the JWK is there and the PEM is lost: nothing is made in its place.
 */
export async function loadOrCreateKey(
  dir: string,
  keyId: string,
  backend: Backend,
  usages: readonly KeyUsage[],
): Promise<PrivateKey> {
  if (!isValidKeyId(keyId)) throw new TracevarError('ERR_RECEIPT_KEY_ID', 'key_id does not fit the rule')
  const pemPath = join(dir, `${keyId}.pem`)
  const jwkPath = join(dir, `${keyId}.jwk`)
  await makeDirectory(dir)
  const isPublished = await exists(jwkPath) // asked first: another process that makes the key writes the PEM first
  if (!(await exists(pemPath))) {
    if (isPublished) {
      const advice = 'put it back, or use another key_id'
      throw new TracevarError(
        'ERR_CRYPTO_KEY_READ',
        `${pemPath}: missing, but its public half ${keyId}.jwk is there: ${advice}`,
      )
    }
    await wiping(randomBytes(ED25519_KEY_BYTES), (seed) => createFile(pemPath, writePkcs8Pem(seed), 0o600))
  }
  const key = await wiping(await readSeed(pemPath), (seed) => backend.importSeed(seed, usages))
  if (!isPublished) {
    const jwk = { ...jwkOfPublicKey(key.publicKey), kid: keyId, use: 'sig', alg: 'EdDSA' }
    await createFile(jwkPath, `${JSON.stringify(jwk)}\n`, 0o644)
  }
  const published = parseKeyFile(await readKeyFile(jwkPath), jwkPath).resolve(keyId)
  if (published === undefined || !equalConstantTime(published, key.publicKey)) {
    key.close()
    throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', `${jwkPath}: not the public key of ${pemPath}`)
  }
  return key
}

/**
 * Trusted public keys from a path: a key file (see `parseKeyFile`), or a directory of such files, `<key_id>` with
 * ending `.jwk`, `.jwks`, `.json`, `.pem` or `.hex`; others are passed over. Where `<key_id>.jwk` is there,
 * `<key_id>.pem` is its private half and is not read.
 *
 * @throws TracevarError `ERR_CRYPTO_KEY_READ`, and as `parseKeyFile` and `keySetOf`.
 */
export async function loadKeys(path: string): Promise<KeySet> {
  if (!(await onDisk(path, () => stat(path))).isDirectory()) {
    return parseKeyFile(await readKeyFile(path), path)
  }
  const names = (await onDisk(path, () => readdir(path))).sort()
  const isPrivateHalf = (name: string): boolean =>
    name.endsWith('.pem') && names.includes(`${name.slice(0, -'.pem'.length)}.jwk`)
  const keyNames = names.filter((name) => KEY_FILE_ENDINGS.has(parse(name).ext) && !isPrivateHalf(name))
  if (keyNames.length > keySetKeysMax) {
    throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', `${path}: more than ${keySetKeysMax} key files`)
  }
  const entries: KeySetEntry[] = []
  for (const name of keyNames) {
    const keys = parseKeyFile(await readKeyFile(join(path, name)), join(path, name))
    entries.push(...(keys.kind === 'set' ? keys.all() : keys.all().map((entry) => named(entry, path, name))))
  }
  return keySetOf(entries)
}

const KEY_FILE_ENDINGS: ReadonlySet<string> = new Set(['.jwk', '.jwks', '.json', '.pem', '.hex'])

/** A key of a directory is called as its file; a `kid` that says otherwise is a mistake to be told. */
function named(entry: KeySetEntry, dir: string, name: string): KeySetEntry {
  const keyId = parse(name).name
  if (!isValidKeyId(keyId)) {
    throw new TracevarError('ERR_RECEIPT_KEY_ID', `${join(dir, name)}: the file name is no key_id`)
  }
  if (entry.keyId !== null && entry.keyId !== keyId) {
    throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', `${join(dir, name)}: kid is not the file name`)
  }
  return { keyId, publicKey: entry.publicKey }
}

/**
 * The 32-byte seed in an Ed25519 PKCS#8 PEM of mode 0600. The caller should zero it after use.
 *
 * @throws TracevarError `ERR_CRYPTO_KEY_READ`, `ERR_CRYPTO_KEY_PERMISSIONS`, `ERR_CRYPTO_KEY_FORMAT`.
 */
export async function readSeed(path: string): Promise<Uint8Array> {
  const bytes = await readKeyFile(path, checkOwnerOnly)
  return wiping(bytes, () => {
    try {
      return readPkcs8Pem(bytes.toString('latin1'))
    } catch (cause) {
      if (!(cause instanceof TracevarError)) throw cause
      throw new TracevarError(cause.code, `${path}: ${cause.message}`, { cause })
    }
  })
}

/** Zeroes `secret` when the work is done, however it ends. */
async function wiping<T>(secret: Uint8Array, work: (secret: Uint8Array) => T | Promise<T>): Promise<T> {
  try {
    return await work(secret)
  } finally {
    secret.fill(0)
  }
}

async function checkOwnerOnly(file: FileHandle, path: string): Promise<void> {
  if (process.platform === 'win32') return // has no such mode bits
  const { mode } = await file.stat()
  if ((mode & 0o077) !== 0) throw new TracevarError('ERR_CRYPTO_KEY_PERMISSIONS', `${path}: mode is not 0600`)
}

/** `check` looks at the very file that is then read. */
async function readKeyFile(
  path: string,
  check?: (file: FileHandle, path: string) => Promise<void>,
): Promise<Buffer> {
  return onDisk(path, async () => {
    const file = await open(path, 'r')
    try {
      await check?.(file, path)
      return await readBounded(file, path)
    } finally {
      await file.close()
    }
  })
}

/** Not by the size that the system tells: a pipe has none. */
async function readBounded(file: FileHandle, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(keyFileBytesMax + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, length)
    length += bytesRead
    if (length > keyFileBytesMax) {
      throw new TracevarError('ERR_CRYPTO_KEY_FORMAT', `${path}: larger than ${keyFileBytesMax} bytes`)
    }
    if (bytesRead === 0) return buffer.subarray(0, length)
  }
}

/** Writes a file that has its name only when it is whole and on disk. Keeps one that another process made first. */
async function createFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
  await onDisk(path, async () => {
    try {
      const file = await open(temporary, 'wx', mode)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await link(temporary, path)
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    } finally {
      await rm(temporary, { force: true })
    }
    await syncDirectory(dirname(path))
  })
}

async function makeDirectory(dir: string): Promise<void> {
  await onDisk(dir, async () => {
    if ((await mkdir(dir, { recursive: true, mode: 0o700 })) !== undefined) await syncDirectory(dirname(dir))
  })
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return onDisk(path, async () => {
    try {
      await stat(path)
      return true
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false
      throw error
    }
  })
}

/** Turns what the file system throws into `ERR_CRYPTO_KEY_READ`. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof TracevarError) throw cause
    throw new TracevarError('ERR_CRYPTO_KEY_READ', `${path}: ${errorCode(cause) ?? 'failed'}`, { cause })
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
