// The suite on every back end, and the back ends against each other.
import { randomBytes, webcrypto } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/crypto/backend.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { createPureBackend } from '../../src/crypto/pure-backend.js'
import { createWebBackend } from '../../src/crypto/web-backend.js'
import { backendSuite } from './backend-suite.js'
import { seededRandom } from './seeded-random.js'

const ROOT = resolve(import.meta.dirname, '../..')

const OPEN: Record<string, () => Promise<Backend>> = {
  node: async () => createNodeBackend(),
  web: () => createWebBackend(webcrypto.subtle),
  pure: async () => createPureBackend({ randomBytes }),
}
if (existsSync(resolve(ROOT, 'build/Release/tracevar.node'))) {
  OPEN.native = async () => {
    const { openBackend } = await import('../../src/crypto/host.js')
    return openBackend({ require: 'native', env: {} })
  }
} else {
  describe.skip('native back end (the addon is not built: npm run build:native)', () => {
    it('is not there', () => {})
  })
}

for (const [name, open] of Object.entries(OPEN)) backendSuite(name, open)

describe('all back ends', () => {
  it('give the same signatures, and the same verdicts on flipped bits', async () => {
    const { seed, bytes, below } = seededRandom()
    const backends = await Promise.all(Object.values(OPEN).map((open) => open()))
    for (let round = 0; round < 40; round++) {
      const keySeed = bytes(32)
      const message = bytes(below(300))
      const batch = packBatch([message])
      const where = `seed ${seed}, round ${round}`
      const keys = await Promise.all(backends.map((backend) => backend.importSeed(keySeed, ['receipt'])))
      const signatures = await Promise.all(
        backends.map((backend, i) => backend.ed25519SignMany([keys[i]!], 'receipt', batch)),
      )
      const signature = signatures[0]!
      for (const other of signatures) expect(other, where).toEqual(signature)

      const publicKey = keys[0]!.publicKey
      // Flips in A, R, S and the message; the first row is untouched.
      const rows = [
        [publicKey, signature, message],
        [flip(publicKey, below(256)), signature, message],
        [publicKey, flip(signature, below(256)), message],
        [publicKey, flip(signature, 256 + below(256)), message],
        [publicKey, signature, Buffer.concat([message, bytes(1)])],
      ] as const
      for (const [i, backend] of backends.entries()) {
        const verdicts = await backend.ed25519VerifyMany(
          Buffer.concat(rows.map((row) => row[0])),
          Buffer.concat(rows.map((row) => row[1])),
          packBatch(rows.map((row) => row[2])),
        )
        expect([...verdicts], `${where}, ${Object.keys(OPEN)[i]}`).toEqual([1, 0, 0, 0, 0])
      }
    }
  })

  it('give the same verdicts on random keys and on low-order halves', async () => {
    const { seed, bytes, below } = seededRandom()
    const backends = await Promise.all(Object.values(OPEN).map((open) => open()))
    const pool = [
      ...Array.from({ length: 4 }, () => bytes(32)),
      ...EDGES.map((hex) => Buffer.from(hex, 'hex')),
    ]
    const rows = Array.from({ length: 200 }, () => {
      const pick = (): Uint8Array => pool[below(pool.length)]!
      return [pick(), Buffer.concat([pick(), pick()]), bytes(below(40))] as const
    })
    const verdicts = await Promise.all(
      backends.map((backend) =>
        backend.ed25519VerifyMany(
          Buffer.concat(rows.map((row) => row[0])),
          Buffer.concat(rows.map((row) => row[1])),
          packBatch(rows.map((row) => row[2])),
        ),
      ),
    )
    for (const other of verdicts) expect([...other], `seed ${seed}`).toEqual([...verdicts[0]!])
  })

  it('refuse a key of another back end', async () => {
    const [node, pure] = [createNodeBackend(), createPureBackend({ randomBytes })]
    const key = node.generateKey(['receipt'])
    expect(() => pure.ed25519SignMany([key], 'receipt', packBatch([new Uint8Array()]))).toThrow(TypeError)
  })

  it('know a key that another instance of the same back end made', () => {
    const key = createNodeBackend().generateKey(['receipt'])
    const signature = createNodeBackend().ed25519SignMany([key], 'receipt', packBatch([new Uint8Array()]))
    expect(signature).toHaveLength(64)
  })
})

/** Encodings at the borders of the accept set: 0, 1, p - 1, p, 2^255 - 1, a point of order 8, the base point, L. */
const EDGES = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  'ff'.repeat(32),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  `58${'66'.repeat(31)}`,
  'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010',
]

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}
