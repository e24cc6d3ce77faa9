// Known answers that a back end must give before it is used: RFC 8032 7.1 test 1, FIPS 180-4 'abc'.
import { hexDecode, hexEncode } from '../codec/hex.js'
import { utf8Encode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import type { AsyncBackend, SyncBackend } from './backend.js'
import { packBatch } from './packed-batch.js'

const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
const PUBLIC_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
const SIGNATURE =
  'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
const SHA256_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const SHA512_ABC =
  'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f'

/** Asks for the known answers. @throws TracevarError `ERR_CRYPTO_SELF_CHECK` for a wrong one. */
export function selfCheck(backend: SyncBackend): void {
  const { abc, empty, twice, signatures, seed } = questions()
  expect('sha256', SHA256_ABC, backend.sha256Many(abc))
  expect('sha512', SHA512_ABC, backend.sha512Many(abc))
  expect('verify', VERDICTS, backend.ed25519VerifyMany(hexDecode(PUBLIC_KEY), signatures, twice))
  const key = backend.importSeed(seed, ['receipt'])
  expect('public key', PUBLIC_KEY, key.publicKey)
  expect('sign', SIGNATURE, backend.ed25519SignMany([key], 'receipt', empty))
  key.close()
}

/** {@link selfCheck} for `web`. */
export async function selfCheckAsync(backend: AsyncBackend): Promise<void> {
  const { abc, empty, twice, signatures, seed } = questions()
  expect('sha256', SHA256_ABC, await backend.sha256Many(abc))
  expect('sha512', SHA512_ABC, await backend.sha512Many(abc))
  expect('verify', VERDICTS, await backend.ed25519VerifyMany(hexDecode(PUBLIC_KEY), signatures, twice))
  const key = await backend.importSeed(seed, ['receipt'])
  expect('public key', PUBLIC_KEY, key.publicKey)
  expect('sign', SIGNATURE, await backend.ed25519SignMany([key], 'receipt', empty))
  key.close()
}

/** The right signature is accepted, one with a flipped bit is not. */
const VERDICTS = '0100'

function questions() {
  const signatures = hexDecode(SIGNATURE + SIGNATURE)
  signatures[64 + 32] = (signatures[64 + 32] ?? 0) ^ 1
  const empty = new Uint8Array()
  return {
    abc: packBatch([utf8Encode('abc')]),
    empty: packBatch([empty]),
    twice: packBatch([empty, empty]),
    signatures,
    seed: hexDecode(SEED),
  }
}

function expect(what: string, known: string, answer: Uint8Array): void {
  if (hexEncode(answer) !== known)
    throw new TracevarError('ERR_CRYPTO_SELF_CHECK', `known answer of ${what} is wrong`)
}
