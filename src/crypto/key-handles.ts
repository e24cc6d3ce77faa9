// Handles of the software back ends: what the caller holds says nothing; the secret stays in this module's closure.
import { TracevarError } from '../errors.js'
import { type BackendName, KEY_USAGES, type KeyUsage, type PrivateKey } from './backend.js'

/** The two halves of a key, as a back end uses them. */
export interface KeyPair<Secret> {
  readonly secret: Secret
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

/** Makes handles of one back end and opens them again. */
export interface KeyHandles<Secret> {
  /** @throws TypeError when `usages` holds something that is no usage. */
  create(pair: KeyPair<Secret>, usages: readonly KeyUsage[]): PrivateKey
  /**
   * The keys behind handles: one for each item of a batch, or one for all.
   *
   * @throws as `ed25519SignMany` in backend.ts.
   */
  open(keys: readonly PrivateKey[], usage: KeyUsage, itemCount: number): readonly KeyPair<Secret>[]
  /** The key behind one handle, whatever it may sign. @throws as {@link open}. */
  pair(key: PrivateKey): KeyPair<Secret>
}

/**
 * Handles for the back end `backend`. `wipe` zeroes what can be zeroed of a secret when its handle is closed.
 * Handles live as long as the caller holds them; every instance of the same back end knows them.
 */
export function createKeyHandles<Secret>(
  backend: BackendName,
  wipe: (secret: Secret) => void,
): KeyHandles<Secret> {
  const entries = new WeakMap<
    PrivateKey,
    { pair: KeyPair<Secret> | undefined; readonly usages: ReadonlySet<KeyUsage> }
  >()
  const entryOf = (key: PrivateKey) => {
    const entry = entries.get(key)
    if (entry === undefined) throw new TypeError(`keys: expected keys of the ${backend} back end`)
    if (entry.pair === undefined) throw new TracevarError('ERR_CRYPTO_KEY_CLOSED', 'the key was closed')
    return { pair: entry.pair, usages: entry.usages }
  }
  return {
    pair: (key) => entryOf(key).pair,
    create(pair, usages) {
      checkUsages(usages)
      const publicKey = pair.publicKey.slice()
      const entry: { pair: KeyPair<Secret> | undefined; readonly usages: ReadonlySet<KeyUsage> } = {
        pair: { secret: pair.secret, publicKey },
        usages: new Set(usages),
      }
      const key: PrivateKey = Object.freeze({
        backend,
        get publicKey() {
          return publicKey.slice()
        },
        // A second set: adding to the one that callers see must not widen what the key may sign.
        usages: new Set(usages),
        close() {
          if (entry.pair !== undefined) wipe(entry.pair.secret)
          entry.pair = undefined
        },
      })
      entries.set(key, entry)
      return key
    },
    open(keys, usage, itemCount) {
      checkUsages([usage])
      if (keys.length !== 1 && keys.length !== itemCount) {
        throw new RangeError(`keys: expected 1 or ${itemCount}, got ${keys.length}`)
      }
      return keys.map((key) => {
        const entry = entryOf(key)
        if (!entry.usages.has(usage)) {
          throw new TracevarError('ERR_CRYPTO_KEY_USAGE', `the key may not sign as ${usage}`)
        }
        return entry.pair
      })
    },
  }
}

/** @throws TypeError naming the usages that exist. */
export function checkUsages(usages: readonly KeyUsage[]): void {
  for (const usage of usages) {
    if (!KEY_USAGES.includes(usage)) throw new TypeError(`usage: expected one of ${KEY_USAGES.join(', ')}`)
  }
}
