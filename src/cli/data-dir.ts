// Where a command finds the data directory.

export interface DataOption {
  readonly data?: string
}

/** `--data DIR`, else `TRACEVAR_DATA`, else `./tracevar-data` (DESIGN "Files"). */
export function dataDirOf(options: DataOption): string {
  return options.data ?? (process.env.TRACEVAR_DATA || './tracevar-data')
}
