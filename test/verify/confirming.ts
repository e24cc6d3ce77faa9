// A back end that confirms lines in native code, beside the same one that does not, for tests that compare them.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, it } from 'vitest'
import type { Backend, LineConfirmer } from '../../src/crypto/backend.js'
import { createNativeBackend, type NativeAddon } from '../../src/crypto/native-backend.js'
import { ADDON_PATH } from '../native/addon.js'

/** How the confirming back end works in one test. */
export interface ConfirmSize {
  readonly jobsMax?: number
  readonly blockBytes?: number
}

/** Two back ends that must give the same reports. */
export interface Pair {
  readonly plain: Backend
  /** `onConfirmed` is called with the number of lines each time that lines are confirmed. */
  confirming(size?: ConfirmSize, onConfirmed?: (count: number) => void): Backend
}

/** `describe` that is skipped, with the reason in its name, where the addon is not there. */
export function describeConfirming(name: string, body: (pair: Pair, addon: NativeAddon) => void): void {
  if (!existsSync(ADDON_PATH)) {
    describe.skip(`${name} (the addon is not built: npm run build:native)`, () => it('skipped', () => {}))
    return
  }
  describe(name, () => {
    const addon = createRequire(import.meta.url)(ADDON_PATH) as NativeAddon
    const { confirmer, ...plain } = createNativeBackend(addon, { path: ADDON_PATH, sha256: '' })
    const confirming: Pair['confirming'] = (size, onConfirmed) => ({
      ...plain,
      confirmer: observed({ ...(confirmer as LineConfirmer), ...size }, onConfirmed),
    })
    body({ plain, confirming }, addon)
  })
}

function observed(confirmer: LineConfirmer, onConfirmed?: (count: number) => void): LineConfirmer {
  return {
    ...confirmer,
    async confirmLines(context, block) {
      const lines = await confirmer.confirmLines(context, block)
      onConfirmed?.(lines.count)
      return lines
    },
  }
}
