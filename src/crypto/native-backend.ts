// The addon behind the back-end interface: argument checks in the house's words, statuses as error codes.
import { type ErrorCode, TracevarError } from '../errors.js'
import { confirmBlockBytes } from '../limits.js'
import { checkSeed, checkVerifyArguments } from './arguments.js'
import { type ConfirmedLines, KEY_USAGES, type KeyUsage, type SyncBackend } from './backend.js'
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES } from './ed25519-strict.js'
import { checkUsages, createKeyHandles } from './key-handles.js'
import { batchCount, checkBatch, type PackedBatch } from './packed-batch.js'

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
  /** 0 when the memory of private keys is locked, else the errno of mlock(2). */
  readonly lockError: number
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

/** One table for all instances: a key of one is a key of the other, since the addon's own table is the process's. */
const keys = createKeyHandles<{ readonly addon: NativeAddon; readonly token: Uint8Array }>(
  'native',
  ({ addon, token }) => {
    addon.closeKey(token)
  },
)

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
    describe() {
      const { kernel, signingKernel, kernels, cpu, keysOpen, keysMax, lockError } = addon.describe()
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
          lockError,
        },
      }
    },
    sha256Many: (batch) => hashMany(batch, 32, addon.sha256Many),
    sha512Many: (batch) => hashMany(batch, 64, addon.sha512Many),
    ed25519SignMany(handles, usage, batch) {
      checkBatch(batch)
      const count = batchCount(batch)
      const pairs = keys.open(handles, usage, count)
      const tokens = new Uint8Array(TOKEN_BYTES * pairs.length)
      pairs.forEach(({ secret }, i) => {
        tokens.set(secret.token, TOKEN_BYTES * i)
      })
      const signatures = new Uint8Array(ED25519_SIGNATURE_BYTES * count)
      check(addon.signMany(tokens, usageBits([usage]), batch.bytes, batch.offsets, signatures))
      return signatures
    },
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
  }
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
