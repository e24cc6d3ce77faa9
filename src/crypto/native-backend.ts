// The addon behind the back-end interface: argument checks in the house's words, statuses as error codes.
import { type ErrorCode, TracevarError } from '../errors.js'
import { confirmBlockBytes } from '../limits.js'
import { checkSeed, checkVerifyArguments } from './arguments.js'
import {
  type BackendDescription,
  type ConfirmedLines,
  KEY_USAGES,
  type KeyUsage,
  type PrivateKey,
  type SyncBackend,
} from './backend.js'
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES } from './ed25519-strict.js'
import { checkUsages, createKeyHandles, type KeyPair } from './key-handles.js'
import { batchCount, checkBatch, type PackedBatch } from './packed-batch.js'
import {
  checkSealBatch,
  PLACES_PER_ITEM,
  type SealBatch,
  type SealedTexts,
  SIGNATURE_CHARS,
} from './seal-batch.js'

/**
 * What the addon exports. Calls are synchronous and write into the caller's buffers (the parameters named `out`,
 * and those of `generateKey` and `importSeed` after the usages). Misuse throws TypeError or RangeError naming the
 * argument; those that can fail otherwise return a status: 0, or 1 + an index into {@link NATIVE_ERRORS}. Usages are bits:
 * bit i is `KEY_USAGES[i]`. A token (16 bytes) names a key in every thread of the process.
 */
export interface NativeAddon {
  describe(): NativeDescription
  /** Kernel by name for the whole process, or the best one for an empty name; it is asked for known answers first. */
  useKernel(name: string): number
  /** The same for the kernel that signs; an empty name is the one in use. */
  useSigningKernel(name: string): number
  sha256Many(bytes: Uint8Array, offsets: Uint32Array, out: Uint8Array): void
  sha512Many(bytes: Uint8Array, offsets: Uint32Array, out: Uint8Array): void
  /** `tokens`: one, or one an item. `usage`: one bit. */
  signMany(
    tokens: Uint8Array,
    usage: number,
    bytes: Uint8Array,
    offsets: Uint32Array,
    out: Uint8Array,
  ): number
  /** As `signMany`, for the places see `SealBatch`; writes into `bytes`, too. `digests`: 71 characters an item. */
  sealMany(
    tokens: Uint8Array,
    usage: number,
    bytes: Uint8Array,
    offsets: Uint32Array,
    places: Uint32Array,
    digests: Uint8Array,
  ): number
  verifyMany(
    publicKeys: Uint8Array,
    signatures: Uint8Array,
    bytes: Uint8Array,
    offsets: Uint32Array,
    out: Uint8Array,
  ): void
  generateKey(usages: number, token: Uint8Array, publicKey: Uint8Array): number
  importSeed(seed: Uint8Array, usages: number, token: Uint8Array, publicKey: Uint8Array): number
  /** Holds, in this thread, a key that another one opened; ends with `closeKey` or with the thread. */
  addRef(token: Uint8Array): number
  /** Lets go of a key that this thread holds. The last holder's close wipes it. */
  closeKey(token: Uint8Array): number
  /** Makes the process undumpable (native/core/process.h). 0, or the errno. */
  hardenProcess(): number
  /** Works in another thread, on copies. `LineConfirmer` of backend.ts. */
  confirmLines(context: Uint8Array, block: Uint8Array): Promise<ConfirmedLines>
}

/** What the addon says of itself. */
export interface NativeDescription {
  /** The kernel in use, and the one that signs. */
  readonly kernel: string
  readonly signingKernel: string
  /** The kernels that this machine can run, best first. */
  readonly kernels: readonly string[]
  /** What the processor has that kernels use, and the system lets us use. */
  readonly cpu: readonly string[]
  /** Names of the statuses, in their order. */
  readonly statuses: readonly string[]
  /** Private keys open in this process, and the bound. */
  readonly keysOpen: number
  readonly keysMax: number
  /**
   * The memory of private keys: `memfd_secret` is in no page table but this process's own; `mlock` is never swapped;
   * `unlocked` may be. `none`: there was no memory at all.
   */
  readonly secretMemory: 'none' | 'memfd_secret' | 'mlock' | 'unlocked'
  /** 0 for `memfd_secret`, else the errno for which there is none (38: the kernel has none; 11: RLIMIT_MEMLOCK). */
  readonly secretMemoryError: number
  /** 0 when the memory of private keys is never swapped, else the errno of mlock(2). */
  readonly lockError: number
  /** Whether core dumps, and looks into this process by others of the same user, are allowed. */
  readonly dumpable: boolean
}

/** native/core/status.h from status 1 on (0 is `OK`): name there, error code and message here. */
export const NATIVE_ERRORS: readonly (readonly [name: string, code: ErrorCode, message: string])[] = [
  ['KEY_CLOSED', 'ERR_CRYPTO_KEY_CLOSED', 'the key was closed'],
  ['KEY_USAGE', 'ERR_CRYPTO_KEY_USAGE', 'the key may not sign for this usage'],
  ['KEY_TABLE_FULL', 'ERR_CRYPTO_NATIVE', 'KEY_TABLE_FULL: too many private keys are open; close some'],
  [
    'SELF_CHECK',
    'ERR_CRYPTO_SELF_CHECK',
    'a signature did not verify, or a kernel gave a wrong known answer',
  ],
  ['RANDOMNESS', 'ERR_CRYPTO_NATIVE', 'RANDOMNESS: the system gave no random bytes'],
  ['MEMORY', 'ERR_CRYPTO_NATIVE', 'MEMORY: no memory for keys, or it could not be protected'],
  ['NO_KERNEL', 'ERR_CRYPTO_BACKEND_UNKNOWN', 'NO_KERNEL: this machine has no kernel of this name'],
]

const TOKEN_BYTES = 16
const DIGEST_CHARS = 71

/** A key of the addon: what calls name it by. */
interface NativeKey {
  readonly addon: NativeAddon
  readonly token: Uint8Array
}

/** One table for all instances: a key of one is a key of the other, since the addon's own table is the process's. */
const keys = createKeyHandles<NativeKey>('native', ({ addon, token }) => {
  addon.closeKey(token)
})

/** Where the addon came from; goes into `describe()`. */
export interface NativeFacts {
  readonly path: string
  /** 64 hex digits. */
  readonly sha256: string
}

/** How the addon works. Kernels are chosen for the whole process. */
export interface NativeChoice {
  /** Empty: the best one. */
  readonly kernel: string
  /** Empty: the same. */
  readonly signKernel: string
  /** How many blocks of an archive are confirmed at once. Left out: one. */
  readonly confirmJobs?: number
}

/**
 * The back end `native`. Private keys stay in the addon's memory; closing a handle wipes its key at once.
 *
 * @throws TracevarError `ERR_CRYPTO_BACKEND_UNKNOWN` for a kernel that this machine has not, `ERR_CRYPTO_SELF_CHECK`
 * for one that gives a wrong known answer.
 */
export function createNativeBackend(
  addon: NativeAddon,
  facts: NativeFacts,
  { kernel: forced, signKernel, confirmJobs = 1 }: NativeChoice = { kernel: '', signKernel: '' },
): SyncBackend {
  chooseKernel(addon, forced, addon.useKernel)
  chooseKernel(addon, signKernel, addon.useSigningKernel)
  return {
    mode: 'sync',
    confirmer: {
      jobsMax: confirmJobs,
      blockBytes: confirmBlockBytes,
      confirmLines: (context, block) => addon.confirmLines(context, block),
    },
    describe: () => description(addon, facts),
    sha256Many: (batch) => hashMany(batch, 32, addon.sha256Many),
    sha512Many: (batch) => hashMany(batch, 64, addon.sha512Many),
    ed25519SignMany(handles, usage, batch) {
      checkBatch(batch)
      const count = batchCount(batch)
      const tokens = tokensOf(keys.open(handles, usage, count))
      const signatures = new Uint8Array(ED25519_SIGNATURE_BYTES * count)
      check(addon.signMany(tokens, usageBits([usage]), batch.bytes, batch.offsets, signatures))
      return signatures
    },
    sealMany: (handles, usage, batch) => seal(addon, handles, usage, batch),
    ed25519VerifyMany(publicKeys, signatures, batch) {
      const verdicts = new Uint8Array(checkVerifyArguments(publicKeys, signatures, batch))
      addon.verifyMany(publicKeys, signatures, batch.bytes, batch.offsets, verdicts)
      return verdicts
    },
    generateKey: (usages) =>
      open(addon, usages, (token, publicKey) => addon.generateKey(usageBits(usages), token, publicKey)),
    importSeed(seed, usages) {
      checkSeed(seed)
      return open(addon, usages, (token, publicKey) =>
        addon.importSeed(seed, usageBits(usages), token, publicKey),
      )
    },
    sharing: {
      share: (key) => ({
        publicKey: key.publicKey,
        usages: [...key.usages],
        secret: keys.pair(key).secret.token,
      }),
      adopt({ publicKey, usages, secret }) {
        const token = secret as Uint8Array
        check(addon.addRef(token))
        return keys.create({ secret: { addon, token }, publicKey }, usages)
      },
    },
  }
}

function description(addon: NativeAddon, facts: NativeFacts): BackendDescription {
  const { kernel, signingKernel, kernels, cpu, keysOpen, keysMax, lockError, ...memory } = addon.describe()
  return {
    name: 'native',
    kernel,
    keyStorage: lockError === 0 ? 'locked' : 'heap',
    attempts: [],
    facts: {
      ...facts,
      signingKernel,
      kernels: kernels.join(' '),
      cpu: cpu.join(' '),
      keysOpen,
      keysMax,
      secretMemory: memory.secretMemory,
      secretMemoryError: memory.secretMemoryError,
      lockError,
      dumpable: memory.dumpable,
    },
  }
}

function seal(
  addon: NativeAddon,
  handles: readonly PrivateKey[],
  usage: KeyUsage,
  batch: SealBatch,
): SealedTexts {
  const count = checkSealBatch(batch)
  const tokens = tokensOf(keys.open(handles, usage, count))
  const texts = Buffer.allocUnsafe(DIGEST_CHARS * count)
  const { bytes, offsets, places } = batch
  check(addon.sealMany(tokens, usageBits([usage]), bytes, offsets, places, texts))
  const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const signatures: string[] = []
  const digests: string[] = []
  for (let i = 0; i < count; i++) {
    const at = places[PLACES_PER_ITEM * i] as number
    signatures.push(sealed.toString('latin1', at, at + SIGNATURE_CHARS))
    digests.push(texts.toString('latin1', DIGEST_CHARS * i, DIGEST_CHARS * (i + 1)))
  }
  return { signatures, digests }
}

function chooseKernel(addon: NativeAddon, name: string, choose: (name: string) => number): void {
  const status = choose(name)
  const [what, code] = NATIVE_ERRORS[status - 1] ?? []
  if (what === 'NO_KERNEL' && code !== undefined) {
    throw new TracevarError(
      code,
      `kernel ${name}: this machine can run ${addon.describe().kernels.join(', ')}`,
    )
  }
  check(status)
}

function open(
  addon: NativeAddon,
  usages: readonly KeyUsage[],
  make: (token: Uint8Array, publicKey: Uint8Array) => number,
) {
  checkUsages(usages)
  const token = new Uint8Array(TOKEN_BYTES)
  const publicKey = new Uint8Array(ED25519_KEY_BYTES)
  check(make(token, publicKey))
  return keys.create({ secret: { addon, token }, publicKey }, usages)
}

function tokensOf(pairs: readonly KeyPair<NativeKey>[]): Uint8Array {
  if (pairs.length === 1) return (pairs[0] as KeyPair<NativeKey>).secret.token
  const tokens = new Uint8Array(TOKEN_BYTES * pairs.length)
  pairs.forEach(({ secret }, i) => {
    tokens.set(secret.token, TOKEN_BYTES * i)
  })
  return tokens
}

function hashMany(batch: PackedBatch, digestBytes: number, hash: NativeAddon['sha256Many']): Uint8Array {
  checkBatch(batch)
  const digests = new Uint8Array(digestBytes * batchCount(batch))
  hash(batch.bytes, batch.offsets, digests)
  return digests
}

function usageBits(usages: readonly KeyUsage[]): number {
  return usages.reduce((bits, usage) => bits | (1 << KEY_USAGES.indexOf(usage)), 0)
}

/** @throws TracevarError for every status but 0. */
function check(status: number): void {
  if (status === 0) return
  const [, code, message] = NATIVE_ERRORS[status - 1] ?? UNKNOWN_STATUS
  throw new TracevarError(code, message)
}

const UNKNOWN_STATUS = ['', 'ERR_CRYPTO_NATIVE', 'the addon is of another version: unknown status'] as const
