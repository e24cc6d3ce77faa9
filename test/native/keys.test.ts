// Keys in one thread: usages, lifetime, bounds.
import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { KEY_USAGES } from '../../src/crypto/backend.js'
import { createNativeBackend, NATIVE_ERRORS } from '../../src/crypto/native-backend.js'
import { packBatch } from '../../src/crypto/packed-batch.js'
import { describeAddon, generateKey, importKey, RECEIPT, RECORD, signStatus, statusName } from './addon.js'

describeAddon('addon keys', (addon) => {
  it('status names are those that native-backend.ts maps to error codes', () => {
    expect(addon.describe().statuses).toEqual(['OK', ...NATIVE_ERRORS.map(([name]) => name)])
  })

  it('sign for their usages only', () => {
    for (let usages = 0; usages < 1 << KEY_USAGES.length; usages++) {
      const { token } = generateKey(addon, usages)
      KEY_USAGES.forEach((_, bit) => {
        const usage = 1 << bit
        expect(signStatus(addon, token, usage), `${usages} ${usage}`).toBe(
          (usages & usage) === 0 ? 'KEY_USAGE' : 'OK',
        )
      })
      addon.closeKey(token)
    }
  })

  it('are gone after the last close, and no other token finds them', () => {
    const key = generateKey(addon)
    expect(signStatus(addon, randomBytes(16))).toBe('KEY_CLOSED')
    expect(statusName(addon, addon.addRef(key.token))).toBe('OK')
    expect(statusName(addon, addon.closeKey(key.token))).toBe('OK')
    expect(signStatus(addon, key.token)).toBe('OK')
    expect(statusName(addon, addon.closeKey(key.token))).toBe('OK')
    expect(signStatus(addon, key.token)).toBe('KEY_CLOSED')
    expect(statusName(addon, addon.closeKey(key.token))).toBe('KEY_CLOSED')
    expect(statusName(addon, addon.addRef(key.token))).toBe('KEY_CLOSED')
    expect(signStatus(addon, new Uint8Array(16))).toBe('KEY_CLOSED')
  })

  it('have tokens that differ, even for the same seed', () => {
    const seed = randomBytes(32)
    const keys = Array.from({ length: 50 }, () => importKey(addon, seed))
    expect(new Set(keys.map(({ token }) => Buffer.from(token).toString('hex'))).size).toBe(50)
    expect(new Set(keys.map(({ publicKey }) => Buffer.from(publicKey).toString('hex'))).size).toBe(1)
    for (const { token } of keys) addon.closeKey(token)
  })

  it('one unusable key leaves zeros for the whole batch', () => {
    const [good, bad] = [generateKey(addon), generateKey(addon, RECORD)]
    const batch = packBatch([new Uint8Array(3), new Uint8Array(4)])
    const out = new Uint8Array(128).fill(7)
    const tokens = Buffer.concat([good.token, bad.token])
    expect(statusName(addon, addon.signMany(tokens, RECEIPT, batch.bytes, batch.offsets, out))).toBe(
      'KEY_USAGE',
    )
    expect(out.every((byte) => byte === 0)).toBe(true)
    for (const { token } of [good, bad]) addon.closeKey(token)
  })

  it('fill a table of keysMax, which says so and goes on after a close', () => {
    const { keysMax, keysOpen } = addon.describe()
    const keys = Array.from({ length: keysMax - keysOpen }, () => generateKey(addon))
    expect(addon.describe().keysOpen).toBe(keysMax)
    const token = new Uint8Array(16)
    expect(statusName(addon, addon.generateKey(RECEIPT, token, new Uint8Array(32)))).toBe('KEY_TABLE_FULL')
    expect(token.every((byte) => byte === 0)).toBe(true)
    const backend = createNativeBackend(addon, { path: '', sha256: '' })
    expect(() => backend.generateKey(['receipt'])).toThrow(
      expect.objectContaining({
        code: 'ERR_CRYPTO_NATIVE',
        message: expect.stringContaining('KEY_TABLE_FULL'),
      }),
    )
    addon.closeKey(keys.pop()!.token)
    keys.push(generateKey(addon))
    for (const key of keys) addon.closeKey(key.token)
    expect(addon.describe().keysOpen).toBe(keysOpen)
  })

  it('statuses become error codes in the back end', () => {
    const failing = { ...addon, signMany: () => 0 }
    const backend = createNativeBackend(failing, { path: '', sha256: '' })
    const key = backend.generateKey(['receipt'])
    NATIVE_ERRORS.forEach(([name, code], i) => {
      failing.signMany = () => i + 1
      expect(() => backend.ed25519SignMany([key], 'receipt', packBatch([new Uint8Array(1)])), name).toThrow(
        expect.objectContaining({ code }),
      )
    })
    failing.signMany = () => 99
    expect(() => backend.ed25519SignMany([key], 'receipt', packBatch([new Uint8Array(1)]))).toThrow(
      expect.objectContaining({ code: 'ERR_CRYPTO_NATIVE' }),
    )
    key.close()
  })
})
