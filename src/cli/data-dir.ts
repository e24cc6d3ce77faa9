// Where a command finds the data directory.
import { defaultDataDir } from '../wiring/default-data-dir.js'
import { usage } from './action.js'

export interface DataOption {
  readonly data?: string | undefined
}

/** `--data DIR`, else `TRACEVAR_DATA`, else `./tracevar-data` (DESIGN "Files"). An empty DIR would be the root. */
export function dataDirOf(options: DataOption): string {
  if (options.data === '') usage('--data: expected a directory, got ""')
  return options.data ?? defaultDataDir()
}
