// Starts the bundled test gateway in front of real servers.
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const scratch = mkdtempSync(join(tmpdir(), 'tracevar-gateway-'))
let bundle: Promise<string> | undefined

async function bundleMain(): Promise<string> {
  const outfile = join(scratch, 'gateway-main.mjs')
  await build({
    entryPoints: [resolve(import.meta.dirname, 'gateway-main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return outfile
}

export type Event = Record<string, unknown>

/** Command of a gateway in front of `node ARGS`, and what its processes noted. */
export async function gatewayFor(
  args: readonly string[],
  options: {
    block?: readonly string[]
    passEnv?: readonly string[]
    command?: string
    signalAtOnce?: string
  } = {},
) {
  bundle ??= bundleMain()
  const events = mkdtempSync(join(scratch, 'events-'))
  const { command = process.execPath, block = [], passEnv = [], signalAtOnce } = options
  return {
    command: process.execPath,
    args: [await bundle, JSON.stringify({ command, args, block, passEnv, events, signalAtOnce })],
    /** Events of each process that was started. */
    processes(): Event[][] {
      return readdirSync(events)
        .map((name) => readFileSync(join(events, name), 'utf8').trim().split('\n'))
        .map((lines) => lines.map((line) => JSON.parse(line) as Event))
    },
  }
}

/** Folder for the files of one test. */
export function scratchFolder(name: string): string {
  return mkdtempSync(join(scratch, `${name}-`))
}

/** Entry of an installed server. */
export function serverEntry(name: string): string {
  return resolve(
    import.meta.dirname,
    `../../../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`,
  )
}

export const MODERN_SERVER = resolve(import.meta.dirname, 'modern-server.mjs')
