// Reads policy files from disk.
import { closeSync, openSync, readSync } from 'node:fs'
import { PolicyLoadError } from '../errors.js'
import { policyBytesMax } from '../limits.js'
import { type LoadedPolicy, type PolicyLoadOptions, parsePolicy } from './load.js'
import type { PolicyConfig } from './types.js'

/**
 * Loads a policy file as the reference does (compat profile), in any shape of D-1. A policy without `default` is said
 * once with `process.emitWarning`.
 *
 * @throws PolicyLoadError `ERR_POLICY_NOT_FOUND` and those of {@link parsePolicy}
 */
export function loadPolicy(path: string): PolicyConfig {
  const { policy, warnings } = loadPolicyFile(path, { profile: 'compat' })
  for (const warning of warnings) process.emitWarning(`${path}: ${warning}`)
  return policy
}

/** Loads a policy file for the runtime; `sourceBytes` are the bytes as written. @throws as {@link loadPolicy} */
export function loadPolicyFile(
  path: string,
  options: PolicyLoadOptions,
): LoadedPolicy & { readonly sourceBytes: Uint8Array } {
  const sourceBytes = readBounded(path)
  return { ...parsePolicy(sourceBytes, path, options), sourceBytes }
}

/** At most one byte more than a policy may have, so that the size is refused without reading all of a huge file. */
function readBounded(path: string): Uint8Array {
  const buffer = new Uint8Array(policyBytesMax + 1)
  let length = 0
  try {
    const file = openSync(path, 'r')
    try {
      for (let read = -1; read !== 0 && length < buffer.length; length += read) {
        read = readSync(file, buffer, length, buffer.length - length, null)
      }
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error'
    const message =
      code === 'ENOENT' ? `Policy file not found: ${path}` : `Policy file cannot be read (${code}): ${path}`
    throw new PolicyLoadError('ERR_POLICY_NOT_FOUND', message, { cause })
  }
  return buffer.slice(0, length)
}
