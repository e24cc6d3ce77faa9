// What is shipped: the architectures of Linux, each with its tools. For the architecture of this machine those are the
// plain ones; for another the cross compiler's, as Debian names them (crossbuild-essential-arm64, -amd64).
import { spawnSync } from 'node:child_process'

const PREFIXES = { x64: 'x86_64-linux-gnu-', arm64: 'aarch64-linux-gnu-' }

/** Every architecture that a release has. */
export const ARCHITECTURES = Object.keys(PREFIXES)

/**
 * Tools for one of them: `{arch, cc, cxx, ar, strip, readelf, nm}`, names of commands; or `{arch, missing}`, what this
 * machine lacks, in words.
 */
export function targetOf(arch) {
  const prefix = arch === process.arch ? '' : PREFIXES[arch]
  if (prefix === undefined) throw new RangeError(`arch: expected one of ${ARCHITECTURES}, got ${arch}`)
  const tool = (name) => `${prefix}${name}`
  const target = { arch, cc: tool('gcc'), cxx: tool('g++'), ar: tool('ar'), strip: tool('strip') }
  Object.assign(target, { readelf: tool('readelf'), nm: tool('nm') })
  const missing = [target.cxx, target.strip].filter(
    (command) => spawnSync(command, ['--version']).status !== 0,
  )
  return missing.length === 0 ? target : { arch, missing: `${missing.join(' and ')} not installed` }
}
