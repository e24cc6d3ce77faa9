// Merkle trees of RFC 9162 section 2.1 (the same hashes as RFC 6962) over SHA-256. Pure functions.
import { equalConstantTime } from './constant-time.js'
import { sha256 } from './hash.js'

/** Bytes of every hash in a tree. */
const HASH_BYTES = 32

/** Hash of a leaf: SHA-256(0x00 || data) (RFC 9162 2.1.1). */
export function merkleLeafHash(data: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + data.length)
  input.set(data, 1)
  return sha256(input)
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 9162 2.1.1). @throws RangeError unless both have 32 bytes. */
export function merkleNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  checkHash('left', left)
  checkHash('right', right)
  const input = new Uint8Array(1 + 2 * HASH_BYTES)
  input[0] = 1
  input.set(left, 1)
  input.set(right, 1 + HASH_BYTES)
  return sha256(input)
}

/**
 * Root over leaf hashes in order; SHA-256 of nothing for an empty tree (RFC 9162 2.1.1).
 *
 * @throws RangeError for a leaf hash that is not 32 bytes.
 */
export function merkleRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  return leafHashes.length === 0 ? sha256(new Uint8Array()) : subtreeRoot(leafHashes, 0, leafHashes.length)
}

/**
 * Proof that leaf `leafIndex` is in the tree over `leafHashes` (RFC 9162 2.1.3.1): the hashes from the leaf upwards.
 *
 * @throws RangeError when there is no such leaf.
 */
export function merkleInclusionProof(leafHashes: readonly Uint8Array[], leafIndex: number): Uint8Array[] {
  checkRange('leafIndex', leafIndex, 0, leafHashes.length - 1)
  const proof: Uint8Array[] = []
  let from = 0
  let to = leafHashes.length
  while (to - from > 1) {
    const middle = from + splitPoint(to - from)
    if (leafIndex < middle) {
      proof.push(subtreeRoot(leafHashes, middle, to))
      to = middle
    } else {
      proof.push(subtreeRoot(leafHashes, from, middle))
      from = middle
    }
  }
  return proof.reverse()
}

/**
 * Proof that the tree over the first `size1` leaves is a prefix of the tree over all (RFC 9162 2.1.4.1).
 * Empty when both are the same tree.
 *
 * @throws RangeError when `size1` is below 1 or above the number of leaves.
 */
export function merkleConsistencyProof(leafHashes: readonly Uint8Array[], size1: number): Uint8Array[] {
  checkRange('size1', size1, 1, leafHashes.length)
  const proof: Uint8Array[] = []
  let from = 0
  let to = leafHashes.length
  while (to !== size1) {
    const middle = from + splitPoint(to - from)
    if (size1 <= middle) {
      proof.push(subtreeRoot(leafHashes, middle, to))
      to = middle
    } else {
      proof.push(subtreeRoot(leafHashes, from, middle))
      from = middle
    }
  }
  // The subtree that ends the old tree is known to the verifier only when it is the old tree itself.
  if (from !== 0) proof.push(subtreeRoot(leafHashes, from, to))
  return proof.reverse()
}

/** What {@link verifyMerkleInclusion} looks at; it comes from outside. */
export interface MerkleInclusion {
  readonly leafHash: Uint8Array
  readonly leafIndex: number
  readonly treeSize: number
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** True when the proof shows the leaf under the root (RFC 9162 2.1.3.2). Never throws for a bad proof. */
export function verifyMerkleInclusion(given: MerkleInclusion): boolean {
  const { leafHash, leafIndex, treeSize, proof, root } = given
  if (!isCount(leafIndex) || !isCount(treeSize) || leafIndex >= treeSize) return false
  if (![leafHash, root, ...proof].every(isHash)) return false
  let fn = leafIndex
  let sn = treeSize - 1
  let r = leafHash
  for (const p of proof) {
    if (sn === 0) return false
    if (isOdd(fn) || fn === sn) {
      r = merkleNodeHash(p, r)
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      r = merkleNodeHash(r, p)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && equalConstantTime(r, root)
}

/** What {@link verifyMerkleConsistency} looks at; it comes from outside. */
export interface MerkleConsistency {
  readonly size1: number
  readonly root1: Uint8Array
  readonly size2: number
  readonly root2: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * True when the proof shows that the tree `size1`, `root1` is a prefix of `size2`, `root2` (RFC 9162 2.1.4.2).
 * An empty first tree proves nothing and is refused. Never throws for a bad proof.
 */
export function verifyMerkleConsistency(given: MerkleConsistency): boolean {
  const { size1, root1, size2, root2, proof } = given
  if (!isCount(size1) || !isCount(size2) || size1 === 0 || size1 > size2) return false
  if (size1 === size2) return proof.length === 0 && equalConstantTime(root1, root2)
  if (![root1, root2, ...proof].every(isHash)) return false
  let fn = size1 - 1
  let sn = size2 - 1
  while (isOdd(fn)) {
    fn = half(fn)
    sn = half(sn)
  }
  // fn is 0 when size1 is a power of two: then the proof starts from the old root itself.
  const [first, ...rest] = fn === 0 ? [root1, ...proof] : proof
  if (first === undefined) return false
  let fr = first
  let sr = first
  for (const c of rest) {
    if (sn === 0) return false
    if (isOdd(fn) || fn === sn) {
      fr = merkleNodeHash(c, fr)
      sr = merkleNodeHash(c, sr)
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      sr = merkleNodeHash(sr, c)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && equalConstantTime(fr, root1) && equalConstantTime(sr, root2)
}

/** Root of leaves `from` to `to - 1`, at least one. The depth is that of the tree: log2 of the leaves. */
function subtreeRoot(leafHashes: readonly Uint8Array[], from: number, to: number): Uint8Array {
  const leaf = leafHashes[from]
  if (to - from === 1 && leaf !== undefined) {
    checkHash(`leafHashes[${from}]`, leaf)
    return leaf.slice()
  }
  const middle = from + splitPoint(to - from)
  return merkleNodeHash(subtreeRoot(leafHashes, from, middle), subtreeRoot(leafHashes, middle, to))
}

/** The largest power of two below `count` (at least 2). */
function splitPoint(count: number): number {
  let split = 1
  while (2 * split < count) split *= 2
  return split
}

function checkHash(name: string, hash: Uint8Array): void {
  if (!isHash(hash)) throw new RangeError(`${name}: expected ${HASH_BYTES} bytes, got ${hash.length}`)
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name}: expected ${min} to ${max}, got ${value}`)
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isHash(value: Uint8Array): boolean {
  return value.length === HASH_BYTES
}

/** Tree sizes go beyond 32 bits, so no shifts and masks. */
function isOdd(value: number): boolean {
  return value % 2 === 1
}

function half(value: number): number {
  return Math.floor(value / 2)
}
