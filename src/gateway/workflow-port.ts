// What the gateway needs from the runtime and from its host; the runtime's `Workflow` satisfies it structurally.
import type { JsonValue } from '../codec/json-value.js'

/** Terminal states of a call that the gateway can see. `CANCELED` and a server's exit mean: outcome unknown. */
export type CallOutcome = 'SUCCESS' | 'ERROR' | 'TIMEOUT' | 'CANCELED'

/** Digest strings of whole frames, without their line ending. `response` is null where no reply came. */
export interface RawDigests {
  readonly request: string
  readonly response: string | null
}

/** One decided call. Its receipt is durable when the ticket is handed out. */
export interface CallTicket {
  readonly receiptId: string
  readonly workflowId: string
  readonly decision: 'ALLOW' | 'BLOCK' | 'STEP_UP' | 'FAIL_CLOSED' | 'FAIL_OPEN'
  readonly reason: string
  /** True only for ALLOW and FAIL_OPEN, or in observe mode. A call that was `refuse`d is never forwarded. */
  readonly allowed: boolean
  /** How long the call may go without reply, once forwarded, before it is concluded as TIMEOUT, in ms. */
  readonly timeoutMs: number
  /** Called just before the bytes are handed to the server. */
  forwarded(): void
  /**
   * Called once for each allowed call, with the outcome; resolves when the post-receipt is durable.
   * `response`: raw bytes of the reply's `result`, as they came; absent for JSON-RPC errors.
   */
  conclude(
    outcome: CallOutcome,
    facts?: { readonly response?: Uint8Array; readonly rawDigests?: RawDigests },
  ): Promise<void>
}

/** Why a `tools/call` is refused whatever the policy says. Reason of the BLOCK receipt. */
export type RefuseReason =
  /** Not strict JSON, or two readers could see two different calls in it (DESIGN decision 12). */
  | 'params_not_canonical'
  /** No usable id, no tool name, or arguments that are no object. */
  | 'request_not_valid'
  /** A `tools/call` within a JSON-RPC batch. */
  | 'batch_not_allowed'
  /** The id belongs to a request in flight. */
  | 'id_in_use'
  /** The frame is of another protocol version or era than the connection (MCP 2026-07-28). */
  | 'protocol_version'

/** The workflow of one connection. */
export interface WorkflowPort {
  readonly workflowId: string
  /** Decides a call and makes its receipt durable. `args`: `params.arguments`, `{}` where absent or unreadable. */
  begin(
    tool: string,
    args: JsonValue,
    facts?: {
      readonly refuse?: RefuseReason
      /** Digest string of the frame, without its line ending. */
      readonly rawDigest?: string
    },
  ): Promise<CallTicket>
  close(reason: 'connection_teardown' | 'explicit_close'): Promise<unknown>
}

/** What the gateway takes from outside. */
export interface GatewayDeps {
  /**
   * Called once: at the first `tools/call`, else at the end of the connection. Never for a process that only saw
   * `server/discover` (MCP clients may start a command twice). `declaredTools`: names of the server's tools, null when
   * its list could not be had.
   */
  openWorkflow(declaredTools: readonly string[] | null): Promise<WorkflowPort>
  /** One line of structural facts; never parameters or payloads (VAR R-99). */
  log(line: string): void
  /** Digest string (`sha256:…`) of bytes. */
  sha256(bytes: Uint8Array): string
  /** Calls back once after `ms`; the result cancels it. */
  after(ms: number, call: () => void): () => void
  /** Start of the ids of the gateway's own requests; must be unguessable, so that ids never clash. */
  readonly requestIdPrefix: string
}
