// A worker thread of the runtime: one exported function for each task. It opens the back end that the runtime chose,
// and takes a handle of its own on the runtime's key; the secret stays where it is.
import { workerData } from 'node:worker_threads'
import type { PrivateKey, SharedKey } from '../crypto/backend.js'
import { openBackend } from '../crypto/host.js'
import { type WorkerTasks, workerTasks } from '../runtime/worker-tasks.js'

/** What a thread starts with. */
export interface WorkerData {
  /** Back ends whose keys can be shared. */
  readonly backend: 'native' | 'node'
  readonly key: SharedKey
}

let tasks: ReturnType<typeof workerTasks> | undefined

/** The tasks, opened with the first one. */
function opened(): ReturnType<typeof workerTasks> {
  if (tasks === undefined) {
    const data = workerData as WorkerData
    const backend = openBackend({ require: data.backend })
    let key: PrivateKey | undefined
    tasks = workerTasks(backend, () => {
      key ??= backend.sharing?.adopt(data.key)
      if (key === undefined) throw new TypeError('worker: the back end shares no keys')
      return key
    })
  }
  return tasks
}

export const seal = (task: WorkerTasks['seal']['task']) => opened().seal(task)
export const verify = (task: WorkerTasks['verify']['task']) => opened().verify(task)
