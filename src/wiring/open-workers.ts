// The runtime's threads: how many, and what they start with.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { sealWorkersMax } from '../limits.js'
import type { ReceiptSigner } from '../receipt/seal.js'
import { startWorkers, systemClock } from '../runtime/host.js'
import { WorkerPool } from '../runtime/worker-pool.js'
import type { WorkerData } from './worker-main.js'

/**
 * Threads that can use the signer's key; undefined where the back end shares no keys (`pure`), or for none.
 *
 * @param count threads at most. Left out: one for each core but the first, up to `sealWorkersMax`.
 */
export function openWorkers(
  { backend, key }: ReceiptSigner,
  count: number = Math.min(availableParallelism() - 1, sealWorkersMax),
): WorkerPool | undefined {
  const { name } = backend.describe()
  if (count < 1 || backend.sharing === undefined || (name !== 'native' && name !== 'node')) return undefined
  const data: WorkerData = { backend: name, key: backend.sharing.share(key) }
  const file = fileURLToPath(new URL('./worker-main.js', import.meta.url))
  return new WorkerPool(count, () => startWorkers(file, count, data), systemClock.after)
}
