// Safe YAML (VAR R-120, W-18): one document, core schema, no tags of its own, no directives, bounded aliases, depth
// and size, no member twice. The result is the JSON data model with null prototypes.
import {
  Alias,
  Composer,
  CST,
  type Document,
  isMap,
  isScalar,
  isSeq,
  Parser,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { JsonObject, JsonValue } from '../codec/json-value.js'
import { jsonDepthMax, policyValuesMax, yamlAliasesMax } from '../limits.js'
import type { PolicyPath } from './schema.js'

/** Why a text is refused, and at which UTF-16 offset. */
export class YamlFault extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/** A value that was read, and where in the text its parts stand. */
export interface YamlSource {
  readonly value: JsonValue
  /** Offset of the member name or list item at a path, or of the nearest part above that exists. */
  readonly offsetOf: (path: PolicyPath) => number
}

/** Reads one YAML document (JSON is one, too). An empty text is null. @throws YamlFault */
export function readYaml(text: string): YamlSource {
  const document = compose(text)
  return document === undefined ? { value: null, offsetOf: () => 0 } : new Converter(document).convert()
}

function compose(text: string): Document.Parsed | undefined {
  try {
    const tokens = [...new Parser().parse(text)]
    checkTokens(tokens)
    const [document] = new Composer({
      version: '1.2',
      schema: 'core',
      resolveKnownTags: false,
      stringKeys: true,
      uniqueKeys: false, // the converter looks for doubles: this check would be quadratic
      prettyErrors: false,
    }).compose(tokens)
    const [problem] = [...(document?.errors ?? []), ...(document?.warnings ?? [])]
    if (problem !== undefined) throw new YamlFault(problem.message, problem.pos[0])
    return document
  } catch (error) {
    if (error instanceof YamlFault) throw error
    throw new YamlFault('the text is more than the YAML parser can take', 0)
  }
}

/** Refuses further documents, directives, and nesting that would exhaust the stack of the composer. */
function checkTokens(tokens: readonly CST.Token[]): void {
  const extra = tokens.filter((token) => token.type === 'document')[1]
  if (extra !== undefined) throw new YamlFault('more than one document', extra.offset)
  const directive = tokens.find((token) => token.type === 'directive')
  if (directive !== undefined) throw new YamlFault('directives are not allowed', directive.offset)
  const open = tokens.map((token) => ({ token, depth: 0 }))
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { token, depth } = entry
    if (depth > jsonDepthMax) throw new YamlFault(`nesting is deeper than ${jsonDepthMax}`, token.offset)
    if (token.type === 'document') {
      if (token.value !== undefined) open.push({ token: token.value, depth: depth + 1 })
    } else if (CST.isCollection(token)) {
      for (const { key, value } of token.items) {
        if (key) open.push({ token: key, depth: depth + 1 })
        if (value) open.push({ token: value, depth: depth + 1 })
      }
    }
  }
}

/** Turns nodes into JSON values and remembers where they stand. */
class Converter {
  readonly #document: Document.Parsed
  readonly #offsets = new WeakMap<object, Map<string | number, number>>()
  #aliases = 0
  #values = 0

  constructor(document: Document.Parsed) {
    this.#document = document
  }

  convert(): YamlSource {
    const value = this.#value(this.#document.contents, 1)
    return { value, offsetOf: (path) => this.#offsetOf(value, path) }
  }

  #offsetOf(root: JsonValue, path: PolicyPath): number {
    let value: unknown = root
    let offset = 0
    for (const step of path) {
      const at = typeof value === 'object' && value !== null ? this.#offsets.get(value)?.get(step) : undefined
      if (at === undefined) break
      offset = at
      value = (value as JsonObject)[step]
    }
    return offset
  }

  #value(node: unknown, depth: number): JsonValue {
    const offset = offsetOfNode(node)
    if (++this.#values > policyValuesMax) throw new YamlFault(`more than ${policyValuesMax} values`, offset)
    if (depth > jsonDepthMax) throw new YamlFault(`nesting is deeper than ${jsonDepthMax}`, offset)
    if (node === null) return null
    if (node instanceof Alias) {
      if (++this.#aliases > yamlAliasesMax) throw new YamlFault(`more than ${yamlAliasesMax} aliases`, offset)
      const target = node.resolve(this.#document)
      if (target === undefined) throw new YamlFault(`no anchor ${node.source} before this alias`, offset)
      return this.#value(target, depth)
    }
    if (isMap(node)) return this.#map(node, depth)
    if (isSeq(node)) return this.#list(node, depth)
    const value: unknown = isScalar(node) ? node.value : undefined
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value === 'string' && value.isWellFormed()) return value
    throw new YamlFault('not a string, finite number, boolean, null, list or map', offset)
  }

  #map(node: YAMLMap, depth: number): JsonObject {
    const object: JsonObject = Object.create(null)
    const offsets = new Map<string | number, number>()
    this.#offsets.set(object, offsets)
    for (const { key, value } of node.items) {
      const offset = offsetOfNode(key)
      const name: unknown = isScalar(key) ? key.value : undefined
      if (typeof name !== 'string') throw new YamlFault('a member name must be a string', offset)
      if (offsets.has(name)) throw new YamlFault(`member ${JSON.stringify(name)} occurs twice`, offset)
      offsets.set(name, offset)
      object[name] = this.#value(value, depth + 1)
    }
    return object
  }

  #list(node: YAMLSeq, depth: number): JsonValue[] {
    const array: JsonValue[] = []
    const offsets = new Map<string | number, number>()
    this.#offsets.set(array, offsets)
    for (const item of node.items) {
      offsets.set(array.length, offsetOfNode(item))
      array.push(this.#value(item, depth + 1))
    }
    return array
  }
}

function offsetOfNode(node: unknown): number {
  return (isScalar(node) || isMap(node) || isSeq(node) || node instanceof Alias) && node.range
    ? node.range[0]
    : 0
}
