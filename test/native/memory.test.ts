// Where secrets are: in the memory that is kept for them and nowhere else, for as long as the key is open; and nonces
// nowhere at all after the call. A child process holds the keys; its whole memory, and its core dump, are read from
// here, so that nothing of the search is searched.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { ADDON_PATH, describeShippedAddon } from './addon.js'
import { expand, type Hit, nonces, type Secrets, searchFile, searchProcess } from './memory-scan.js'

const bytesOf = (text: string) => createHash('sha256').update(text).digest()
const SEEDS = [0, 1, 2].map((i) => bytesOf(`seed ${i} of the memory test`))
const CONTROL = bytesOf('control of the memory test')
/** Messages of a batch: more than one chunk of 128 and a single one besides. Message i: i % 150 bytes of value i. */
const BATCH = 129
const messageOf = (i: number) => new Uint8Array(i % 150).fill(i)

/** The control is left in ordinary memory on purpose. */
const SECRETS: Secrets = new Map<string, Uint8Array>([['control', CONTROL], ...SEEDS.flatMap(secretsOfKey)])

/** Seed, expanded secret, and the nonces of all messages, of key k. */
function secretsOfKey(seed: Uint8Array, k: number): (readonly [string, Uint8Array])[] {
  const { scalar, prefix } = expand(seed)
  const ofMessages = Array.from({ length: BATCH }, (_, i) => {
    const { hash, nonce } = nonces(prefix, messageOf(i))
    return [[`hash ${k} of message ${i}`, hash] as const, [`nonce ${k} of message ${i}`, nonce] as const]
  })
  return [[`seed ${k}`, seed], [`scalar ${k}`, scalar], [`prefix ${k}`, prefix], ...ofMessages.flat()]
}

/** The child gets its secrets inverted, and only as text, so that they exist nowhere but where it puts them. */
const CHILD = `
  const addon = require(${JSON.stringify(ADDON_PATH)})
  const restore = (hex) => { // off the JavaScript heap, where nothing is moved and left behind
    const bytes = new Uint8Array(new ArrayBuffer(4096), 0, 32)
    for (let i = 0; i < 32; i++) bytes[i] = 255 - parseInt(hex.slice(2 * i, 2 * i + 2), 16)
    return bytes
  }
  globalThis.control = restore('${inverted(CONTROL)}')
  const tokens = new Uint8Array(16 * 3)
  const sign = (numbers) => {
    const messages = numbers.map((i) => new Uint8Array(i % 150).fill(i))
    const offsets = new Uint32Array(messages.length + 1)
    messages.forEach((message, i) => { offsets[i + 1] = offsets[i] + message.length })
    const bytes = new Uint8Array(offsets.at(-1))
    messages.forEach((message, i) => bytes.set(message, offsets[i]))
    const own = new Uint8Array(16 * messages.length)
    for (let turn = 0; turn < 3; turn++) { // every message under every key
      messages.forEach((_, i) => own.set(tokens.subarray(16 * ((i + turn) % 3)).subarray(0, 16), 16 * i))
      const status = addon.signMany(own, 1, bytes, offsets, new Uint8Array(64 * messages.length))
      if (status !== 0) throw new Error('status ' + status)
    }
  }
  const steps = {
    open() {
      [${SEEDS.map((seed) => `'${inverted(seed)}'`)}].forEach((hex, k) => {
        const seed = restore(hex)
        addon.importSeed(seed, 1, tokens.subarray(16 * k, 16 * k + 16), new Uint8Array(32))
        seed.fill(0)
      })
      const all = Array.from({ length: ${BATCH} }, (_, i) => i)
      for (const kernel of addon.describe().kernels) {
        addon.useKernel(kernel)
        sign(all)
        for (const n of [1, 2, 8, 64]) for (let i = 0; i + n <= all.length; i += n) sign(all.slice(i, i + n))
      }
    },
    close() {
      for (let k = 0; k < 3; k++) addon.closeKey(tokens.subarray(16 * k, 16 * k + 16))
    },
    leak() {
      globalThis.leaked = [restore('${inverted(SEEDS[0]!)}'), restore('${inverted(SECRETS.get('nonce 1 of message 70')!)}')]
    },
    harden() {
      if (addon.hardenProcess() !== 0) throw new Error('not hardened')
    },
    abort() {
      process.kill(process.pid, 'SIGABRT')
    },
  }
  process.on('message', (step) => {
    steps[step]()
    process.send(addon.describe())
  })
  process.send('ready')
`

function inverted(bytes: Uint8Array): string {
  return Buffer.from(bytes.map((byte) => 255 - byte)).toString('hex')
}

/** Hits but those of the control. */
function leaks(hits: readonly Hit[]): Hit[] {
  return hits.filter(({ secret }) => !secret.startsWith('control'))
}

function hasControl(hits: readonly Hit[]): boolean {
  return hits.filter(({ secret }) => secret === 'control').length >= CONTROL.length / 8
}

const children: ChildProcess[] = []
const folder = mkdtempSync(join(tmpdir(), 'tracevar-memory-'))
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** `limits`: arguments of the shell's ulimit. Root may lock beyond any limit: `nobody` is another user then. */
function startChild(limits = '-c 0', user: 'us' | 'nobody' = 'us'): ChildProcess {
  const child = spawn('/bin/sh', ['-c', `ulimit ${limits}; exec "$0" -e "$1"`, process.execPath, CHILD], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    cwd: folder,
    ...(user === 'nobody' && process.getuid?.() === 0 ? { uid: 65534 } : {}),
  })
  children.push(child)
  return child
}

interface Description {
  readonly keysOpen: number
  readonly secretMemory: string
  readonly secretMemoryError: number
  readonly lockError: number
  readonly dumpable: boolean
}

function message(child: ChildProcess): Promise<Description> {
  return new Promise((resolve, reject) => {
    child.once('message', (value) => resolve(value as Description))
    child.once('exit', (code, signal) => reject(new Error(`child ended with ${signal ?? code}`)))
  })
}

async function step(child: ChildProcess, name: string): Promise<Description> {
  const answer = message(child)
  child.send(name)
  return answer
}

/** How a core dump of a child can be had here: by a signal, when the kernel writes it to a file in the child's folder. */
function dumpedBy(): 'signal' | 'gcore' | undefined {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
  if (/^[^/|%]+(%[pP])?$/.test(pattern)) return 'signal'
  return spawnSync('gcore', []).error === undefined ? 'gcore' : undefined
}

const cores = () => readdirSync(folder).filter((name) => name.startsWith('core'))

/** Ends the child by a signal that dumps core, if it may. */
async function abort(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.send('abort')
  await ended
}

describeShippedAddon('memory of keys', () => {
  it('secrets are in the memory for them alone, nonces nowhere; after closing, nothing is anywhere', async () => {
    const child = startChild()
    await message(child)
    const { keysOpen, lockError, secretMemory } = await step(child, 'open')
    expect({ keysOpen, lockError }).toEqual({ keysOpen: 3, lockError: 0 })
    const open = searchProcess(child.pid!, SECRETS)
    expect(hasControl(open.hits), 'the search finds what is there').toBe(true)
    if (secretMemory === 'memfd_secret') {
      expect(leaks(open.hits)).toEqual([])
      // What another process cannot read is mapped, read-only, never dumped, not for forked children.
      const flags = open.unread.map((one) => one.split(' ')).filter((one) => one.includes('dd'))
      expect(flags).toEqual([expect.arrayContaining(['rd', 'sh', 'lo', 'dc', 'dd'])])
      expect(flags[0]).not.toContain('wr')
    } else {
      expectOnlyInVault(open.hits, ['rd', 'lo', 'dd', 'wf'])
    }
    expect(await step(child, 'close')).toMatchObject({ keysOpen: 0 })
    const closed = searchProcess(child.pid!, SECRETS).hits
    expect(hasControl(closed)).toBe(true)
    expect(leaks(closed)).toEqual([])
    await step(child, 'leak')
    const leaked = leaks(searchProcess(child.pid!, SECRETS).hits)
    expect(new Set(leaked.map(({ secret }) => secret))).toEqual(new Set(['seed 0', 'nonce 1 of message 70']))
  }, 60_000)

  it('memory that may not be locked works, says so with the errno, and is otherwise the same', async () => {
    const child = startChild('-l 0', 'nobody')
    await message(child)
    const description = await step(child, 'open')
    expect(description).toMatchObject({ keysOpen: 3, secretMemory: 'unlocked' })
    expect([1, 12]).toContain(description.lockError) // EPERM, ENOMEM
    expect([11, 38]).toContain(description.secretMemoryError) // EAGAIN, ENOSYS
    const { hits } = searchProcess(child.pid!, SECRETS)
    expect(hasControl(hits)).toBe(true)
    expectOnlyInVault(hits, ['rd', 'dd', 'wf'])
  }, 60_000)

  const way = dumpedBy()
  const no = (needed: boolean) => (needed ? '' : ' (skipped: nothing here writes core dumps to files)')
  it.skipIf(way === undefined)(
    `a core dump has no secret${no(way !== undefined)}`,
    async () => {
      const child = startChild('-c unlimited')
      await message(child)
      await step(child, 'open')
      if (way === 'signal') await abort(child)
      else spawnSync('gcore', ['-o', join(folder, 'core'), String(child.pid)], { stdio: 'ignore' })
      expect(cores()).toHaveLength(1)
      const hits = searchFile(join(folder, cores()[0]!), SECRETS)
      rmSync(join(folder, cores()[0]!))
      expect(hasControl(hits), 'the dump has the ordinary memory').toBe(true)
      expect(leaks(hits)).toEqual([])
    },
    120_000,
  )

  it.skipIf(way !== 'signal')(
    `a hardened process leaves no core dump${no(way === 'signal')}`,
    async () => {
      const child = startChild('-c unlimited')
      await message(child)
      expect(await step(child, 'open')).toMatchObject({ dumpable: true })
      expect(await step(child, 'harden')).toMatchObject({ dumpable: false, keysOpen: 3 })
      await abort(child)
      expect(cores()).toEqual([])
    },
    60_000,
  )
})

/** Every word of scalars and prefixes once, in the memory with these flags, not writable; nothing else anywhere. */
function expectOnlyInVault(hits: readonly Hit[], flags: readonly string[]): void {
  const found = leaks(hits)
  const words = SEEDS.flatMap((_, k) => [`scalar ${k}`, `prefix ${k}`]).flatMap((name) => [
    name,
    name,
    name,
    name,
  ])
  expect(found.map(({ secret }) => secret).sort()).toEqual(words.sort())
  for (const where of new Set(found.map((hit) => hit.where))) {
    expect(where.split(' ')).toEqual(expect.arrayContaining([...flags]))
    expect(where.split(' ')).not.toContain('wr')
  }
}
