// The canonical text of a workflow's last receipt of one kind. The next one is that text with what has changed written
// over it: of thirty members about seven change, and only those are checked and encoded.
import { jcs } from '../codec/jcs.js'
import { SIGNATURE_CHARS } from '../crypto/seal-batch.js'
import type { CreateSources } from './create.js'
import type { ReceiptLike } from './kinds.js'
import { type Layout, type LayoutField, layoutFor } from './layout.js'
import { fieldProblem } from './shape.js'

const encoder = new TextEncoder()
const BRACE_OPEN = 0x7b
const BRACE_CLOSE = 0x7d
const COMMA = 0x2c
const QUOTE = 0x22
const BACKSLASH = 0x5c
const INITIAL_BYTES = 2048

/** Equal to no value: a slot that knows this is checked and written each time. */
const ALWAYS = Symbol('always written')

/** The end of a chain: hash and number of its last receipt. */
export interface ChainLink {
  readonly hash: string
  readonly sequenceNumber: number
}

/** The members of one receipt, in the order of its layout; undefined: absent. */
export interface ReceiptValues {
  readonly layout: Layout
  readonly values: readonly unknown[]
}

/** The templates of one workflow, by kind. */
export class ReceiptTemplates {
  readonly #templates = new Map<Layout, ReceiptTemplate>()

  /**
   * The text of a receipt with link and room for the signature; valid until the next call.
   *
   * @param source the members, plain data; with `create` what {@link createReceipt} fills may be left out.
   * @returns undefined where something is unusual, maybe wrong: members that the kind does not have or that are no
   * plain data, or a value that does not fit. Nothing is said of what it is.
   * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE`.
   */
  write(
    source: ReceiptLike,
    previous: ChainLink | null,
    keyId: string,
    create?: CreateSources,
  ): ReceiptTemplate | undefined {
    const layout = layoutFor(source)
    if (layout === undefined) return undefined
    let template = this.#templates.get(layout)
    if (template === undefined) {
      template = new ReceiptTemplate(layout)
      this.#templates.set(layout, template)
    }
    return template.write(source, previous, keyId, create) ? template : undefined
  }
}

/** One text. A slot is one member as `,"name":value`, empty when absent; the first comma is written as `{`. */
export class ReceiptTemplate {
  readonly #layout: Layout
  /** By slot: the value whose text it holds, {@link ALWAYS} for what may change without being another; undefined: absent. */
  readonly #known: unknown[]
  /** By slot: the value. */
  readonly #values: unknown[]
  /** What is being written, by slot; kept, since asking an object for 30 names takes longer than going through it. */
  readonly #given: unknown[]
  /** Where each slot starts; one more for the end. */
  readonly #starts: Uint32Array
  #bytes = new Uint8Array(INITIAL_BYTES)

  constructor(layout: Layout) {
    this.#layout = layout
    this.#known = layout.fields.map(() => undefined)
    this.#values = layout.fields.map(() => undefined)
    this.#given = layout.fields.map(() => undefined)
    this.#starts = new Uint32Array(layout.fields.length + 1)
  }

  /** Length of the text in bytes. */
  get length(): number {
    return this.#end + 1
  }

  get #end(): number {
    return this.#starts[this.#starts.length - 1] as number
  }

  /** See {@link ReceiptTemplates.write}; false instead of undefined. */
  write(
    source: ReceiptLike,
    previous: ChainLink | null,
    keyId: string,
    create: CreateSources | undefined,
  ): boolean {
    if (!isPlain(source)) return false
    const layout = this.#layout
    const { fields } = layout
    const given = this.#sort(source)
    if (given === undefined) return false
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as LayoutField
      let value = given[i]
      if (i === layout.signature) {
        if (value !== undefined) return false
        value = keyId
      } else if (i === layout.previous) value = previous === null ? null : previous.hash
      else if (i === layout.sequence) value = previous === null ? 0 : previous.sequenceNumber + 1
      else if (create !== undefined && (value === undefined || typeof value === 'object')) {
        value = this.#filled(i, value, create) // null, too
      }
      if (value === undefined ? !field.isOptional : value === this.#known[i]) {
        if (value === undefined) return false
      } else if (!this.#change(i, value)) return false
    }
    this.#bytes[0] = BRACE_OPEN
    this.#reserve(this.#end + 1)
    this.#bytes[this.#end] = BRACE_CLOSE
    return true
  }

  /** The members by their places; undefined: one that this kind does not have, or whose value is undefined. */
  #sort(source: ReceiptLike): unknown[] | undefined {
    const { places } = this.#layout
    const given = this.#given.fill(undefined)
    for (const name in source) {
      const place = places.get(name)
      const value = source[name]
      if (place === undefined || value === undefined) return undefined
      given[place] = value
    }
    return given
  }

  /** The members as they are now. */
  snapshot(): ReceiptValues {
    return { layout: this.#layout, values: this.#values.slice() }
  }

  /** Copies the text to `bytes[at …]`, and its places (`SealBatch`) to `places[placesAt …]`. */
  copyTo(bytes: Uint8Array, at: number, places: Uint32Array, placesAt: number): void {
    bytes.set(this.#bytes.subarray(0, this.length), at)
    const { signature, unsigned } = this.#layout
    const starts = this.#starts
    places[placesAt] = at + (starts[signature + 1] as number) - SIGNATURE_END.length - SIGNATURE_CHARS
    for (let cut = 0; cut < unsigned.length; cut++) {
      const slot = unsigned[cut] as number
      places[placesAt + 1 + 2 * cut] = at + (starts[slot] as number)
      places[placesAt + 2 + 2 * cut] = at + (starts[slot + 1] as number)
    }
  }

  /** What `createReceipt` makes of a member. */
  #filled(i: number, value: unknown, { nowMs, ulid }: CreateSources): unknown {
    if (typeof value === 'object' && value !== null) return structuredClone(value)
    if (value !== undefined && value !== null) return value
    if (i === this.#layout.id) return ulid(nowMs)
    if (i === this.#layout.issuedAt) return new Date(nowMs).toISOString()
    const { fill } = (this.#layout.fields[i] as LayoutField).rule
    return fill === undefined ? value : fill
  }

  /** Checks and writes another value. False: it does not fit; the slot is as it was. */
  #change(i: number, value: unknown): boolean {
    const { rule } = this.#layout.fields[i] as LayoutField
    if (i === this.#layout.signature) this.#writeUtf8(i, `${SIGNATURE_HEAD}${jcs(value)}${SIGNATURE_BODY}`)
    else if (fieldProblem(value, rule) !== undefined) return false
    else if (value === undefined) {
      if (this.#known[i] !== undefined) this.#remove(i)
      return true
    } else if (typeof value === 'object' && value !== null) this.#writeUtf8(i, jcs(value))
    else if (typeof value !== 'string') this.#writeAscii(i, jcs(value), '')
    else if (!this.#writeAscii(i, value, '"')) this.#writeUtf8(i, jcs(value))
    this.#known[i] = typeof value === 'object' && value !== null ? ALWAYS : value
    this.#values[i] = value
    return true
  }

  /** Writes a text between quotes; false where it has a character that JSON escapes or UTF-8 makes longer. */
  #writeAscii(i: number, text: string, quote: '"' | ''): boolean {
    const { length } = text
    let at = this.#openSlot(i, length + 2 * quote.length)
    const bytes = this.#bytes
    if (quote !== '') bytes[at++] = QUOTE
    for (let k = 0; k < length; k++) {
      const code = text.charCodeAt(k)
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false
      bytes[at++] = code
    }
    if (quote !== '') bytes[at] = QUOTE
    return true
  }

  /** Writes the JSON text of any value. */
  #writeUtf8(i: number, text: string): void {
    const encoded = encoder.encode(text)
    const at = this.#openSlot(i, encoded.length) // may make other #bytes
    this.#bytes.set(encoded, at)
  }

  /** Makes room for a value of `length` bytes; gives its place. What the slot holds is unknown until it is written. */
  #openSlot(i: number, length: number): number {
    const { head } = this.#layout.fields[i] as LayoutField
    const start = this.#starts[i] as number
    const isNew = this.#known[i] === undefined
    this.#known[i] = ALWAYS
    this.#resize(i, head.length + length)
    if (isNew) this.#bytes.set(head, start)
    return start + head.length
  }

  #remove(i: number): void {
    this.#resize(i, 0)
    this.#known[i] = undefined
    this.#values[i] = undefined
  }

  /** Gives slot `i` another length and moves what stands behind it. */
  #resize(i: number, length: number): void {
    const starts = this.#starts
    const behind = starts[i + 1] as number
    const grow = (starts[i] as number) + length - behind
    if (grow === 0) return
    const end = this.#end
    this.#reserve(end + grow + 1)
    this.#bytes[0] = COMMA // until write() is done; what was the first slot may not stay it
    this.#bytes.copyWithin(behind + grow, behind, end)
    for (let k = i + 1; k < starts.length; k++) starts[k] = (starts[k] as number) + grow
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(length, 2 * this.#bytes.length))
    bytes.set(this.#bytes)
    this.#bytes = bytes
  }
}

const SIGNATURE_HEAD = '{"alg":"Ed25519","key_id":'
const SIGNATURE_END = '"}'
const SIGNATURE_BODY = `,"sig":"${'A'.repeat(SIGNATURE_CHARS)}${SIGNATURE_END}`

/** Members that only an object has, and none that it inherits. */
function isPlain(source: object): boolean {
  const prototype = Object.getPrototypeOf(source)
  return prototype === Object.prototype || prototype === null
}
