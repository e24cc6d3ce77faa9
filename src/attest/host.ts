// The one file of this room that reaches for the machine.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hexEncode } from '../codec/hex.js'
import { jcsBytes } from '../codec/jcs.js'
import { sha256String } from '../crypto/hash.js'
import { TracevarError } from '../errors.js'
import { challengeBytesMin, packageFilesMax } from '../limits.js'

/** The kernel's boot id (a UUID); null where the system has none. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || null
  } catch {
    return null // not Linux, or /proc is not mounted
  }
}

/** The time as binding documents carry it: RFC 3339, UTC, milliseconds. */
export function issuedAtNow(): string {
  return new Date().toISOString()
}

/** A challenge for one's own use, lower-case hex; it makes evidence unique and proves freshness only to its maker. */
export function randomChallenge(): string {
  return hexEncode(randomBytes(challengeBytesMin))
}

/**
 * Digest string of the shipped package: SHA-256 of the JCS object that maps `package.json`, `prebuilds/manifest.json`
 * (where it is there: it holds the digests of the addons) and every file below `dist` (paths with `/`) to its SHA-256
 * digest string. A build state file (`.tsbuildinfo`) is not shipped and left out.
 *
 * @throws TracevarError `ERR_ATTEST_EVIDENCE` when the package cannot be read or has more than `packageFilesMax` files.
 */
export function packageDigest(packageRoot: string): string {
  try {
    const names = readdirSync(join(packageRoot, 'dist'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.tsbuildinfo'))
      .map((entry) => join(entry.parentPath, entry.name).slice(join(packageRoot, '/').length))
    if (names.length > packageFilesMax) throw new RangeError(`more than ${packageFilesMax} files`)
    const prebuilds = 'prebuilds/manifest.json'
    const shipped = existsSync(join(packageRoot, prebuilds)) ? [prebuilds] : []
    const manifest = ['package.json', ...shipped, ...names].map((name) => [
      name.replaceAll('\\', '/'),
      sha256String(readFileSync(join(packageRoot, name))),
    ])
    return sha256String(jcsBytes(Object.fromEntries(manifest)))
  } catch (cause) {
    throw new TracevarError('ERR_ATTEST_EVIDENCE', 'the shipped package cannot be read', { cause })
  }
}
