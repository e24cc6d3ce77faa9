// Where the gateway touches the machine: the server's process, our own streams, signals, environment, randomness.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { TracevarError } from '../errors.js'
import { childEndWaitMsMax, childOutputWaitMsMax, childTermWaitMsMax } from '../limits.js'
import { Gateway } from './proxy.js'
import type { After } from './waits.js'
import type { GatewayDeps } from './workflow-port.js'

/** Environment names that a server gets in any case; the list of the official SDKs. */
const ENV_NAMES = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER']

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** The MCP server to start. No shell is involved. */
export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Names of further environment variables that the server gets. Left out: none. */
  readonly passEnv?: readonly string[]
  /** Working directory. Left out: ours. */
  readonly cwd?: string
}

/** A running server. */
export interface ServerProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Exit code and signal, when it has exited. */
  readonly exited: Promise<ServerExit>
  /** Asks it to exit: SIGTERM after `graceMs`, SIGKILL `childTermWaitMsMax` later. */
  end(graceMs: number): Promise<ServerExit>
}

export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether we had sent it a signal; otherwise it ended by itself, or somebody else ended it. */
  readonly asked: boolean
}

/** What ended the gateway. */
export interface GatewayResult {
  /** The signal that ended it; null when client or server did. */
  readonly signal: NodeJS.Signals | null
  readonly server: ServerExit
}

/** What the caller supplies; randomness, hashing and timers come from here. */
export type GatewayHostDeps = Omit<GatewayDeps, 'sha256' | 'requestIdPrefix' | 'after'>

/**
 * Starts a server: stdin and stdout are pipes; what it writes to stderr goes to ours. Not by inheritance: what a child
 * inherits is switched to blocking, for us too, and our next log line would then stop the gateway when nobody reads it.
 * @throws TracevarError `ERR_GATEWAY_SPAWN` when the command cannot be started.
 */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const env: Record<string, string> = {}
  for (const name of [...ENV_NAMES, ...(server.passEnv ?? [])]) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  const child = spawn(server.command, [...server.args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(server.cwd !== undefined && { cwd: server.cwd }),
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code ?? cause.message
      reject(new TracevarError('ERR_GATEWAY_SPAWN', `the MCP server could not be started: ${why}`, { cause }))
    })
  })
  child.stderr.pipe(process.stderr, { end: false })
  process.stderr.on('error', () => child.stderr.resume()) // nobody reads ours: the server must not wait for it
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal, asked: child.killed })
      endOutput(child.stdout)
      endOutput(child.stderr)
    })
  })
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    exited,
    end: (graceMs) => endChild(child, exited, graceMs),
  }
}

/** After the exit: a grandchild may hold the pipe open for ever, so output counts as ended when it has become still. */
function endOutput(output: Readable): void {
  let before = -1
  const timer = setInterval(() => {
    const now = (output as Socket).bytesRead
    if (now === before && output.readableLength === 0) output.destroy()
    if (output.destroyed) clearInterval(timer)
    before = now
  }, childOutputWaitMsMax)
  timer.unref()
}

function endChild(child: ChildProcess, exited: Promise<ServerExit>, graceMs: number): Promise<ServerExit> {
  const timers = [
    setTimeout(() => child.kill('SIGTERM'), graceMs),
    setTimeout(() => child.kill('SIGKILL'), graceMs + childTermWaitMsMax),
  ]
  void exited.then(() => {
    for (const timer of timers) clearTimeout(timer)
  })
  return exited
}

/**
 * Runs the gateway between this process's stdin and stdout and a server, until the client leaves, the server exits, or
 * SIGTERM, SIGINT or SIGHUP arrives. Then the workflow is closed and the server has exited.
 *
 * @throws TracevarError `ERR_GATEWAY_SPAWN`, or `ERR_GATEWAY_FRAME` after an orderly end.
 */
export async function runGateway(command: ServerCommand, deps: GatewayHostDeps): Promise<GatewayResult> {
  let signal: NodeJS.Signals | null = null
  let stop = (): void => undefined // until there is something to stop, the signal is only noted
  const onSignal = (name: NodeJS.Signals): void => {
    signal ??= name
    stop()
  }
  // Before the server is started: a signal that kills us would leave it alone.
  for (const name of SIGNALS) process.on(name, onSignal)
  try {
    const server = await startServer(command)
    const peers = {
      clientIn: process.stdin,
      clientOut: process.stdout,
      serverIn: server.stdin,
      serverOut: server.stdout,
    }
    const gateway = new Gateway(peers, withHost(deps))
    stop = () => {
      gateway.stop()
      void server.end(0) // the client kills us 2 s after its SIGTERM; the server must be gone by then
    }
    if (signal !== null) stop()
    server.stdin.once('close', () => void server.end(childEndWaitMsMax))
    try {
      await gateway.run()
    } finally {
      await server.end(childEndWaitMsMax)
    }
    return { signal, server: await server.exited }
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal)
  }
}

/** Adds hashing, an unguessable start of ids, and timers. */
export function withHost(deps: GatewayHostDeps): GatewayDeps {
  return {
    ...deps,
    sha256: (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    requestIdPrefix: `tracevar-${randomUUID()}`,
    after,
  }
}

/** Timers of the system. */
export const after: After = (ms, call) => {
  const timer = setTimeout(call, ms)
  return () => clearTimeout(timer)
}
