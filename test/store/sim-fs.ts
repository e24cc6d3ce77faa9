// A disk that forgets. It keeps for every file the bytes that are durable and those that are only cached, for the
// directory the entries that are durable and those that are only cached, and at a crash loses a random part of what
// was not synced: entries, ends of files, and sectors in the middle of what was appended.
import { concatBytes, type StoreFile, type StoreFs } from '../../src/store/fs.js'
import type { Random } from './random.js'

interface Inode {
  durable: Uint8Array
  cached: Uint8Array
}

/** Smaller than real ones, so that short tests have many of them. */
const SECTOR_BYTES = 32

class Crash extends Error {
  readonly code = 'EIO'
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/** One flat directory tree; `makeDir` is not simulated (it is durable in {@link StoreFs}). */
export class SimFs implements StoreFs {
  readonly #random: Random
  #durable = new Map<string, Inode>()
  #cached = new Map<string, Inode>()
  #operationsLeft = Number.POSITIVE_INFINITY
  #isDown = false
  #life = 0

  constructor(random: Random) {
    this.#random = random
  }

  get isDown(): boolean {
    return this.#isDown
  }

  /** The process dies in the middle of the n-th operation from now. */
  crashAfter(operations: number): void {
    this.#operationsLeft = operations
  }

  /** Only the process dies, if it has not yet: the system still has everything that was written. */
  restartProcess(): void {
    this.#operationsLeft = Number.POSITIVE_INFINITY
    this.#isDown = false
    this.#life++
  }

  /** The machine dies, and starts again with what the disk kept. */
  restartMachine(): void {
    const kept = new Map<string, Inode>()
    for (const path of new Set([...this.#durable.keys(), ...this.#cached.keys()])) {
      const before = this.#durable.get(path)
      const after = this.#cached.get(path)
      const inode = before === after || this.#random.chance(0.5) ? after : before
      if (inode) kept.set(path, inode)
    }
    for (const inode of new Set(kept.values())) {
      inode.durable = this.#afterCrash(inode)
      inode.cached = inode.durable
    }
    this.#durable = kept
    this.#cached = new Map(kept)
    this.restartProcess()
  }

  async readdir(path: string): Promise<string[]> {
    this.#begin()
    return [...this.#cached.keys()]
      .filter((name) => name.startsWith(`${path}/`))
      .map((name) => name.slice(path.length + 1))
  }

  async makeDir(): Promise<void> {}

  async *read(path: string): AsyncGenerator<Uint8Array> {
    await this.#turn()
    this.#begin()
    const { cached } = this.#find(path)
    const chunkBytes = this.#random.int(50, 3_000)
    for (let at = 0; at < cached.length; at += chunkBytes) yield cached.slice(at, at + chunkBytes)
  }

  async createWhole(path: string, bytes: Uint8Array): Promise<boolean> {
    await this.#turn()
    const isDone = this.#mutate()
    if (this.#cached.has(path)) return false
    const inode = { durable: bytes.slice(), cached: bytes.slice() }
    if (isDone || this.#random.chance(0.5)) this.#cached.set(path, inode)
    if (!isDone) throw new Crash()
    this.#durable.set(path, inode)
    return true
  }

  async open(path: string, how: 'create' | 'append'): Promise<StoreFile> {
    await this.#turn()
    const isDone = this.#mutate()
    if (how === 'create') {
      if (this.#cached.has(path)) throw systemError('EEXIST')
      if (isDone || this.#random.chance(0.5)) {
        this.#cached.set(path, { durable: new Uint8Array(), cached: new Uint8Array() })
      }
    }
    if (!isDone) throw new Crash()
    return this.#file(path)
  }

  async unlink(path: string): Promise<void> {
    await this.#turn()
    const isDone = this.#mutate()
    this.#find(path)
    if (isDone || this.#random.chance(0.5)) this.#cached.delete(path)
    if (!isDone) throw new Crash()
  }

  async fsyncDir(path: string): Promise<void> {
    await this.#turn()
    const isDone = this.#mutate()
    if (isDone || this.#random.chance(0.5)) {
      const isInside = (name: string) => name.startsWith(`${path}/`)
      for (const name of [...this.#durable.keys()].filter(isInside)) this.#durable.delete(name)
      for (const [name, inode] of this.#cached) if (isInside(name)) this.#durable.set(name, inode)
    }
    if (!isDone) throw new Crash()
  }

  #file(path: string): StoreFile {
    const inode = this.#find(path)
    const life = this.#life
    return {
      append: async (bytes) => {
        await this.#turn(life)
        const isDone = this.#mutate()
        const part = isDone ? bytes : bytes.subarray(0, this.#random.int(0, bytes.length))
        inode.cached = concatBytes([inode.cached, part])
        if (!isDone) throw new Crash()
      },
      truncate: async (length) => {
        await this.#turn(life)
        const isDone = this.#mutate()
        if (isDone || this.#random.chance(0.5)) inode.cached = inode.cached.slice(0, length)
        if (!isDone) throw new Crash()
      },
      fdatasync: async () => {
        const { cached } = inode // what is appended while the sync runs is not covered
        await this.#turn(life)
        const isDone = this.#mutate()
        if (isDone || this.#random.chance(0.5)) inode.durable = cached
        if (!isDone) throw new Crash()
      },
      length: () => (this.#cached.get(path) === inode ? inode.cached.length : undefined),
      close: async () => {},
    }
  }

  #find(path: string): Inode {
    const inode = this.#cached.get(path)
    if (!inode) throw systemError('ENOENT')
    return inode
  }

  #begin(): void {
    if (this.#isDown) throw new Crash()
  }

  /** True when a change happens in full; false when the process dies in the middle of it. */
  #mutate(): boolean {
    this.#begin()
    this.#isDown = --this.#operationsLeft < 0
    return !this.#isDown
  }

  /** Gives others the chance to run, for a random time. What began before a restart does not go on after it. */
  async #turn(life = this.#life): Promise<void> {
    for (let i = this.#random.int(0, 3); i > 0; i--) await new Promise((resolve) => setImmediate(resolve))
    if (life !== this.#life) throw new Crash()
  }

  /** Content of a file after a crash. */
  #afterCrash({ durable, cached }: Inode): Uint8Array {
    const common = commonLength(durable, cached)
    if (common < durable.length && this.#random.chance(0.5)) return durable // it was cut, and the cut is lost
    if (this.#random.chance(0.3)) return cached
    const length = this.#random.chance(0.5) ? cached.length : this.#random.int(common, cached.length)
    const bytes = cached.slice(0, length)
    // Sectors get to the disk in any order; one that did not reads as zeros.
    const keptShare = this.#random.chance(0.5) ? 1 : this.#random.next()
    for (let at = common; at < bytes.length; at += SECTOR_BYTES) {
      if (!this.#random.chance(keptShare)) bytes.fill(0, at, at + SECTOR_BYTES)
    }
    return bytes
  }
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

/** A file system that behaves like another one, but for some operations. */
export function withChanges(fs: StoreFs, changes: Partial<StoreFs>): StoreFs {
  return {
    readdir: (path) => fs.readdir(path),
    makeDir: (path) => fs.makeDir(path),
    read: (path) => fs.read(path),
    createWhole: (path, bytes) => fs.createWhole(path, bytes),
    open: (path, how) => fs.open(path, how),
    unlink: (path) => fs.unlink(path),
    fsyncDir: (path) => fs.fsyncDir(path),
    ...changes,
  }
}

/** The same for every file that is opened. */
export function withFileChanges(fs: StoreFs, changes: (file: StoreFile) => Partial<StoreFile>): StoreFs {
  return withChanges(fs, {
    open: async (path, how) => {
      const file = await fs.open(path, how)
      return { ...file, ...changes(file) }
    },
  })
}
