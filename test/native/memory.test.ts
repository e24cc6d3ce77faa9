// Where the secret is: in the locked pages and nowhere else, for as long as the key is open. A child process holds
// the key; its whole memory is read from here, so that nothing of the search is searched.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { ADDON_PATH, describeShippedAddon } from './addon.js'

const SEED = createHash('sha256').update('seed of the memory test').digest()
const CONTROL = createHash('sha256').update('control of the memory test').digest()
/** RFC 8032 5.1.5: the expanded secret, as it lies in the addon's memory. */
const EXPANDED = createHash('sha512').update(SEED).digest()
EXPANDED[0]! &= 0xf8
EXPANDED[31] = (EXPANDED[31]! & 0x7f) | 0x40

const PATTERNS = {
  control: CONTROL,
  seed: SEED,
  scalar: EXPANDED.subarray(0, 32),
  prefix: EXPANDED.subarray(32),
  // As SHA-512 loads them: words in the other byte order.
  'seed, swapped': Buffer.from(SEED).swap64(),
  'prefix, swapped': Buffer.from(EXPANDED.subarray(32)).swap64(),
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
  const token = new Uint8Array(16)
  const steps = {
    open() {
      const seed = restore('${inverted(SEED)}')
      addon.importSeed(seed, 1, token, new Uint8Array(32))
      seed.fill(0)
      for (let i = 0; i < 100; i++) {
        addon.signMany(token, 1, new Uint8Array(i), Uint32Array.of(0, i), new Uint8Array(64))
      }
    },
    close() {
      addon.closeKey(token)
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

/** Flags of the mapping of each place where a pattern lies. */
function search(pid: number): Record<string, string[]> {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const hits: Record<string, string[]> = Object.fromEntries(Object.keys(PATTERNS).map((name) => [name, []]))
  try {
    for (const { start, end, flags } of mappings(pid)) {
      const bytes = Buffer.alloc(end - start)
      try {
        readSync(memory, bytes, 0, bytes.length, start)
      } catch {
        continue // a page that may be read but has nothing behind it
      }
      for (const [name, pattern] of Object.entries(PATTERNS)) {
        for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1))
          hits[name]!.push(flags)
      }
    }
  } finally {
    closeSync(memory)
  }
  return hits
}

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

function startChild(command: string, args: readonly string[], uid?: number): ChildProcess {
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    ...(uid === undefined ? {} : { uid }),
  })
  children.push(child)
  return child
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`child ended with ${code}`)))
  })
}

async function step(child: ChildProcess, name: string): Promise<unknown> {
  const answer = message(child)
  child.send(name)
  return answer
}

describeShippedAddon('memory of keys', () => {
  it('holds the secret once, locked, undumped, wiped on fork; after closing nowhere', async () => {
    const child = startChild(process.execPath, ['-e', CHILD])
    await message(child)
    expect(await step(child, 'open')).toMatchObject({ lockError: 0, keysOpen: 1 })
    const open = search(child.pid!)
    expect(open.control!.length, 'the search finds what is there').toBeGreaterThan(0)
    expect(open.scalar).toHaveLength(1)
    expect(open.prefix).toHaveLength(1)
    const flags = open.scalar![0]!.split(' ')
    // Read-only, locked, not dumped, wiped on fork.
    expect(flags).toEqual(expect.arrayContaining(['rd', 'lo', 'dd', 'wf']))
    expect(flags).not.toContain('wr')
    for (const name of ['seed', 'seed, swapped', 'prefix, swapped']) expect(open[name], name).toEqual([])

    expect(await step(child, 'close')).toMatchObject({ keysOpen: 0 })
    const closed = search(child.pid!)
    expect(closed.control!.length).toBeGreaterThan(0)
    for (const name of Object.keys(PATTERNS).filter((name) => name !== 'control')) {
      expect(closed[name], name).toEqual([])
    }
  })

  it('that may not be locked works, and says so with the errno', async () => {
    // Root may lock beyond any limit, so the child is nobody where we are root.
    const uid = process.getuid?.() === 0 ? 65534 : undefined
    const child = startChild(
      '/bin/sh',
      ['-c', 'ulimit -l 0; exec "$0" -e "$1"', process.execPath, CHILD],
      uid,
    )
    await message(child)
    const description = (await step(child, 'open')) as { lockError: number; keysOpen: number }
    expect(description.keysOpen).toBe(1)
    expect([1, 12]).toContain(description.lockError) // EPERM, ENOMEM
  })
})
