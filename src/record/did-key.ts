// did:key of an Ed25519 key: the subject of a record whose operator names none.

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** Multicodec `ed25519-pub` (0xed) as unsigned varint. */
const ED25519_PUB = [0xed, 0x01]

/**
 * `did:key:z6Mk…` of a 32-byte Ed25519 public key (W3C did:key: multibase base58btc over multicodec prefix and key).
 *
 * @throws RangeError when the key has another length.
 */
export function didKey(publicKey: Uint8Array): string {
  if (publicKey.length !== 32) throw new RangeError(`publicKey: expected 32 bytes, got ${publicKey.length}`)
  return `did:key:z${base58([...ED25519_PUB, ...publicKey])}`
}

/** base58btc of bytes whose first byte is not zero (so there are no leading zeros to carry over). */
function base58(bytes: readonly number[]): string {
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  let text = ''
  for (; value > 0n; value /= 58n) text = ALPHABET.charAt(Number(value % 58n)) + text
  return text
}
