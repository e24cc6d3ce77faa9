// The built command line as a person runs it.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../support/sources.js'

export const CLI = join(ROOT, 'dist/cli/main.js')

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `tracevar ARGS`; `env` is added to the environment, `input` goes to stdin. */
export function tracevar(
  args: readonly string[],
  {
    env = {},
    input = '',
    cwd = ROOT,
  }: { readonly env?: Record<string, string>; readonly input?: string; readonly cwd?: string } = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.on('error', () => {}) // a command that reads nothing may be gone before the input is
  child.stdin.end(input)
  return new Promise((resolve) => {
    child.once('close', (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    )
  })
}
