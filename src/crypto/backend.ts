// What a back end is (DESIGN decision 6): the same bytes, verdicts and codes whichever one serves.
import type { PackedBatch } from './packed-batch.js'
import type { SealBatch, SealedTexts } from './seal-batch.js'

/** What a private key may sign (DESIGN decision 8). Checked where it signs. */
export type KeyUsage = 'receipt' | 'record' | 'checkpoint' | 'annex'

export const KEY_USAGES: readonly KeyUsage[] = ['receipt', 'record', 'checkpoint', 'annex']

export type BackendName = 'native' | 'node' | 'web' | 'pure'

/** What a back end says of itself; goes into reports and `tracevar doctor`. */
export interface BackendDescription {
  readonly name: BackendName
  /** Kernel in use, e.g. `portable`; for software back ends the library and version, e.g. `openssl 3.0.19`. */
  readonly kernel: string
  /** Where private keys live: `locked` native memory, or `heap` (JavaScript or OpenSSL memory). */
  readonly keyStorage: 'locked' | 'heap'
  /** One row per back end that was tried first and could not serve; empty when the first choice serves. */
  readonly attempts: readonly { readonly name: BackendName; readonly why: string }[]
  /** Further facts worth printing: CPU features, addon digest, mlock failure. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
}

/**
 * A private Ed25519 key held by a back end. The handle is the only way to it; no call returns the secret.
 * Close it when done: closing wipes native keys at once; for `node`, `web` and `pure` it drops the reference and
 * zeroes what JavaScript can zero. A closed handle refuses to sign (`ERR_CRYPTO_KEY_CLOSED`).
 */
export interface PrivateKey {
  readonly backend: BackendName
  /** 32 bytes, from the back end, never from the caller. A copy: changing it changes nothing. */
  readonly publicKey: Uint8Array
  readonly usages: ReadonlySet<KeyUsage>
  close(): void
}

/** What is known of the first lines of a block, of which a verifier has nothing to say. */
export interface ConfirmedLines {
  /** Lines, and their bytes with line feeds. Where it is 0, the rest means nothing. */
  readonly count: number
  readonly bytes: number
  /** `sequence_number` of the first and of the last; those between count up. */
  readonly firstNumber: number
  readonly lastNumber: number
  /** The hash that the first line names, and the hash of the last line: 32 bytes. */
  readonly previous: Uint8Array
  readonly head: Uint8Array
  /** `issued_at`, epoch milliseconds: the earliest, the latest, and that of the last line. */
  readonly earliestMs: number
  readonly latestMs: number
  readonly lastMs: number
  /** Action receipts, and how many of them say that the call was blocked. */
  readonly calls: number
  readonly blocked: number
  /** Whether a call says nothing of money where it should. */
  readonly hasUntagged: boolean
  /** The words of `IdLog`: pairs of high and low halves. */
  readonly idWords: Uint32Array
  /** The first 64 bits of the hash of each line: pairs of high and low halves. */
  readonly hashWords: Uint32Array
}

/** Confirms, in other threads, lines of a chain file of which a verifier has nothing to say. */
export interface LineConfirmer {
  /** How many blocks should be under way at once. */
  readonly jobsMax: number
  /** Bytes that a block should have. */
  readonly blockBytes: number
  /**
   * Confirms the first lines of `block`, as many as it can: none is a valid answer to any block. Both are copied.
   *
   * @param context what a line must hold, as `verify/confirm-context.ts` packs it.
   * @param block whole lines of one chain, each with its line feed; at most 16 MiB.
   * @throws RangeError for a context that cannot be read, or a block of another size.
   */
  confirmLines(context: Uint8Array, block: Uint8Array): Promise<ConfirmedLines>
}

/** `T` for back ends that answer at once, `Promise<T>` for `web`. */
export interface BackendOf<Mode extends 'sync' | 'async'> {
  readonly mode: Mode
  describe(): BackendDescription

  /** SHA-256 of each item: 32 bytes each, concatenated. */
  sha256Many(batch: PackedBatch): Answer<Mode, Uint8Array>
  /** SHA-512 of each item: 64 bytes each, concatenated. */
  sha512Many(batch: PackedBatch): Answer<Mode, Uint8Array>

  /**
   * Ed25519 (RFC 8032) of each item under `keys[i]`, or under `keys[0]` when one key is given: 64 bytes each.
   * `native`, `web` and `pure` verify every signature before they return it (`ERR_CRYPTO_SELF_CHECK`); `node` does
   * not (node-backend.ts says why).
   *
   * @throws TracevarError `ERR_CRYPTO_KEY_USAGE` when a key lacks `usage`, `ERR_CRYPTO_KEY_CLOSED`;
   * TypeError when a key belongs to another back end; RangeError when the counts do not match.
   */
  ed25519SignMany(keys: readonly PrivateKey[], usage: KeyUsage, batch: PackedBatch): Answer<Mode, Uint8Array>

  /**
   * STRICT verification (DESIGN decision 1): one byte per item, 1 or 0.
   *
   * @param publicKeys 32 bytes (one key for all) or 32 * n.
   * @param signatures 64 * n bytes.
   * @throws RangeError when lengths do not match the batch.
   */
  ed25519VerifyMany(
    publicKeys: Uint8Array,
    signatures: Uint8Array,
    batch: PackedBatch,
  ): Answer<Mode, Uint8Array>

  /** Left out: every line is read by the verifier itself. */
  readonly confirmer?: LineConfirmer

  /** A new key from the system's randomness. */
  generateKey(usages: readonly KeyUsage[]): Answer<Mode, PrivateKey>
  /** A key from a 32-byte seed (RFC 8032 private key). The caller should zero `seed` afterwards. */
  importSeed(seed: Uint8Array, usages: readonly KeyUsage[]): Answer<Mode, PrivateKey>
}

export type Answer<Mode extends 'sync' | 'async', T> = Mode extends 'sync' ? T : Promise<T>

/** How a key comes to another thread of this process without its secret being read out. */
export interface KeySharing {
  /** What to send there by `postMessage`. @throws as `ed25519SignMany`, for keys. */
  share(key: PrivateKey): SharedKey
  /** A handle in this thread; it is closed on its own. @throws TracevarError `ERR_CRYPTO_KEY_CLOSED`. */
  adopt(shared: SharedKey): PrivateKey
}

/** A key on its way between threads. */
export interface SharedKey {
  readonly publicKey: Uint8Array
  readonly usages: readonly KeyUsage[]
  /** `native`: the key's token; `node`: its KeyObject. */
  readonly secret: unknown
}

/** `native`, `node`, `pure`. The runtime needs one of these. */
export interface SyncBackend extends BackendOf<'sync'> {
  /** Left out by `pure`: there a key is bytes of JavaScript, and a copy in another thread is one more to be lost. */
  readonly sharing?: KeySharing
  /**
   * Seals receipts in one call: signs what each item's signature covers, writes the signatures into `batch.bytes`, and
   * hashes the items that are now complete. When it throws, no signature is left in `batch.bytes`.
   *
   * @throws as `ed25519SignMany`; TypeError or RangeError naming the part of the batch.
   */
  sealMany(keys: readonly PrivateKey[], usage: KeyUsage, batch: SealBatch): SealedTexts
}
/** `web`. */
export type AsyncBackend = BackendOf<'async'>
/** Any back end: `await` the answers. */
export type Backend = SyncBackend | AsyncBackend
