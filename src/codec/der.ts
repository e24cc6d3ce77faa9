// Strict DER reader (X.690): what certificates, CRLs, CMS and time-stamp tokens are written in.
import { TracevarError } from '../errors.js'
import { derDepthMax, derElementsMax } from '../limits.js'

export type DerClass = 'universal' | 'application' | 'context' | 'private'

/** What an element says it is. */
export interface DerTag {
  readonly class: DerClass
  readonly constructed: boolean
  /** 0..30. */
  readonly number: number
}

/** One element. The byte arrays are views into the input. */
export interface DerNode {
  readonly tag: DerTag
  /** Where `raw` begins, in bytes from the start of the input. */
  readonly offset: number
  /** Identifier and length octets. */
  readonly header: Uint8Array
  readonly contents: Uint8Array
  /** Header and contents: what signatures and digests cover. */
  readonly raw: Uint8Array
  /** Elements of a constructed element, in order. @throws TracevarError `ERR_CODEC_DER` for a primitive one. */
  children(): readonly DerNode[]
}

/** Tag numbers of the universal types that our formats use. */
const UNIVERSAL = {
  BOOLEAN: 1,
  INTEGER: 2,
  'BIT STRING': 3,
  'OCTET STRING': 4,
  NULL: 5,
  'OBJECT IDENTIFIER': 6,
  ENUMERATED: 10,
  UTF8String: 12,
  SEQUENCE: 16,
  SET: 17,
  PrintableString: 19,
  IA5String: 22,
  UTCTime: 23,
  GeneralizedTime: 24,
} as const

/** ASN.1 names of universal types. */
export type DerType = keyof typeof UNIVERSAL

const CLASSES: readonly DerClass[] = ['universal', 'application', 'context', 'private']

/**
 * Reads exactly one element and all below it. Accepted: definite lengths in their shortest form, tag numbers up to
 * 30; of the universal class SEQUENCE and SET constructed, all others primitive. Refused: everything else, bytes
 * after the element, nesting deeper than `derDepthMax`, more than `derElementsMax` elements. The contents of
 * primitive elements are checked by the helpers that read them; the order in a SET OF is not checked.
 *
 * @throws TracevarError `ERR_CODEC_DER` with the offset.
 */
export function readDer(bytes: Uint8Array): DerNode {
  // A plain view, so that no caller meets the aliasing slice() of a Buffer.
  const reader = new Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length))
  const node = reader.element(0, bytes.length, 1)
  if (node.end < bytes.length) failDer('bytes follow the element', node.end)
  return node
}

/** Child of a constructed element by its position. @throws TracevarError `ERR_CODEC_DER` when there is none. */
export function derChild(node: DerNode, index: number): DerNode {
  return node.children()[index] ?? failDer(`element has no child ${index}`, node.offset)
}

/** True for an element of the universal type named, or, for a number, with that context-specific tag. */
export function isDer(node: DerNode, type: DerType | number): boolean {
  const isContext = typeof type === 'number'
  return (
    node.tag.class === (isContext ? 'context' : 'universal') &&
    node.tag.number === (isContext ? type : UNIVERSAL[type])
  )
}

/** The node itself, when {@link isDer} holds. @throws TracevarError `ERR_CODEC_DER`. */
export function expectDer(node: DerNode, type: DerType | number): DerNode {
  if (!isDer(node, type)) {
    const wanted = typeof type === 'number' ? `[${type}]` : type
    failDer(`expected ${wanted}, found ${node.tag.class} tag ${node.tag.number}`, node.offset)
  }
  return node
}

/** Refuses DER at an offset. */
export function failDer(message: string, offset: number): never {
  throw new TracevarError('ERR_CODEC_DER', `${message} (offset ${offset})`)
}

/** A class because its views are made when asked for: making all three for every element takes ten times as long. */
class Element implements DerNode {
  readonly tag: DerTag
  readonly offset: number
  readonly end: number
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #children: readonly DerNode[] | undefined

  constructor(
    bytes: Uint8Array,
    tag: DerTag,
    place: { readonly offset: number; readonly start: number; readonly end: number },
    children: readonly DerNode[] | undefined,
  ) {
    this.tag = tag
    this.offset = place.offset
    this.end = place.end
    this.#bytes = bytes
    this.#start = place.start
    this.#children = children
  }

  get header(): Uint8Array {
    return this.#bytes.subarray(this.offset, this.#start)
  }

  get contents(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.end)
  }

  get raw(): Uint8Array {
    return this.#bytes.subarray(this.offset, this.end)
  }

  children(): readonly DerNode[] {
    return this.#children ?? failDer('a primitive element has no children', this.offset)
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #elements = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Element at an offset; it must lie before `limit`. */
  element(offset: number, limit: number, depth: number): Element {
    if (depth > derDepthMax) failDer(`nesting is deeper than ${derDepthMax}`, offset)
    if (++this.#elements > derElementsMax) failDer(`more than ${derElementsMax} elements`, offset)
    const tag = this.#tag(offset, limit)
    const { start, length } = this.#length(offset + 1, limit)
    const end = start + length
    if (end > limit) failDer('contents are cut off', offset)
    const children = tag.constructed ? this.#children(start, end, depth) : undefined
    return new Element(this.#bytes, tag, { offset, start, end }, children)
  }

  #children(start: number, end: number, depth: number): DerNode[] {
    const children: DerNode[] = []
    let at = start
    while (at < end) {
      const child = this.element(at, end, depth + 1)
      children.push(child)
      at = child.end
    }
    return children
  }

  /** Identifier octet (X.690 8.1.2). */
  #tag(offset: number, end: number): DerTag {
    const octet = this.#octet(offset, end)
    const tagClass = CLASSES[octet >> 6] ?? 'universal'
    const constructed = (octet & 0x20) !== 0
    const number = octet & 0x1f
    if (number === 0x1f) failDer('tag numbers above 30 are not read', offset)
    if (tagClass === 'universal') {
      if (number === 0) failDer('end-of-contents octets', offset)
      // X.690 10.2: no constructed strings.
      if (constructed !== (number === UNIVERSAL.SEQUENCE || number === UNIVERSAL.SET))
        failDer('primitive and constructed are mixed up', offset)
    }
    return { class: tagClass, constructed, number }
  }

  /** Length octets (X.690 8.1.3 and 10.1): definite, shortest form. */
  #length(offset: number, end: number): { start: number; length: number } {
    const first = this.#octet(offset, end)
    if (first < 0x80) return { start: offset + 1, length: first }
    if (first === 0x80) failDer('indefinite length', offset)
    const count = first & 0x7f
    let length = 0
    for (let i = 1; i <= count; i++) {
      const octet = this.#octet(offset + i, end)
      if (i === 1 && octet === 0) failDer('length is not in its shortest form', offset)
      length = length * 256 + octet
      if (length > end) failDer('contents are cut off', offset)
    }
    if (length < 0x80) failDer('length is not in its shortest form', offset)
    return { start: offset + 1 + count, length }
  }

  #octet(offset: number, end: number): number {
    const octet = offset < end ? this.#bytes[offset] : undefined
    return octet ?? failDer('element is cut off', offset)
  }
}
