import { describe, expect, it } from 'vitest'
import { hexEncode } from '../../src/codec/hex.js'
import {
  merkleConsistencyProof,
  merkleInclusionProof,
  merkleLeafHash,
  merkleNodeHash,
  merkleRoot,
  verifyMerkleConsistency,
  verifyMerkleInclusion,
} from '../../src/crypto/merkle.js'
import { describeVectors, vectorJson } from '../support/vectors.js'

interface InclusionVector {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string | null
  readonly leafHash: string | null
  readonly proof: readonly string[] | null
  readonly desc: string
  readonly wantErr: boolean
  readonly _file: string
}
interface ConsistencyVector {
  readonly size1: number
  readonly size2: number
  readonly root1: string | null
  readonly root2: string | null
  readonly proof: readonly string[] | null
  readonly desc: string
  readonly wantErr: boolean
  readonly _file: string
}

const bytes = (base64: string | null): Uint8Array => new Uint8Array(Buffer.from(base64 ?? '', 'base64'))

describeVectors('Merkle vectors', () => {
  const inclusion = vectorJson<InclusionVector[]>('merkle/inclusion.json')
  const consistency = vectorJson<ConsistencyVector[]>('merkle/consistency.json')

  it('are 98 and 98', () => {
    expect([inclusion.length, consistency.length]).toEqual([98, 98])
  })
  it.each(inclusion)('inclusion $_file: $desc', ({ leafIdx, treeSize, root, leafHash, proof, wantErr }) => {
    const accepted = verifyMerkleInclusion({
      leafIndex: leafIdx,
      treeSize,
      root: bytes(root),
      leafHash: bytes(leafHash),
      proof: (proof ?? []).map(bytes),
    })
    expect(accepted).toBe(!wantErr)
  })
  it.each(consistency)('consistency $_file: $desc', ({ size1, size2, root1, root2, proof, wantErr }) => {
    const accepted = verifyMerkleConsistency({
      size1,
      size2,
      root1: bytes(root1),
      root2: bytes(root2),
      proof: (proof ?? []).map(bytes),
    })
    expect(accepted).toBe(!wantErr)
  })
})

describe('Merkle trees', () => {
  const leaves = Array.from({ length: 33 }, (_, i) => merkleLeafHash(Uint8Array.of(i)))

  /** The definition of RFC 9162 2.1.1, word for word. */
  function definition(d: readonly Uint8Array[]): Uint8Array {
    if (d.length === 1) return d[0]!
    let k = 1
    while (k * 2 < d.length) k *= 2
    return merkleNodeHash(definition(d.slice(0, k)), definition(d.slice(k)))
  }

  it('the empty tree has the hash of nothing, a leaf and a node their prefixes', () => {
    expect(hexEncode(merkleRoot([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hexEncode(merkleLeafHash(new Uint8Array()))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    )
    // RFC 6962 reference tree: leaves "" and 0x00.
    const two = [merkleLeafHash(new Uint8Array()), merkleLeafHash(Uint8Array.of(0))]
    expect(hexEncode(merkleRoot(two))).toBe(
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    )
  })

  it('every leaf of every tree up to 33 leaves is proved, and no other leaf, place or size by the same proof', () => {
    for (let size = 1; size <= leaves.length; size++) {
      const tree = leaves.slice(0, size)
      const root = merkleRoot(tree)
      expect(root).toEqual(definition(tree))
      for (let leafIndex = 0; leafIndex < size; leafIndex++) {
        const proof = merkleInclusionProof(tree, leafIndex)
        const good = { leafHash: tree[leafIndex]!, leafIndex, treeSize: size, proof, root }
        const where = `leaf ${leafIndex} of ${size}`
        expect(verifyMerkleInclusion(good), where).toBe(true)
        expect(verifyMerkleInclusion({ ...good, leafHash: leaves[leafIndex + 1] ?? leaves[0]! }), where).toBe(
          false,
        )
        expect(verifyMerkleInclusion({ ...good, leafIndex: leafIndex + 1 }), where).toBe(false)
        expect(verifyMerkleInclusion({ ...good, proof: [...proof, root] }), where).toBe(false)
        if (size > 1) expect(verifyMerkleInclusion({ ...good, proof: proof.slice(1) }), where).toBe(false)
      }
    }
  })

  it('every tree up to 33 leaves extends every smaller one, and the proof shows nothing else', () => {
    for (let size2 = 1; size2 <= leaves.length; size2++) {
      const root2 = merkleRoot(leaves.slice(0, size2))
      for (let size1 = 1; size1 <= size2; size1++) {
        const root1 = merkleRoot(leaves.slice(0, size1))
        const proof = merkleConsistencyProof(leaves.slice(0, size2), size1)
        const good = { size1, root1, size2, root2, proof }
        const where = `${size1} to ${size2}`
        expect(verifyMerkleConsistency(good), where).toBe(true)
        expect(verifyMerkleConsistency({ ...good, proof: [...proof, root1] }), where).toBe(false)
        expect(verifyMerkleConsistency({ ...good, root2: merkleLeafHash(root2) }), where).toBe(false)
        expect(verifyMerkleConsistency({ ...good, root1: merkleLeafHash(root1) }), where).toBe(false)
        if (size1 < size2) {
          expect(verifyMerkleConsistency({ ...good, proof: proof.slice(1) }), where).toBe(false)
          expect(verifyMerkleConsistency({ ...good, size1: size2, size2: size1 }), where).toBe(false)
        }
      }
    }
  })

  it('a proof for a larger tree does not pass for a smaller one', () => {
    const two = leaves.slice(0, 2)
    const given = { leafHash: two[1]!, proof: merkleInclusionProof(two, 1), root: merkleRoot(two) }
    expect(verifyMerkleInclusion({ ...given, leafIndex: 0, treeSize: 1 })).toBe(false)
    const proof = merkleConsistencyProof(leaves.slice(0, 8), 7)
    const roots = { root1: merkleRoot(leaves.slice(0, 7)), root2: merkleRoot(leaves.slice(0, 8)) }
    expect(verifyMerkleConsistency({ ...roots, size1: 7, size2: 8, proof })).toBe(true)
    expect(verifyMerkleConsistency({ ...roots, size1: 3, size2: 4, proof })).toBe(false)
  })

  it('sizes beyond 32 bits work', () => {
    // One leaf at the right end of a tree of 2^40 + 1 leaves: the proof is the root of the full left subtree.
    const left = merkleLeafHash(Uint8Array.of(1))
    const leafHash = merkleLeafHash(Uint8Array.of(2))
    const root = merkleNodeHash(left, leafHash)
    const size = 2 ** 40
    expect(
      verifyMerkleInclusion({ leafHash, leafIndex: size, treeSize: size + 1, proof: [left], root }),
    ).toBe(true)
    expect(
      verifyMerkleConsistency({ size1: size, root1: left, size2: size + 1, root2: root, proof: [leafHash] }),
    ).toBe(true)
  })

  it('numbers that are no counts verify nothing', () => {
    const leafHash = leaves[0]!
    for (const treeSize of [1.5, -1, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(verifyMerkleInclusion({ leafHash, leafIndex: 0, treeSize, proof: [], root: leafHash })).toBe(
        false,
      )
      expect(
        verifyMerkleConsistency({
          size1: treeSize,
          root1: leafHash,
          size2: treeSize,
          root2: leafHash,
          proof: [],
        }),
      ).toBe(false)
    }
  })

  it('building outside the tree or from other lengths is a misuse', () => {
    expect(() => merkleInclusionProof(leaves, 33)).toThrow(RangeError)
    expect(() => merkleInclusionProof([], 0)).toThrow(RangeError)
    expect(() => merkleConsistencyProof(leaves, 0)).toThrow(RangeError)
    expect(() => merkleConsistencyProof(leaves, 34)).toThrow(RangeError)
    expect(() => merkleRoot([new Uint8Array(31)])).toThrow(RangeError)
    expect(() => merkleNodeHash(leaves[0]!, new Uint8Array(31))).toThrow(RangeError)
  })
})
