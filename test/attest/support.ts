// Evidence of a closed workflow on the software platform, for the tests of this room.
import { type ClosedChain, closingBinding, openingBinding } from '../../src/attest/binding.js'
import { collectEvidence } from '../../src/attest/evidence.js'
import { softwarePlatform } from '../../src/attest/software.js'
import { jwkOfPublicKey } from '../../src/crypto/jwk.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { jwkThumbprint } from '../../src/crypto/thumbprint.js'

export const digest = (digit: string) => `sha256:${digit.repeat(64)}`
const backend = createNodeBackend()
export const jwk = jwkOfPublicKey(backend.importSeed(new Uint8Array(32).fill(7), ['record']).publicKey)
export const thumbprint = jwkThumbprint(jwk) ?? ''
export const CHALLENGE = 'c0'.repeat(16)

export const opening = openingBinding({
  cnfThumbprint: thumbprint,
  keyUsages: ['record', 'receipt', 'annex'],
  policyBundleHash: digest('b'),
  packageDigest: digest('a'),
  bootId: '5f2d2b7e-0000-4000-8000-000000000000',
  challenge: CHALLENGE,
  issuedAt: '2026-11-25T02:00:00.000Z',
})

export const closedChain: ClosedChain = {
  chainRoot: digest('0'),
  receiptsHead: digest('1'),
  receiptCount: 9,
  annexHead: digest('2'),
  annexCount: 3,
}
export const closing = closingBinding(opening, closedChain)
export const collect = () => collectEvidence(softwarePlatform, { opening, closing })

export const record = {
  cnf: { jwk },
  runtime: { platform: 'software-only', measurement: digest('a') },
  policy: { bundle_hash: digest('b') },
}
export const signers = { receipt: [thumbprint], annex: [thumbprint] }
export const chain = { ...closedChain, policyBundleHash: digest('b') }
