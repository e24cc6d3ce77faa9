// `openRuntime`: gathers files, clock, key, back end and policy, and hands them to the runtime.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bootId, packageDigest } from '../attest/host.js'
import { PLATFORMS } from '../attest/platform.js'
import { formatDigest } from '../codec/digest.js'
import type { SyncBackend } from '../crypto/backend.js'
import { loadOrCreateKey, type OpenBackendOptions, openBackend } from '../crypto/host.js'
import { packBatch } from '../crypto/packed-batch.js'
import { TracevarError } from '../errors.js'
import { lockPollMs, sealWorkersMax } from '../limits.js'
import type { PolicyInput } from '../policy/types.js'
import type { VarMode } from '../receipt/fields.js'
import { systemUlidSource } from '../receipt/host.js'
import type { Isolation } from '../record/workflow-document.js'
import { systemClock } from '../runtime/host.js'
import { type RecordOptions, Runtime } from '../runtime/runtime.js'
import { type DataDir, openDataDir } from '../store/data-dir.js'
import { nodeProcessHost, nodeStoreFs } from '../store/host.js'
import { openJournal } from '../store/journal.js'
import { defaultDataDir } from './default-data-dir.js'
import { type OpenedPolicy, openPolicy } from './open-policy.js'
import { openWorkers } from './open-workers.js'
import { packageRoot, packageVersion } from './package-version.js'

/** Options of {@link openRuntime}. Unknown members are refused. */
export interface OpenRuntimeOptions {
  /** Data directory, made when missing. Left out: `TRACEVAR_DATA`, else `./tracevar-data`. */
  readonly dataDir?: string
  /** Policy file, or a policy as a value. It is read once and frozen. */
  readonly policy: string | PolicyInput
  /** `observe` records only, `enforce` also blocks. Left out: the policy file's `mode`, else `observe`. */
  readonly mode?: VarMode
  /** What the Trust Records say about agent and data. Left out: the defaults of software mode. */
  readonly record?: RecordOptions
  /** Back end to prefer or to require, and the kernel that signs. Left out: the best that is there. */
  readonly backend?: Pick<OpenBackendOptions, 'prefer' | 'require' | 'signKernel'>
  /** Name of the signing key, made on first use. Left out: the policy file's `key_id`, else `local-1`. */
  readonly keyId?: string
  /** Freshness bytes of a relying party, 16 to 64 bytes of lower-case hex. Left out: none. */
  readonly challenge?: string
  /** `process` only for a program that runs nothing but the runtime, such as the gateway. Left out: `in-process`. */
  readonly isolation?: Isolation
  /** How long to wait for another process to give the data directory back, milliseconds. Left out: 0. */
  readonly lockWaitMs?: number
  /** Threads that seal beside the main one when many workflows are busy, 0 to 8. Left out: one a core but the first. */
  readonly sealWorkers?: number
}

const OPTION_NAMES = new Set<string>([
  'dataDir',
  'policy',
  'mode',
  'record',
  'backend',
  'keyId',
  'challenge',
  'isolation',
  'lockWaitMs',
  'sealWorkers',
] satisfies (keyof OpenRuntimeOptions)[])

/**
 * Opens the runtime: data directory, signing key, journal, policy (hardened profile).
 *
 * @throws TracevarError `ERR_RUNTIME_OPTION`, `ERR_STORE_LOCKED`, `ERR_STORE_*`, `ERR_CRYPTO_*`;
 * PolicyLoadError. Nothing stays open then.
 */
export async function openRuntime(options: OpenRuntimeOptions): Promise<Runtime> {
  checkOptions(options)
  return openRuntimeWith(openPolicy(options.policy, options.mode), options)
}

/** {@link openRuntime} with a policy that was opened before, so that what was looked at is what decides. */
export async function openRuntimeWith(
  policy: OpenedPolicy,
  options: Omit<OpenRuntimeOptions, 'policy' | 'mode'>,
): Promise<Runtime> {
  checkMode(policy.mode)
  const backend = openBackend(options.backend ?? {})
  const root = resolve(options.dataDir ?? defaultDataDir()) // a host may change its directory later
  const undo: (() => unknown)[] = []
  const release = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const data = await lockDataDir(root, options.lockWaitMs ?? 0)
    undo.push(() => data.close())
    await policy.store(data.paths.policies)
    const keyId = options.keyId ?? policy.keyId ?? 'local-1'
    const key = await loadOrCreateKey(data.paths.keys, keyId, backend, ['receipt', 'record', 'annex'])
    undo.push(() => key.close())
    const sha256String = sha256With(backend)
    const journal = await openJournal(nodeStoreFs, data.paths.journal, { lock: data, sha256String })
    undo.push(() => journal.close())
    const signer = { backend, key, keyId }
    const workers = openWorkers(signer, options.sealWorkers)
    if (workers !== undefined) undo.push(() => workers.close())
    return new Runtime({
      journal,
      signer,
      ...(workers === undefined ? {} : { workers }),
      policy: policy.frozen,
      mode: policy.mode,
      clock: systemClock,
      ulid: systemUlidSource(),
      sha256String,
      platform: softwarePlatform(),
      packageDigest: packageDigest(fileURLToPath(packageRoot)),
      bootId: bootId(),
      challenge: options.challenge ?? null,
      record: options.record ?? {},
      isolation: options.isolation ?? 'in-process',
      runtimeVersion: packageVersion(),
      release,
    })
  } catch (error) {
    await release()
    throw error
  }
}

function checkOptions(options: OpenRuntimeOptions): void {
  for (const name of Object.keys(options)) {
    if (!OPTION_NAMES.has(name))
      throw new TracevarError('ERR_RUNTIME_OPTION', `openRuntime: option ${name} is unknown`)
  }
  if (options.dataDir === '')
    throw new TracevarError('ERR_RUNTIME_OPTION', 'openRuntime: option dataDir is empty')
  const { sealWorkers } = options
  if (
    sealWorkers !== undefined &&
    !(Number.isInteger(sealWorkers) && sealWorkers >= 0 && sealWorkers <= sealWorkersMax)
  )
    throw new TracevarError(
      'ERR_RUNTIME_OPTION',
      `openRuntime: option sealWorkers: expected 0 to ${sealWorkersMax}`,
    )
  if (options.policy === undefined)
    throw new TracevarError('ERR_RUNTIME_OPTION', 'openRuntime: option policy is missing')
}

/** Mode attest needs hardware evidence (VAR R-109), which this version does not collect. */
function checkMode(mode: VarMode): void {
  if (mode !== 'observe' && mode !== 'enforce') {
    throw new TracevarError(
      'ERR_RUNTIME_OPTION',
      'mode: expected observe or enforce; attest needs hardware evidence',
    )
  }
}

/** Another process may be about to end: MCP clients start a gateway anew while the old one still closes. */
async function lockDataDir(root: string, waitMs: number): Promise<DataDir> {
  const processes = await nodeProcessHost()
  const endMs = systemClock.monotonicMs() + waitMs
  for (;;) {
    try {
      return await openDataDir(nodeStoreFs, processes, root)
    } catch (error) {
      const isLocked = error instanceof TracevarError && error.code === 'ERR_STORE_LOCKED'
      if (!isLocked || systemClock.monotonicMs() >= endMs) throw error
      await new Promise((resolve) => setTimeout(resolve, lockPollMs))
    }
  }
}

function sha256With(backend: SyncBackend): (bytes: Uint8Array) => string {
  return (bytes) => formatDigest('sha256', backend.sha256Many(packBatch([bytes])))
}

function softwarePlatform() {
  const platform = PLATFORMS.get('software-only')
  if (platform === undefined) throw new TypeError('platform table: expected software-only')
  return platform
}
