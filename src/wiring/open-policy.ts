// A policy for a runtime: from a file or a value, in the hardened profile, frozen and hashed.
import { readFile } from 'node:fs/promises'
import { jcsBytes } from '../codec/jcs.js'
import { TracevarError } from '../errors.js'
import { queueTimeoutMsDefault } from '../limits.js'
import { queueTimeoutMsOf } from '../policy/evaluate.js'
import { loadPolicyFile } from '../policy/host.js'
import { type LoadedPolicy, parsePolicy } from '../policy/load.js'
import { computePolicyBundleHash } from '../policy/merge.js'
import type { PolicyInput } from '../policy/types.js'
import type { VarMode } from '../receipt/fields.js'
import type { FrozenPolicy } from '../runtime/frozen-policy.js'
import { nodeStoreFs } from '../store/host.js'

/** A policy that a runtime can take. */
export interface OpenedPolicy {
  readonly frozen: FrozenPolicy
  /** The mode asked for, else the file's, else `observe` (DESIGN "Files"). */
  readonly mode: VarMode
  /** `key_id` of the file; undefined when it names none or says `auto`. */
  readonly keyId: string | undefined
  /** Remarks for the operator, one line each. */
  readonly warnings: readonly string[]
  /** Keeps `<sha256>.json`, the hashed bytes, and `<sha256>.yaml`, the file as written, in a directory. */
  store(dir: string): Promise<void>
}

/**
 * Opens a policy.
 *
 * @param policy path of a file, or the policy as a value.
 * @param mode what the caller wants. Left out: what the file says.
 * @throws PolicyLoadError.
 */
export function openPolicy(policy: string | PolicyInput, mode?: VarMode): OpenedPolicy {
  const options = { profile: 'hardened', ...(mode === undefined ? {} : { mode }) } as const
  const loaded =
    typeof policy === 'string'
      ? loadPolicyFile(policy, options)
      : { ...parsePolicy(jcsBytes(policy), 'policy', options), sourceBytes: undefined }
  const bundleHash = computePolicyBundleHash(loaded.policy)
  return {
    frozen: freeze(loaded, bundleHash),
    mode: mode ?? loaded.mode ?? 'observe',
    keyId: loaded.taken.keyId,
    warnings: loaded.warnings,
    async store(dir) {
      const path = `${dir}/${bundleHash.replace('sha256:', '')}`
      await keep(`${path}.json`, jcsBytes(loaded.policy))
      // The same policy may be written in many ways: the first one is kept.
      if (loaded.sourceBytes) await nodeStoreFs.createWhole(`${path}.yaml`, loaded.sourceBytes)
    },
  }
}

/** A stored policy is named by its hash: other bytes under that name were not written by us. */
async function keep(path: string, bytes: Uint8Array): Promise<void> {
  if (await nodeStoreFs.createWhole(path, bytes)) return
  const kept = await readFile(path)
  if (!kept.equals(bytes)) throw new TracevarError('ERR_STORE_DAMAGED', `${path}: not the policy of its name`)
}

function freeze({ policy, taken }: LoadedPolicy, bundleHash: string): FrozenPolicy {
  const { agentId, initiatorId, workflowOwner, sessionBudget } = taken.workflow
  return {
    config: policy,
    bundleHash,
    defaults: {
      agentId,
      initiatorId,
      workflowOwner,
      sessionBudget,
      sessionTtlMs: taken.sessionTtlSec === undefined ? undefined : taken.sessionTtlSec * 1000,
    },
    queueTimeoutMs: (tool) => queueTimeoutMsOf(policy, tool) ?? taken.queueTimeoutMs ?? queueTimeoutMsDefault,
  }
}
