// Signing keys of a data directory, for the command line.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { KEY_USAGES } from '../crypto/backend.js'
import { loadKeys, loadOrCreateKey, openBackend } from '../crypto/host.js'
import { jwkOfPublicKey } from '../crypto/jwk.js'
import type { KeySetEntry } from '../crypto/key-set.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import { TracevarError } from '../errors.js'
import { findDataDir, openDataDir } from '../store/data-dir.js'
import { nodeProcessHost, nodeStoreFs } from '../store/host.js'

/** Public JWK as it is published: `kid` is the key_id. */
export interface PublishedJwk {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'EdDSA'
}

/**
 * Makes the key unless it is there, and the data directory with it.
 *
 * @throws TracevarError `ERR_STORE_LOCKED` while a runtime has the directory open, and as `loadOrCreateKey`.
 */
export async function createKey(
  dataDir: string,
  keyId: string,
): Promise<{ readonly created: boolean; readonly jwk: PublishedJwk; readonly path: string }> {
  const data = await openDataDir(nodeStoreFs, await nodeProcessHost(), dataDir)
  try {
    const path = join(data.paths.keys, `${keyId}.pem`)
    const created = await access(path).then(
      () => false,
      () => true,
    )
    const key = await loadOrCreateKey(data.paths.keys, keyId, openBackend(), KEY_USAGES)
    const jwk = published({ keyId, publicKey: key.publicKey })
    key.close()
    return { created, jwk, path }
  } finally {
    await data.close()
  }
}

/** Key ids and thumbprints of all public keys, by key_id. */
export async function listKeys(dataDir: string) {
  return (await publicKeys(dataDir)).map((entry) => {
    const { kid, x } = published(entry)
    return { key_id: kid, x, thumbprint: jwkThumbprint(jwkOfPublicKey(entry.publicKey)) ?? '' }
  })
}

/**
 * JWKS of all public keys, or of one.
 *
 * @throws TracevarError `ERR_STORE_NOT_FOUND` when there is no such key.
 */
export async function exportKeys(
  dataDir: string,
  keyId?: string,
): Promise<{ readonly keys: PublishedJwk[] }> {
  const keys = (await publicKeys(dataDir))
    .map(published)
    .filter((jwk) => keyId === undefined || jwk.kid === keyId)
  if (keys.length === 0)
    throw new TracevarError(
      'ERR_STORE_NOT_FOUND',
      `${dataDir} has no key${keyId === undefined ? '' : ` ${keyId}`}`,
    )
  return { keys }
}

async function publicKeys(dataDir: string): Promise<readonly KeySetEntry[]> {
  const { keys } = await findDataDir(nodeStoreFs, dataDir)
  return (await loadKeys(keys)).all()
}

function published({ keyId, publicKey }: KeySetEntry): PublishedJwk {
  const { kty, crv, x } = jwkOfPublicKey(publicKey)
  return { kty, crv, x, kid: keyId ?? '', use: 'sig', alg: 'EdDSA' }
}
