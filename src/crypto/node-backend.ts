// The `node` back end: OpenSSL through node:crypto, behind the STRICT rules.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { base64urlDecode, base64urlEncode } from '../codec/base64.js'
import { publicKeyObjectsMax } from '../limits.js'
import type { SyncBackend } from './backend.js'
import { createKeyHandles, type KeyPair } from './key-handles.js'
import { encodePkcs8 } from './pkcs8.js'
import { softwareBackend } from './software-backend.js'

// OpenSSL frees and clears the key when the last reference to the KeyObject is gone; nothing can be zeroed earlier.
const keys = createKeyHandles<KeyObject>('node', () => {})

/** The back end on node:crypto. Private keys are in OpenSSL's memory on the heap. */
export function createNodeBackend(): SyncBackend {
  const publicKeyObject = publicKeyObjectCache()
  return softwareBackend({
    description: {
      name: 'node',
      kernel: `openssl ${process.versions.openssl}`,
      keyStorage: 'heap',
      attempts: [],
      facts: { node: process.version },
    },
    keys,
    // A check would cost three signatures. OpenSSL's code is not ours to test at run time, its known answers are asked
    // for once, and the rule of DESIGN decision 8 is for signatures that leave our own native code.
    checksOwnSignatures: false,
    // A KeyObject that is cloned for another thread is the same key in OpenSSL's memory; no bytes are copied.
    sharing: {
      share: (key) => ({ publicKey: key.publicKey, usages: [...key.usages], secret: keys.pair(key).secret }),
      adopt: ({ publicKey, usages, secret }) =>
        keys.create({ secret: secret as KeyObject, publicKey }, usages),
    },
    sha256: (item) => hash('sha256', item, 'buffer'),
    sha512: (item) => hash('sha512', item, 'buffer'),
    sign: (pair, item) => sign(null, item, pair.secret),
    verify: (publicKey, signature, item) => verify(null, item, publicKeyObject(publicKey), signature),
    generate: () => pairOf(generateKeyPairSync('ed25519').privateKey),
    fromSeed(seed) {
      const der = encodePkcs8(seed)
      const secret = createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' })
      der.fill(0)
      return pairOf(secret)
    },
  })
}

function pairOf(secret: KeyObject): KeyPair<KeyObject> {
  const { x } = createPublicKey(secret).export({ format: 'jwk' })
  return { secret, publicKey: base64urlDecode(x ?? '') }
}

/** Imported public keys by their bytes. As JWK, because OpenSSL reads that 13 times faster than SPKI DER. */
function publicKeyObjectCache(): (publicKey: Uint8Array) => KeyObject {
  const objects = new Map<string, KeyObject>()
  return (publicKey) => {
    const x = base64urlEncode(publicKey)
    let object = objects.get(x)
    if (object === undefined) {
      object = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
      if (objects.size === publicKeyObjectsMax) objects.clear()
      objects.set(x, object)
    }
    return object
  }
}
