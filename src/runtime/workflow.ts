// One workflow: one chain, one writer, one frozen policy. Every call gets a durable receipt before it goes out and a
// post-receipt when it is over (DESIGN "A tool call", decisions 4, 5, 13).

import type { Evidence } from '../attest/evidence.js'
import type { JsonValue } from '../codec/json-value.js'
import { DecisionError, TracevarError } from '../errors.js'
import { workflowOpenCallsMax } from '../limits.js'
import type { ActionReceipt, CloseReason, TerminalOutcome, VarMode } from '../receipt/fields.js'
import type { SignedTrustRecord } from '../record/types.js'
import { type CallParams, canonicalParams, unreadableParams } from './call-params.js'
import { CallSlots } from './call-slots.js'
import { type CallTicket, createTicket, type OutcomeFacts } from './call-ticket.js'
import type { ChainHead, ChainWriter, DraftMoment, ReceiptDraft, Written } from './chain-writer.js'
import type { Clock } from './clock.js'
import { decideCall, isAllowed, observed, type Verdict } from './decide.js'
import type { FrozenPolicy } from './frozen-policy.js'
import { responseDigest } from './response-digest.js'

/** What `close()` resolves to: the workflow's Trust Record and the evidence beside it. */
export interface ClosedWorkflow {
  readonly trustRecord: SignedTrustRecord
  readonly evidence: Evidence
}

/** What a gateway knows about a call beyond tool and arguments. */
export interface BeginFacts {
  /** The arguments cannot be read canonically: block with this reason. */
  readonly refuse?: string
  /** With `refuse`: digest string of the raw bytes, since there are no canonical ones. */
  readonly rawDigest?: string
}

/** A mark in the journal: how far the call of receipt `about` came. */
export type CallMark =
  | { readonly t: 'forwarded'; readonly about: string }
  | { readonly t: 'concluded'; readonly about: string; readonly outcome: TerminalOutcome }

/** Parts that a {@link Workflow} works with. */
export interface WorkflowParts {
  readonly workflowId: string
  readonly agentId: string
  readonly mode: VarMode
  readonly policy: FrozenPolicy
  readonly declaredTools: readonly string[] | null
  readonly writer: ChainWriter
  readonly clock: Clock
  readonly sha256String: (bytes: Uint8Array) => string
  /** Throws `ERR_STORE_PUSHBACK` or `ERR_SEALER_PUSHBACK` while a new call should not be begun. */
  readonly checkRoom: () => void
  readonly mark: (mark: CallMark) => void
  /** Issues record and evidence over the finished chain and makes them durable. */
  readonly issueRecord: (heads: {
    receipts: ChainHead
    annex: ChainHead
    totalCalls: number
  }) => Promise<ClosedWorkflow>
  readonly onClosed: () => void
}

/** A live workflow. Get one from `runtime.openWorkflow()`; `close()` it when the agent is done. */
export class Workflow {
  readonly workflowId: string
  readonly #parts: WorkflowParts
  readonly #declared: ReadonlySet<string> | null
  readonly #slots = new CallSlots(workflowOpenCallsMax)
  readonly #open = new Set<CallTicket>()
  readonly #running = new Set<Promise<unknown>>()
  /** Allowed calls whose receipts are being sealed: open, but without a ticket yet. */
  #sealing = 0
  #batchOrder = 0
  #totalCalls = 0
  #totalBlocked = 0
  #openedAt = ''
  #cancelTtl = () => {}
  #closing: Promise<ClosedWorkflow> | undefined

  constructor(parts: WorkflowParts) {
    this.#parts = parts
    this.workflowId = parts.workflowId
    this.#declared = parts.declaredTools === null ? null : new Set(parts.declaredTools)
  }

  /** Called once by the runtime: the manifest is the chain's first receipt. */
  async opened(manifest: Written, ttlMs: number | undefined): Promise<void> {
    this.#openedAt = manifest.sealed.receipt.issued_at // made once a workflow
    await manifest.durable
    if (ttlMs === undefined) return
    const expire = () => {
      this.close('ttl_expired').catch(() => {}) // GV-15; whoever calls close() sees a failure
    }
    this.#cancelTtl = this.#parts.clock.after(ttlMs, expire, { background: true })
  }

  /**
   * Decides, records and runs one tool call. `run` is called only after the receipt is durable, with a frozen copy
   * of the arguments parsed from the very bytes that were hashed, and a signal that aborts on time-out.
   *
   * @returns what `run` returns.
   * @throws DecisionError when the call is not allowed; `ERR_RUNTIME_TIMEOUT` when `run` takes longer than the
   * policy's `queue_timeout_ms` (the outcome is then unknown); `ERR_RUNTIME_PARAMS` for arguments without a canonical
   * form; `ERR_RUNTIME_FAIL_CLOSED` when no receipt could be written; else whatever `run` throws.
   */
  async call<T>(
    tool: string,
    args: JsonValue,
    run: (args: JsonValue, signal: AbortSignal) => T | Promise<T>,
  ): Promise<T> {
    return this.#tracked(async () => {
      const ticket = await this.#begin(tool, args, {})
      if (!ticket.allowed) throw decisionError(ticket)
      return this.#run(ticket, run)
    })
  }

  /**
   * Decides and records a call without running it. This is evidence, not enforcement: nothing stops the caller from
   * ignoring `allowed`. Call `forwarded()` before and `conclude()` after the call; use the ticket's `args`, which are
   * what was decided, not your own.
   */
  authorize(tool: string, args: JsonValue): Promise<CallTicket> {
    return this.begin(tool, args)
  }

  /** {@link authorize} with what a gateway knows. */
  begin(tool: string, args: JsonValue, facts: BeginFacts = {}): Promise<CallTicket> {
    return this.#tracked(() => this.#begin(tool, args, facts))
  }

  /**
   * Closes the workflow: waits for running calls, concludes what is still open as CANCELED, seals `workflow_closed`,
   * issues the Trust Record. Calling it again gives the same result.
   */
  close(reason: CloseReason = 'explicit_close'): Promise<ClosedWorkflow> {
    this.#cancelTtl()
    this.#closing ??= this.#close(reason)
    return this.#closing
  }

  /** Runs work that `close()` waits for. */
  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen()
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #begin(tool: string, args: JsonValue, facts: BeginFacts): Promise<CallTicket> {
    if (typeof tool !== 'string') throw new TypeError(`tool: expected a string, got ${typeof tool}`)
    const params = facts.refuse === undefined ? canonicalParams(args) : unreadableParams(facts.rawDigest)
    const hasSlot = this.#slots.tryTake() || (await this.#waitForSlot(tool))
    try {
      this.#parts.checkRoom()
      return await (hasSlot ? this.#decide(tool, params, facts) : this.#deadLetter(tool, params, facts))
    } catch (error) {
      if (hasSlot) this.#slots.release()
      throw error
    }
  }

  async #run<T>(
    ticket: CallTicket,
    run: (args: JsonValue, signal: AbortSignal) => T | Promise<T>,
  ): Promise<T> {
    const abort = new AbortController()
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      cancel = this.#parts.clock.after(ticket.timeoutMs, () => {
        const what = `no answer in ${ticket.timeoutMs} ms; the outcome is unknown (receipt ${ticket.receiptId})`
        reject(new TracevarError('ERR_RUNTIME_TIMEOUT', what))
        abort.abort()
      })
    })
    const ran = (async () => {
      ticket.forwarded()
      return run(ticket.args, abort.signal)
    })()
    let result: T
    try {
      result = await Promise.race([ran, late])
    } catch (error) {
      await ticket.conclude(abort.signal.aborted ? 'TIMEOUT' : 'ERROR')
      throw error
    } finally {
      cancel()
    }
    await ticket.conclude('SUCCESS', { response: (result ?? null) as JsonValue })
    return result
  }

  #decide(tool: string, params: CallParams, facts: BeginFacts): Promise<CallTicket> {
    const { policy, mode } = this.#parts
    const verdict = decideCall(policy.config, this.#declared, {
      tool,
      args: params.args,
      paramsBytes: params.bytes.length,
      refuse: facts.refuse,
    })
    return this.#record(tool, params, mode === 'observe' && !facts.refuse ? observed(verdict) : verdict, {})
  }

  /** VAR R-90: the call waited too long for its turn; nothing went out. */
  #deadLetter(tool: string, params: CallParams, facts: BeginFacts): Promise<CallTicket> {
    const verdict: Verdict = {
      decision: 'FAIL_CLOSED',
      reason: facts.refuse ?? 'queue_timeout',
      blastRadius: 'HIGH',
      reversible: false,
      moneyAction: false,
      amountMinorUnits: undefined,
    }
    return this.#record(tool, params, verdict, {
      queue_status: 'DEAD_LETTER',
      failure_reason: 'queue_timeout',
      fallback_policy: 'fail_closed',
    })
  }

  async #record(
    tool: string,
    params: CallParams,
    verdict: Verdict,
    extra: DeadLetterFields,
  ): Promise<CallTicket> {
    const { writer, policy, agentId } = this.#parts
    const allowed = isAllowed(verdict.decision)
    this.#batchOrder = this.#open.size + this.#sealing === 0 ? 1 : this.#batchOrder + 1
    const timeoutMs = policy.queueTimeoutMs(tool)
    const paramsHash = params.hash ?? this.#parts.sha256String(params.bytes)
    const decisionOrder = this.#batchOrder
    const draft = ({ count }: DraftMoment): ReceiptDraft => ({
      record_type: 'action_receipt',
      workflow_id_source: 'nonsudo_generated',
      agent_id: agentId,
      policy_bundle_hash: policy.bundleHash,
      tool_name: tool,
      params_canonical_hash: paramsHash,
      decision: verdict.decision,
      decision_reason: verdict.reason,
      decision_order: decisionOrder,
      queue_timeout_ms: timeoutMs,
      blast_radius: verdict.blastRadius,
      reversible: verdict.reversible,
      state_version_before: count - 1,
      state_version_after: allowed ? count : count - 1,
      upstream_call_initiated: allowed,
      money_action: verdict.moneyAction,
      ...(verdict.amountMinorUnits === undefined ? {} : { amount_minor_units: verdict.amountMinorUnits }),
      ...extra,
    })
    if (allowed) this.#sealing++
    let written: Written
    let ticket: CallTicket
    try {
      written = await writer.receipt(draft)
      ticket = this.#ticket(tool, params, verdict, timeoutMs, written)
      if (allowed) this.#open.add(ticket)
    } finally {
      if (allowed) this.#sealing--
    }
    this.#totalCalls++
    if (!allowed) this.#totalBlocked++
    try {
      await written.durable
    } catch (error) {
      this.#open.delete(ticket)
      throw error
    }
    if (!allowed && !('queue_status' in extra)) this.#slots.release()
    return ticket
  }

  #ticket(
    tool: string,
    params: CallParams,
    verdict: Verdict,
    timeoutMs: number,
    written: Written,
  ): CallTicket {
    const { clock, mark } = this.#parts
    const { id: receiptId, hash } = written.sealed
    const ticket: CallTicket = createTicket({
      receiptId,
      workflowId: this.workflowId,
      decision: verdict.decision,
      reason: verdict.reason,
      args: params.args,
      timeoutMs,
      monotonicMs: () => clock.monotonicMs(),
      onForwarded: () => mark({ t: 'forwarded', about: hash }),
      onConcluded: async (times, outcome, facts) => {
        this.#open.delete(ticket)
        this.#slots.release()
        await this.#post(tool, receiptId, hash, times, outcome, facts)
      },
    })
    return ticket
  }

  /** The post-receipt, and the raw digests in the annex where a gateway has them. */
  async #post(
    tool: string,
    receiptId: string,
    hash: string,
    times: { readonly startMs: number; readonly endMs: number },
    outcome: TerminalOutcome,
    facts: OutcomeFacts,
  ): Promise<void> {
    const { writer, policy, agentId, mark } = this.#parts
    const written = await writer.receipt({
      record_type: 'post_receipt',
      agent_id: agentId,
      policy_bundle_hash: policy.bundleHash,
      pre_receipt_id: receiptId,
      tool_name: tool,
      terminal_outcome: outcome,
      upstream_response_digest: responseDigest(facts.response),
      execution_start_ms: times.startMs,
      execution_end_ms: times.endMs,
    })
    const { rawDigests } = facts
    const noted = rawDigests && writer.note({ kind: 'raw_digests', about: hash, ...rawDigests })
    mark({ t: 'concluded', about: hash, outcome })
    try {
      await written.durable
      await noted
    } catch (cause) {
      const what = `the tool was called, but its outcome could not be recorded (receipt ${receiptId})`
      throw new TracevarError('ERR_RUNTIME_FAIL_CLOSED', what, { cause })
    }
  }

  #waitForSlot(tool: string): Promise<boolean> {
    const { clock, policy } = this.#parts
    return this.#slots.take((fire) => clock.after(policy.queueTimeoutMs(tool), fire))
  }

  async #close(reason: CloseReason): Promise<ClosedWorkflow> {
    const { writer, policy, agentId, issueRecord, onClosed } = this.#parts
    try {
      await Promise.allSettled(this.#running)
      for (const ticket of [...this.#open]) await ticket.conclude('CANCELED')
      const opened = Date.parse(this.#openedAt)
      const closed = await writer.receipt(({ wallMs }) => ({
        record_type: 'workflow_closed',
        workflow_id_source: 'nonsudo_generated',
        agent_id: agentId,
        policy_bundle_hash: policy.bundleHash,
        total_calls: this.#totalCalls,
        total_blocked: this.#totalBlocked,
        total_spend: null,
        session_duration_ms: wallMs - opened,
        close_reason: reason,
      }))
      await closed.durable
      return await issueRecord({
        receipts: writer.receipts,
        annex: writer.annex,
        totalCalls: this.#totalCalls,
      })
    } finally {
      onClosed()
    }
  }

  #checkOpen(): void {
    if (this.#closing) throw new TracevarError('ERR_RUNTIME_CLOSED', `workflow ${this.workflowId} is closed`)
  }
}

/** What a dead letter has on top (VAR R-90); empty for a call that got its turn. */
type DeadLetterFields =
  | Pick<ActionReceipt, 'queue_status' | 'failure_reason' | 'fallback_policy'>
  | Record<never, never>

function decisionError(ticket: CallTicket): DecisionError {
  const { decision, reason, receiptId, workflowId } = ticket
  if (isAllowed(decision)) throw new TypeError('ticket: expected one that is not allowed')
  return new DecisionError({ decision, reason, receiptId, workflowId })
}
