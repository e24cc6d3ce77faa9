// Which of the trusted keys a file was verified with: evidence is later asked whether it binds them.
import { jwkOfPublicKey } from '../crypto/jwk.js'
import type { KeySet } from '../crypto/key-set.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import type { KeyResolver } from './signatures.js'

/** Trusted keys that remember which of them were asked for. Bounded by the set; strange key_ids leave nothing. */
export class UsedKeys implements KeyResolver {
  readonly kind: KeySet['kind']
  readonly #keys: KeyResolver
  readonly #thumbprints = new Set<string>()

  constructor(keys: KeyResolver) {
    this.kind = keys.kind
    this.#keys = keys
  }

  resolve(keyId: string): Uint8Array | undefined {
    const key = this.#keys.resolve(keyId)
    const thumbprint = key && jwkThumbprint(jwkOfPublicKey(key))
    if (thumbprint !== undefined) this.#thumbprints.add(thumbprint)
    return key
  }

  /** RFC 7638 thumbprints. Where every signature verified, exactly the keys that signed. */
  thumbprints(): readonly string[] {
    return [...this.#thumbprints]
  }
}
