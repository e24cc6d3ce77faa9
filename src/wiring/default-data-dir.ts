// Where data is when nobody says (DESIGN "Files").

/** `TRACEVAR_DATA`, else `./tracevar-data`. */
export function defaultDataDir(): string {
  return process.env.TRACEVAR_DATA || './tracevar-data'
}
