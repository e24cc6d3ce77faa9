// Looks for secrets in the memory of another process, or in a core dump: every word of eight bytes of a secret, in
// either byte order, at every fourth address.
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** Order of the base point (RFC 8032 5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n

/** What is looked for: names of secrets and their bytes, a multiple of eight. */
export type Secrets = ReadonlyMap<string, Uint8Array>

/** The expanded secret of a seed (RFC 8032 5.1.5): clamped scalar, prefix. */
export function expand(seed: Uint8Array): { readonly scalar: Buffer; readonly prefix: Buffer } {
  const hash = createHash('sha512').update(seed).digest()
  hash[0]! &= 0xf8
  hash[31] = (hash[31]! & 0x7f) | 0x40
  return { scalar: hash.subarray(0, 32), prefix: hash.subarray(32) }
}

/** The nonce of a message (RFC 8032 5.1.6 step 2): as hashed, 64 bytes, and modulo L, 32 bytes, little-endian. */
export function nonces(
  prefix: Uint8Array,
  message: Uint8Array,
): { readonly hash: Buffer; readonly nonce: Buffer } {
  const hash = createHash('sha512').update(prefix).update(message).digest()
  const value = BigInt(`0x${Buffer.from(hash).reverse().toString('hex')}`) % L
  return { hash, nonce: Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse() }
}

/** A place where a word of a secret was found. */
export interface Hit {
  readonly secret: string
  /** Flags of the mapping (VmFlags of proc(5)); of a core dump `core`. */
  readonly where: string
}

/** Finds words of secrets in buffers. */
export class WordSearch {
  readonly #words = new Map<number, { readonly rest: number; readonly secret: string }[]>()
  /** By the lower half of a word: whether any secret has one like it in 24 bits. */
  readonly #filter = new Uint8Array(1 << 24)

  constructor(secrets: Secrets) {
    for (const [secret, bytes] of secrets) {
      for (let at = 0; at < bytes.length; at += 8) {
        const word = Buffer.from(bytes.subarray(at, at + 8))
        this.#add(word, secret)
        this.#add(word.swap64(), `${secret}, swapped`)
      }
    }
  }

  #add(word: Buffer, secret: string): void {
    const half = word.readUInt32LE(0)
    const rest = word.readUInt32LE(4)
    this.#filter[half & 0xffffff] = 1
    this.#words.set(half, [...(this.#words.get(half) ?? []), { rest, secret }])
  }

  /** Adds what is in a buffer whose length is a multiple of four. */
  find(bytes: Buffer, where: string, hits: Hit[]): void {
    const halves = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    const filter = this.#filter
    for (let i = 0; i + 1 < halves.length; i++) {
      const half = halves[i]!
      if (filter[half & 0xffffff] === 0) continue
      for (const { rest, secret } of this.#words.get(half) ?? []) {
        if (halves[i + 1] === rest) hits.push({ secret, where })
      }
    }
  }
}

interface Mapping {
  readonly start: number
  readonly end: number
  readonly flags: string
}

/** Readable mappings with their VmFlags (proc(5)). */
function mappings(pid: number): Mapping[] {
  const found: Mapping[] = []
  let range: readonly [number, number] | undefined
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+\s*(.*)$/.exec(line)
    if (head !== null) {
      const own = head[3] !== '[vvar]' && head[3] !== '[vsyscall]' && head[3] !== '[vvar_vclock]'
      range = own ? [Number.parseInt(head[1]!, 16), Number.parseInt(head[2]!, 16)] : undefined
    } else if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
      range = undefined
    } else if (line.startsWith('VmFlags:') && range !== undefined) {
      found.push({ start: range[0], end: range[1], flags: line.slice('VmFlags:'.length).trim() })
    }
  }
  return found
}

/** Mappings that could not be read have their flags in `unread`. */
export function searchProcess(
  pid: number,
  secrets: Secrets,
): { readonly hits: Hit[]; readonly unread: string[] } {
  const search = new WordSearch(secrets)
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const hits: Hit[] = []
  const unread: string[] = []
  try {
    for (const { start, end, flags } of mappings(pid)) {
      const bytes = Buffer.alloc(end - start)
      try {
        readSync(memory, bytes, 0, bytes.length, start)
      } catch {
        unread.push(flags) // a page that may be read but has nothing behind it, or secret memory
        continue
      }
      search.find(bytes, flags, hits)
    }
  } finally {
    closeSync(memory)
  }
  return { hits, unread }
}

/** The same for a file, piece by piece. */
export function searchFile(path: string, secrets: Secrets): Hit[] {
  const search = new WordSearch(secrets)
  const file = openSync(path, 'r')
  const hits: Hit[] = []
  const bytes = Buffer.alloc(1 << 24)
  try {
    for (let at = 0; ; at += bytes.length - 8) {
      const size = readSync(file, bytes, 0, bytes.length, at)
      search.find(bytes.subarray(0, size & ~3), 'core', hits)
      if (size < bytes.length) return hits
    }
  } finally {
    closeSync(file)
  }
}
