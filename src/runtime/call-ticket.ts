// One decided call: the way from a durable receipt to its outcome. States: durable -> forwarded -> concluded.
import type { JsonValue } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'
import { type Decision, TERMINAL_OUTCOMES, type TerminalOutcome } from '../receipt/fields.js'
import { isAllowed } from './decide.js'

/** What is known when a call ends. */
export interface OutcomeFacts {
  /** The tool's answer: raw text bytes of a gateway, or a JSON value. Left out: none (VAR RI-2). */
  readonly response?: Uint8Array | JsonValue | undefined
  /** Digest strings of the raw request and response frames, for the annex. */
  readonly rawDigests?: { readonly request: string; readonly response: string | null } | undefined
}

/** A call that was decided; its receipt is durable. */
export interface CallTicket {
  readonly receiptId: string
  readonly workflowId: string
  readonly decision: Decision
  readonly reason: string
  /** True only for ALLOW and FAIL_OPEN: the call may go out. */
  readonly allowed: boolean
  /** The arguments that were hashed and decided, frozen. null when they could not be read. */
  readonly args: JsonValue
  /** Bound on the call after it was forwarded, milliseconds. */
  readonly timeoutMs: number
  /**
   * Marks that the call leaves for the tool. Call it right before it does.
   *
   * @throws TracevarError `ERR_RUNTIME_CLOSED` when the call is over already, e.g. because the workflow was closed:
   * then it must not go out.
   */
  forwarded(): void
  /** Records the outcome; resolves when the post-receipt is durable. Further calls do nothing. */
  conclude(outcome: TerminalOutcome, facts?: OutcomeFacts): Promise<void>
}

/** What a ticket needs from its workflow. */
export interface TicketParts {
  readonly receiptId: string
  readonly workflowId: string
  readonly decision: Decision
  readonly reason: string
  readonly args: JsonValue
  readonly timeoutMs: number
  readonly monotonicMs: () => number
  readonly onForwarded: () => void
  readonly onConcluded: (
    times: { readonly startMs: number; readonly endMs: number },
    outcome: TerminalOutcome,
    facts: OutcomeFacts,
  ) => Promise<void>
}

/** Makes the ticket of one call. A call that is not allowed has nothing to forward or conclude. */
export function createTicket(parts: TicketParts): CallTicket {
  const allowed = isAllowed(parts.decision)
  let startMs = parts.monotonicMs()
  let concluded: Promise<void> | undefined
  return Object.freeze({
    receiptId: parts.receiptId,
    workflowId: parts.workflowId,
    decision: parts.decision,
    reason: parts.reason,
    allowed,
    args: parts.args,
    timeoutMs: parts.timeoutMs,
    forwarded(): void {
      if (!allowed) return
      if (concluded) throw new TracevarError('ERR_RUNTIME_CLOSED', `call ${parts.receiptId} is over`)
      startMs = parts.monotonicMs()
      parts.onForwarded()
    },
    conclude(outcome: TerminalOutcome, facts: OutcomeFacts = {}): Promise<void> {
      if (!TERMINAL_OUTCOMES.includes(outcome)) {
        throw new TypeError(`outcome: expected one of ${TERMINAL_OUTCOMES.join(', ')}`)
      }
      if (!allowed) return Promise.resolve()
      concluded ??= parts.onConcluded(
        { startMs: Math.floor(startMs), endMs: Math.floor(parts.monotonicMs()) },
        outcome,
        facts,
      )
      return concluded
    },
  })
}
