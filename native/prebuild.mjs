// Makes prebuilds/linux-<arch>/tracevar.node with prebuildify for every architecture that is shipped and that this
// machine has a compiler for, or for those named as arguments, and prebuilds/manifest.json over them:
// {format, files: [{path, sha256}]}. src/crypto/native-loader.ts reads it. What was there before is removed.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GYP_ROOT, isMain, ROOT, runInGypRoot } from './gyp.mjs'
import { ARCHITECTURES, targetOf } from './targets.mjs'

export const PREBUILDS = join(ROOT, 'prebuilds')

/** Builds for a target of targets.mjs in `folder`; returns the path of the stripped addon. */
export function prebuild(target, folder) {
  const flags = ['--platform', 'linux', '--arch', target.arch, '--napi', '--name', 'tracevar']
  runInGypRoot(folder, 'prebuildify/bin.js', [...flags, '--strip', '--strip-bin', target.strip], {
    CC: target.cc,
    CXX: target.cxx,
    AR: target.ar,
    LINK: target.cxx,
  })
  return join(folder, 'prebuilds', `linux-${target.arch}`, 'tracevar.node')
}

function writeManifest() {
  const files = readdirSync(PREBUILDS, { recursive: true })
    .filter((path) => path.endsWith('.node'))
    .sort()
    .map((path) => ({ path, bytes: readFileSync(join(PREBUILDS, path)) }))
    .map(({ path, bytes }) => ({ path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }))
  const rows = files.map(({ path, sha256 }) => ({ path, sha256 }))
  const manifest = { format: 'tracevar/prebuilds/1', files: rows }
  writeFileSync(join(PREBUILDS, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const { path, bytes, sha256 } of files)
    console.log(`prebuilds/${path} ${bytes.length} bytes, ${sha256}`)
}

/** Fills prebuilds/; returns the targets that were built. An architecture without a compiler is named and left out. */
export function makePrebuilds(architectures = ARCHITECTURES) {
  rmSync(PREBUILDS, { recursive: true, force: true })
  const targets = architectures.map(targetOf)
  for (const { arch, missing } of targets)
    if (missing !== undefined) console.log(`linux-${arch}: left out, ${missing}`)
  const built = targets.filter(({ missing }) => missing === undefined)
  for (const target of built) {
    const addon = prebuild(target, GYP_ROOT)
    const folder = join(PREBUILDS, `linux-${target.arch}`)
    mkdirSync(folder, { recursive: true })
    cpSync(addon, join(folder, 'tracevar.node'))
  }
  rmSync(GYP_ROOT, { recursive: true, force: true })
  if (built.length > 0) writeManifest()
  return built
}

if (isMain(import.meta)) {
  const named = process.argv.slice(2)
  const built = makePrebuilds(named.length > 0 ? named : ARCHITECTURES)
  if (built.length === 0 || built.length < named.length) process.exitCode = 1
}
