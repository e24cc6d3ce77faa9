// Finds and loads the addon. Only crypto/host.ts imports this file; like that file it reaches for the disk.
import { createHash } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'
import { PREBUILDS_FORMAT } from '../formats.js'
import type { NativeAddon } from './native-backend.js'

/** The addon, the file it was loaded from, and that file's SHA-256 (64 hex digits). */
export interface LoadedAddon {
  readonly addon: NativeAddon
  readonly path: string
  readonly sha256: string
}

/**
 * Loads the addon from one of two exact paths below the package: `prebuilds/<platform>-<arch>/tracevar.node`, whose
 * SHA-256 must be the one in `prebuilds/manifest.json`; else `build/Release/tracevar.node`, built here, whose digest
 * is reported. Nothing in the environment changes the paths. A prebuilt addon that cannot run here (another libc) is
 * passed over; one with a wrong digest stops the search.
 *
 * All threads of a process share the addon's key table, since a loaded file is known by its path. After an upgrade the
 * process keeps the code it has loaded: restart it.
 *
 * @param packageRoot absolute path of the folder with `package.json`.
 * @throws TracevarError `ERR_CRYPTO_NATIVE` with what was tried.
 */
export function loadNativeAddon(packageRoot: string): LoadedAddon {
  if (process.platform !== 'linux') throw failure(`the addon exists for linux, not for ${process.platform}`)
  const prebuilds = join(packageRoot, 'prebuilds')
  const prebuiltName = `${process.platform}-${process.arch}/tracevar.node`
  const prebuilt = join(prebuilds, prebuiltName)
  const built = join(packageRoot, 'build/Release/tracevar.node')
  const attempts: string[] = []
  if (existsSync(prebuilt)) {
    const digest = manifestDigest(join(prebuilds, 'manifest.json'), prebuiltName)
    try {
      return load(prebuilt, digest)
    } catch (error) {
      if (error instanceof TracevarError) throw error
      attempts.push(messageOf(error))
    }
  } else attempts.push(`no prebuilt addon for ${process.platform}-${process.arch}`)
  if (!existsSync(built)) throw failure([...attempts, 'none built here (npm run build:native)'].join('; '))
  try {
    return load(built)
  } catch (error) {
    throw failure([...attempts, messageOf(error)].join('; '), error)
  }
}

/**
 * Hashes a file and loads it. `expected`: the digest it must have; left out, any.
 *
 * The load is by path, not by `/proc/self/fd/N`: the C library knows what it has loaded by name, and would give an
 * earlier file for a number that is used again. That the path stayed the file that was hashed is checked afterwards.
 */
function load(path: string, expected?: string): LoadedAddon {
  const file = openSync(path, 'r')
  try {
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
    if (expected !== undefined && sha256 !== expected) {
      throw failure(`${path}: SHA-256 is ${sha256}, the manifest says ${expected}`)
    }
    const loaded: { exports: unknown } = { exports: {} }
    process.dlopen(loaded, path)
    const [hashed, named] = [fstatSync(file), statSync(path)]
    if (hashed.dev !== named.dev || hashed.ino !== named.ino) {
      throw failure(`${path}: replaced while it was loaded`)
    }
    return { addon: loaded.exports as NativeAddon, path, sha256 }
  } finally {
    closeSync(file)
  }
}

function manifestDigest(path: string, name: string): string {
  let manifest: unknown
  try {
    manifest = parseJson(readFileSync(path))
  } catch (error) {
    throw failure(`${path}: ${messageOf(error)}`, error)
  }
  if (isJsonObject(manifest) && manifest.format === PREBUILDS_FORMAT && Array.isArray(manifest.files)) {
    for (const row of manifest.files) {
      if (isJsonObject(row) && row.path === name && typeof row.sha256 === 'string') return row.sha256
    }
  }
  throw failure(`${path}: no digest for ${name} in format ${PREBUILDS_FORMAT}`)
}

function failure(message: string, cause?: unknown): TracevarError {
  return new TracevarError('ERR_CRYPTO_NATIVE', message, { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
