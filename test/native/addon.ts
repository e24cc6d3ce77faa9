// The addon as the tests see it: by exact path, skipped with the reason where it has not been built.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { NativeAddon } from '../../src/crypto/native-backend.js'

export const ROOT = resolve(import.meta.dirname, '../..')

export const ADDON_PATH = resolve(ROOT, 'build/Release/tracevar.node')

/** The addon is a build with sanitizers (native/check.mjs --sanitize). */
const SANITIZED = process.env.TRACEVAR_SANITIZED === '1'

export const RECEIPT = 1
export const RECORD = 2

/** `describe` that is skipped, with the reason in its name, where the addon is not there. */
export function describeAddon(name: string, body: (addon: NativeAddon) => void): void {
  if (existsSync(ADDON_PATH)) describe(name, () => body(createRequire(import.meta.url)(ADDON_PATH)))
  else skip(`${name} (the addon is not built: npm run build:native)`)
}

/** The kernels that this machine can run, or the one that TRACEVAR_KERNEL forces. */
export function testedKernels(addon: NativeAddon): readonly string[] {
  const forced = process.env.TRACEVAR_KERNEL
  return forced ? [forced] : addon.describe().kernels
}

/** One `describe` for each kernel that is tested, with that kernel in use. */
export function describeKernels(name: string, body: (addon: NativeAddon, kernel: string) => void): void {
  describeAddon(name, (addon) => {
    for (const kernel of testedKernels(addon)) {
      describe(`${kernel} kernel`, () => {
        beforeAll(() => expectOk(addon.useKernel(kernel)))
        afterAll(() => expectOk(addon.useKernel('')))
        body(addon, kernel)
      })
    }
  })
}

/** The same for what a sanitizer's own memory would disturb. */
export function describeShippedAddon(name: string, body: (addon: NativeAddon) => void): void {
  if (!SANITIZED) describeAddon(name, body)
  else skip(`${name} (means nothing under a sanitizer)`)
}

function skip(name: string): void {
  describe.skip(name, () => it('skipped', () => {}))
}

export interface TestKey {
  readonly token: Uint8Array
  readonly publicKey: Uint8Array
}

/** A key of the addon; the status must be OK. */
export function importKey(addon: NativeAddon, seed: Uint8Array, usages = RECEIPT): TestKey {
  const key = { token: new Uint8Array(16), publicKey: new Uint8Array(32) }
  expectOk(addon.importSeed(seed, usages, key.token, key.publicKey))
  return key
}

/** A new key of the addon; the status must be OK. */
export function generateKey(addon: NativeAddon, usages = RECEIPT): TestKey {
  const key = { token: new Uint8Array(16), publicKey: new Uint8Array(32) }
  expectOk(addon.generateKey(usages, key.token, key.publicKey))
  return key
}

/** Status of signing one message. */
export function signStatus(addon: NativeAddon, token: Uint8Array, usage = RECEIPT): string {
  const status = addon.signMany(token, usage, new Uint8Array(1), Uint32Array.of(0, 1), new Uint8Array(64))
  return statusName(addon, status)
}

export function statusName(addon: NativeAddon, status: number): string {
  return addon.describe().statuses[status] ?? `unknown status ${status}`
}

function expectOk(status: number): void {
  if (status !== 0) throw new Error(`status ${status}`)
}
