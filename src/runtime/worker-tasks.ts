// What a worker thread can do: a table of tasks, the same on both sides. A new kind of work is a new row.
import type { PrivateKey, SyncBackend } from '../crypto/backend.js'
import type { PackedBatch } from '../crypto/packed-batch.js'
import type { SealBatch } from '../crypto/seal-batch.js'
import { type ErrorCode, TracevarError } from '../errors.js'

/** Tasks by name: what goes there and what comes back, as structured clones. */
export interface WorkerTasks {
  /** Seals receipts of different chains. The signed bytes do not come back: main fills the signatures in. */
  seal: { readonly task: SealBatch; readonly answer: JoinedTexts }
  /** STRICT verification, for back ends without threads of their own; one byte an item. */
  verify: {
    readonly task: PackedBatch & { readonly publicKeys: Uint8Array; readonly signatures: Uint8Array }
    readonly answer: Uint8Array
  }
}

export type TaskName = keyof WorkerTasks

/** `SealedTexts`, each list as one string: two strings are cheap to send. */
export interface JoinedTexts {
  readonly signatures: string
  readonly digests: string
}

/** An answer, or the error in its place: an error that crosses threads by itself would lose its code. */
export type TaskAnswer<Name extends TaskName> =
  | { readonly answer: WorkerTasks[Name]['answer'] }
  | { readonly code: ErrorCode; readonly message: string }

/** The tasks of one worker, on its back end and its handle of the runtime's key. */
export function workerTasks(
  backend: SyncBackend,
  key: () => PrivateKey,
): { readonly [Name in TaskName]: (task: WorkerTasks[Name]['task']) => TaskAnswer<Name> } {
  return {
    seal: (batch) =>
      answer(() => {
        const { signatures, digests } = backend.sealMany([key()], 'receipt', batch)
        return { signatures: signatures.join(''), digests: digests.join('') }
      }),
    verify: ({ publicKeys, signatures, bytes, offsets }) =>
      answer(() => backend.ed25519VerifyMany(publicKeys, signatures, { bytes, offsets })),
  }
}

function answer<T>(
  work: () => T,
): { readonly answer: T } | { readonly code: ErrorCode; readonly message: string } {
  try {
    return { answer: work() }
  } catch (error) {
    if (error instanceof TracevarError) return { code: error.code, message: error.message }
    throw error
  }
}
