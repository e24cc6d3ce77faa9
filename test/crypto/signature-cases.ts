// Ed25519 cases: RFC 8032 section 7.1, and the outside sets with their verdict under STRICT.
import { hexDecode } from '../../src/codec/hex.js'
import { vectorJson } from '../support/vectors.js'

export interface SignatureCase {
  readonly name: string
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly valid: boolean
}

/** All 1,273 outside cases: Wycheproof 151, CCTV 914, ZIP 215 196, speccheck 12. */
export function loadSignatureCases(): SignatureCase[] {
  const wycheproof = vectorJson<Wycheproof>('ed25519/wycheproof-ed25519.json').testGroups.flatMap((group) =>
    group.tests.map((test) => ({
      name: `wycheproof ${test.tcId}`,
      publicKey: hexDecode(group.publicKey.pk),
      message: hexDecode(test.msg),
      signature: hexDecode(test.sig),
      valid: test.result === 'valid',
    })),
  )
  const cctv = vectorJson<Cctv[]>('ed25519/cctv.json').map((one) => ({
    name: `cctv ${one.number}`,
    publicKey: hexDecode(one.key),
    message: Buffer.from(one.msg),
    signature: hexDecode(one.sig),
    valid: one.strict,
  }))
  const zip215 = vectorJson<Zip215[]>('ed25519/zip215.json').map((one, i) => ({
    name: `zip215 ${i}`,
    publicKey: hexDecode(one.vk_bytes),
    message: Buffer.from('Zcash'),
    signature: hexDecode(one.sig_bytes),
    valid: one.strict,
  }))
  const speccheck = vectorJson<Speccheck[]>('ed25519/speccheck-cases.json').map((one, i) => ({
    name: `speccheck ${i}`,
    publicKey: hexDecode(one.pub_key),
    message: hexDecode(one.message),
    signature: hexDecode(one.signature),
    valid: one.strict,
  }))
  return [...wycheproof, ...cctv, ...zip215, ...speccheck]
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string }
    readonly tests: readonly {
      readonly tcId: number
      readonly msg: string
      readonly sig: string
      readonly result: 'valid' | 'invalid'
    }[]
  }[]
}
interface Cctv {
  readonly number: number
  readonly key: string
  readonly sig: string
  readonly msg: string
  readonly strict: boolean
}
interface Zip215 {
  readonly vk_bytes: string
  readonly sig_bytes: string
  readonly strict: boolean
}
interface Speccheck {
  readonly message: string
  readonly pub_key: string
  readonly signature: string
  readonly strict: boolean
}

/** RFC 8032 section 7.1, tests 1, 2, 3 and SHA(abc). */
export const RFC8032 = [
  {
    name: 'test 1',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'test 2',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'test 3',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    name: 'test SHA(abc)',
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
] as const
