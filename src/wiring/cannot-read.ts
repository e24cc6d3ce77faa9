// One error for whatever the system says when a path cannot be read.
import { TracevarError } from '../errors.js'

/** `ERR_CLI_READ` (exit 66) with the system's code. An error of ours stays what it is. */
export function cannotRead(path: string, cause: unknown): TracevarError {
  if (cause instanceof TracevarError) return cause
  const why = (cause as NodeJS.ErrnoException).code ?? 'cannot be read'
  return new TracevarError('ERR_CLI_READ', `${path}: ${why}`, { cause })
}
