// Misuse of the raw addon: TypeError for the wrong kind, RangeError for the wrong size, naming the argument; never a
// crash. (The back end checks before; the addon does not rely on it.)
import { expect, it } from 'vitest'
import type { NativeAddon } from '../../src/crypto/native-backend.js'
import { batchItemsMax } from '../../src/limits.js'
import { describeAddon, generateKey, RECEIPT } from './addon.js'
import { plainContext } from './archive-lines.js'

const NO_BYTES: readonly unknown[] = [
  undefined,
  null,
  1,
  'text',
  [1, 2],
  {},
  new ArrayBuffer(8),
  new Int8Array(8),
  new Uint8ClampedArray(8),
  new DataView(new ArrayBuffer(8)),
  Symbol('s'),
]

/** [function, valid arguments, names of the arguments that are bytes] */
type Call = readonly [name: keyof NativeAddon, args: () => unknown[], bytes: Readonly<Record<string, number>>]

describeAddon('addon boundary', (addon) => {
  const { token, publicKey } = generateKey(addon)
  const one = () => [new Uint8Array(3), Uint32Array.of(0, 3)]
  const calls: readonly Call[] = [
    ['sha256Many', () => [...one(), new Uint8Array(32)], { bytes: 0, out: 2 }],
    ['sha512Many', () => [...one(), new Uint8Array(64)], { bytes: 0, out: 2 }],
    [
      'signMany',
      () => [token.slice(), RECEIPT, ...one(), new Uint8Array(64)],
      { tokens: 0, bytes: 2, out: 4 },
    ],
    [
      'verifyMany',
      () => [publicKey.slice(), new Uint8Array(64), ...one(), new Uint8Array(1)],
      { publicKeys: 0, signatures: 1, bytes: 2, out: 4 },
    ],
    ['generateKey', () => [0, new Uint8Array(16), new Uint8Array(32)], { token: 1, publicKey: 2 }],
    [
      'importSeed',
      () => [new Uint8Array(32), 0, new Uint8Array(16), new Uint8Array(32)],
      { seed: 0, token: 2, publicKey: 3 },
    ],
    ['addRef', () => [token.slice()], { token: 0 }],
    ['closeKey', () => [new Uint8Array(16)], { token: 0 }],
    ['confirmLines', () => [plainContext(), Uint8Array.of(10)], { context: 0, block: 1 }],
  ]
  const call = (name: keyof NativeAddon, args: unknown[]): unknown =>
    (addon[name] as (...args: unknown[]) => unknown)(...args)

  for (const [name, args, byteArguments] of calls) {
    it(`${name} takes what it should`, () => {
      expect(() => call(name, args())).not.toThrow()
    })

    it(`${name} without arguments is a TypeError`, () => {
      expect(() => call(name, [])).toThrow(TypeError)
    })

    for (const [argument, index] of Object.entries(byteArguments)) {
      it(`${name} refuses ${argument} that is no Uint8Array, shared, detached, or of another length`, () => {
        const refused = (value: unknown, kind: typeof TypeError | typeof RangeError, why: string) => {
          const changed = args()
          changed[index] = value
          expect(() => call(name, changed), why).toThrow(kind)
          expect(() => call(name, changed), why).toThrow(new RegExp(`\\b(${argument}|offsets): `))
        }
        NO_BYTES.forEach((value, i) => {
          refused(value, TypeError, `row ${i}`)
        })
        const { length } = args()[index] as Uint8Array
        refused(new Uint8Array(new SharedArrayBuffer(length)), TypeError, 'shared')
        const detached = new Uint8Array(length)
        structuredClone(detached, { transfer: [detached.buffer] })
        refused(detached, TypeError, 'detached')
        refused(new Uint8Array(length + 1), RangeError, 'longer')
        refused(new Uint8Array(length - 1), RangeError, 'shorter')
      })
    }
  }

  it.each([
    ['no entry', new Uint32Array(), RangeError],
    ['a first entry that is not 0', Uint32Array.of(1, 3), RangeError],
    ['entries that fall', Uint32Array.of(0, 3, 2, 3), RangeError],
    ['a last entry beyond the bytes', Uint32Array.of(0, 4), RangeError],
    ['a last entry short of the bytes', Uint32Array.of(0, 2), RangeError],
    ['the largest entry', Uint32Array.of(0, 0xffffffff), RangeError],
    ['an entry beyond the bytes and back', Uint32Array.of(0, 0xffffffff, 3), RangeError],
    [
      'more entries than a batch may have',
      new Uint32Array(batchItemsMax + 2).fill(3, batchItemsMax),
      RangeError,
    ],
    ['another kind', new Int32Array([0, 3]), TypeError],
    ['a plain array', [0, 3], TypeError],
    ['shared memory', new Uint32Array(new SharedArrayBuffer(8)), TypeError],
    ['nothing', undefined, TypeError],
  ] as const)('offsets with %s are refused in every batch call', (_, offsets, kind) => {
    for (const [name, args] of calls.slice(0, 4)) {
      const changed = args()
      changed[changed.length - 2] = offsets
      expect(() => call(name, changed), name).toThrow(kind)
      expect(() => call(name, changed), name).toThrow(/offsets: /)
    }
  })

  it('usages that are no set, and a usage that is not one, are refused', () => {
    for (const value of [-1, 16, 1.5, Number.NaN, Infinity, 2 ** 32 + 1]) {
      expect(() => addon.generateKey(value, new Uint8Array(16), new Uint8Array(32)), `${value}`).toThrow(
        RangeError,
      )
    }
    for (const value of [undefined, null, '1', 1n, {}]) {
      expect(() => call('generateKey', [value, new Uint8Array(16), new Uint8Array(32)])).toThrow(TypeError)
    }
    for (const value of [0, 3, 15]) {
      const args = [token, value, ...one(), new Uint8Array(64)]
      expect(() => call('signMany', args), `${value}`).toThrow(RangeError)
    }
  })

  // Signing hashes a message twice; an output over it would give two messages one nonce, and the key away.
  it('an output that overlaps an input is refused', () => {
    const memory = new ArrayBuffer(256)
    const view = (start: number, length: number) => new Uint8Array(memory, start, length)
    const batchAt = (start: number) => [view(start, 8), Uint32Array.of(0, 8)] as const
    for (const start of [0, 56, 63]) {
      const [bytes, offsets] = batchAt(start)
      expect(() => addon.signMany(token, RECEIPT, bytes, offsets, view(0, 64)), `${start}`).toThrow(
        /overlaps bytes/,
      )
    }
    const [bytes, offsets] = batchAt(64)
    expect(addon.signMany(token, RECEIPT, bytes, offsets, view(0, 64))).toBe(0)
    expect(() => addon.sha256Many(bytes, offsets, view(40, 32))).toThrow(/overlaps bytes/)
    expect(() => addon.verifyMany(view(0, 32), view(100, 64), bytes, offsets, view(31, 1))).toThrow(
      /overlaps publicKeys/,
    )
    expect(() => addon.verifyMany(view(0, 32), view(100, 64), bytes, offsets, view(100, 1))).toThrow(
      /overlaps signatures/,
    )
    const numbers = new Uint32Array(memory, 192, 2)
    numbers[1] = 8
    expect(() => addon.sha256Many(bytes, numbers, view(170, 32))).toThrow(/overlaps offsets/)
  })

  it('names of kernels that are no strings are refused; those that no machine has get a status', () => {
    for (const name of ['useKernel', 'useSigningKernel'] as const) {
      for (const value of [undefined, null, 1, {}, Symbol('s')])
        expect(() => call(name, [value])).toThrow(TypeError)
      for (const value of ['nothing', 'portable2', 'x'.repeat(1000), 'port\0able']) {
        expect(addon.describe().statuses[call(name, [value]) as number], value).toBe('NO_KERNEL')
      }
      expect(call(name, ['portable'])).toBe(0)
      expect(addon.describe()[name === 'useKernel' ? 'kernel' : 'signingKernel']).toBe('portable')
      expect(call(name, [''])).toBe(0)
    }
  })

  it('empty batches do nothing', () => {
    const nothing = new Uint8Array()
    const none = Uint32Array.of(0)
    addon.sha256Many(nothing, none, nothing)
    addon.sha512Many(nothing, none, nothing)
    addon.verifyMany(publicKey, nothing, nothing, none, nothing)
    expect(addon.signMany(token, RECEIPT, nothing, none, nothing)).toBe(0)
    expect(addon.signMany(nothing, RECEIPT, nothing, none, nothing)).toBe(0)
  })
})
