// L2: the rules of a chain, one receipt after the other (VAR 1.4, and the openings of 3.1).
// A broken structure, or a statement that cannot be read, is a failure; a readable, signed statement that contradicts
// another is a warning.
import { formatDigest, isSha256String } from '../codec/digest.js'
import type { JsonObject } from '../codec/json-value.js'
import type { ConfirmedLines } from '../crypto/backend.js'
import { VAR_SPEC_VERSION } from '../formats.js'
import { isMoneyToolName } from '../ledger/taxonomy.js'
import { findingsMax, timeRegressionSecMax } from '../limits.js'
import { receiptKind } from '../receipt/kinds.js'
import { parseTime } from '../receipt/time.js'
import type { KnownTool } from './confirm-context.js'
import { checkFields, type Report } from './receipt-fields.js'

/** Decisions that keep a call from being made. */
export const BLOCKING: readonly unknown[] = ['BLOCK', 'FAIL_CLOSED', 'STEP_UP']

/** State of a chain up to a receipt; receipts come in the order of their sequence numbers. */
export class ChainRules {
  #count = 0
  #previous:
    | { readonly sequenceNumber: number; readonly hash: string; readonly receipt: JsonObject }
    | undefined
  #first: JsonObject | undefined
  #manifest: JsonObject | undefined
  #declaredTools: ReadonlySet<unknown> = new Set()
  #overrides: ReadonlySet<unknown> = new Set()
  #closed = false
  #calls = 0
  #blocked = 0
  #latestTime = Number.NEGATIVE_INFINITY
  /** Outcomes that the last recovery_event still lets expect, and how to report a difference. */
  #recovery: { missing: number; readonly report: Report } | undefined
  /** Sequence numbers that did not follow the one before; at most `findingsMax`. */
  readonly gaps: number[] = []

  /** Number of receipts so far. */
  get count(): number {
    return this.#count
  }

  get workflowId(): string | null {
    const id = this.#first?.workflow_id
    return typeof id === 'string' ? id : null
  }

  /** `sequence_number` of the last receipt. */
  get lastNumber(): number | undefined {
    return this.#previous?.sequenceNumber
  }

  /** Hash of the last receipt. */
  get head(): string | null {
    return this.#previous?.hash ?? null
  }

  /** VAR R-41: the last receipt is workflow_closed. */
  get complete(): boolean {
    return this.#previous?.receipt.record_type === 'workflow_closed'
  }

  /**
   * Looks at the next receipt.
   *
   * @param sequenceNumber a safe integer.
   * @param hash of the complete receipt.
   */
  next(receipt: JsonObject, sequenceNumber: number, hash: string, report: Report): void {
    const kind = receiptKind(receipt.record_type)
    if (kind !== undefined) checkFields(receipt, kind, report)
    if (this.#previous === undefined) this.#checkFirst(receipt, sequenceNumber, report)
    else this.#checkLink(receipt, sequenceNumber, this.#previous, report)
    this.#checkSteady(receipt, report)
    this.#checkTime(receipt, report)
    this.#checkRecovery(receipt)
    this.#checkKind(receipt, report)
    this.#previous = { sequenceNumber, hash, receipt }
    this.#count++
  }

  /** Members that the next receipts share when nothing is to be said of them; undefined: something always is. */
  constants():
    | { readonly workflowId: string; readonly agentId: string; readonly policyBundleHash: string }
    | undefined {
    const { workflow_id: workflowId, agent_id: agentId } = this.#first ?? {}
    const policyBundleHash = this.#previous?.receipt.policy_bundle_hash
    if (this.#closed || this.#recovery !== undefined) return undefined
    if (typeof workflowId !== 'string' || typeof agentId !== 'string') return undefined
    return isSha256String(policyBundleHash) ? { workflowId, agentId, policyBundleHash } : undefined
  }

  /** The manifest, once there is one: {@link knownTool} may answer differently then. */
  get manifest(): JsonObject | undefined {
    return this.#manifest
  }

  /** What is said of a call by the name of its tool. */
  knownTool(name: string): KnownTool {
    const isOverridden = this.#overrides.has(name)
    const isMoneyName = isMoneyToolName(name)
    return {
      isDeclared: this.#declaredTools.size === 0 || this.#declaredTools.has(name),
      needsMoneyTag: isMoneyName && !isOverridden,
      isUntagged: this.isUntagged({ tool_name: name }),
    }
  }

  /** Whether lines that share the {@link constants} are the next ones, and not far before the latest time. */
  follows({ firstNumber, previous, earliestMs }: ConfirmedLines): boolean {
    return (
      this.#previous !== undefined &&
      firstNumber === this.#previous.sequenceNumber + 1 &&
      formatDigest('sha256', previous) === this.#previous.hash &&
      this.#latestTime - earliestMs <= 1000 * timeRegressionSecMax
    )
  }

  /** Takes such lines as {@link next} would: receipts of calls and outcomes, of which nothing is to be said. */
  confirm({ count, lastNumber, head, calls, blocked, latestMs }: ConfirmedLines): void {
    if (this.#previous === undefined) throw new TypeError('confirm: nothing comes before')
    this.#count += count
    this.#calls += calls
    this.#blocked += blocked
    this.#latestTime = Math.max(this.#latestTime, latestMs)
    // Of the receipt before, only what these lines share with it is looked at again.
    const { receipt } = this.#previous
    this.#previous = { sequenceNumber: lastNumber, hash: formatDigest('sha256', head), receipt }
  }

  /** To be called after the last receipt. */
  end(): void {
    this.#endRecovery()
  }

  /** A call of which nobody said whether it moves money, although its name does not answer that (VAR R-42). */
  isUntagged(action: JsonObject): boolean {
    return action.money_action === undefined && !this.#overrides.has(action.tool_name) && !isMoney(action)
  }

  #checkFirst(receipt: JsonObject, sequenceNumber: number, report: Report): void {
    this.#first = receipt
    if (receipt.record_type !== 'workflow_manifest')
      report('L2', 'fail', 'MISSING_MANIFEST', 'the chain does not begin with a workflow_manifest')
    if (sequenceNumber !== 0) report('L2', 'fail', 'SEQUENCE_ERROR', 'the first sequence_number is not 0')
    if (receipt.prev_receipt_hash !== null)
      report('L2', 'fail', 'NULL_HASH_EXPECTED', 'the first prev_receipt_hash is not null')
  }

  #checkLink(
    receipt: JsonObject,
    sequenceNumber: number,
    previous: { readonly sequenceNumber: number; readonly hash: string },
    report: Report,
  ): void {
    if (sequenceNumber !== previous.sequenceNumber + 1) {
      if (this.gaps.length < findingsMax) this.gaps.push(sequenceNumber)
      report(
        'L2',
        'fail',
        'INCOMPLETE_CHAIN',
        `expected ${previous.sequenceNumber + 1}, got ${sequenceNumber}`,
      )
    }
    if (receipt.prev_receipt_hash !== previous.hash)
      report('L2', 'fail', 'HASH_MISMATCH', `the receipt before has ${previous.hash}`)
    if (receipt.workflow_id !== this.#first?.workflow_id)
      report('L2', 'fail', 'WORKFLOW_ID_MISMATCH', 'workflow_id is not that of the first receipt')
  }

  /** What stays the same within a chain. */
  #checkSteady(receipt: JsonObject, report: Report): void {
    if (receipt.spec_version !== VAR_SPEC_VERSION)
      report('L2', 'fail', 'UNKNOWN_SPEC_VERSION', `spec_version is not ${VAR_SPEC_VERSION}`) // VAR D-9
    if (this.#closed) report('L2', 'fail', 'RECEIPT_AFTER_CLOSE', 'the workflow was closed before')
    if (receipt.agent_id !== this.#first?.agent_id)
      report('L2', 'warn', 'AGENT_ID_MISMATCH', 'agent_id is not that of the first receipt')
    const before = this.#previous?.receipt.policy_bundle_hash
    if (before !== undefined && receipt.policy_bundle_hash !== before)
      report('L2', 'warn', 'POLICY_HASH_CHANGE', 'policy_bundle_hash is not that of the receipt before')
  }

  /** Compared with the latest time so far, so that a clock that is set back in small steps is noticed too. */
  #checkTime(receipt: JsonObject, report: Report): void {
    const time = parseTime(receipt.issued_at)
    if (time === undefined) return // checkFields says so
    const seconds = (this.#latestTime - time) / 1000
    if (seconds > timeRegressionSecMax) {
      report(
        'L2',
        'warn',
        'TIME_REGRESSION',
        `issued_at is ${Math.round(seconds)} s before that of an earlier receipt`,
      )
      this.#latestTime = time // reported once, not for every receipt that follows
    }
    this.#latestTime = Math.max(this.#latestTime, time)
  }

  /** VAR R-97: a recovery_event is followed by the outcomes of the calls that were open. */
  #checkRecovery(receipt: JsonObject): void {
    if (this.#recovery === undefined) return
    const { record_type, terminal_outcome } = receipt
    if (record_type === 'post_receipt' && (terminal_outcome === 'CANCELED' || terminal_outcome === 'TIMEOUT'))
      this.#recovery.missing--
    else this.#endRecovery()
  }

  #endRecovery(): void {
    const recovery = this.#recovery
    if (recovery !== undefined && recovery.missing !== 0) {
      const difference = `${Math.abs(recovery.missing)} ${recovery.missing > 0 ? 'fewer' : 'more'}`
      recovery.report('L2', 'warn', 'RECOVERY_COUNT_MISMATCH', `${difference} outcomes follow than announced`)
    }
    this.#recovery = undefined
  }

  #checkKind(receipt: JsonObject, report: Report): void {
    const { record_type } = receipt
    if (record_type === 'workflow_manifest') this.#checkManifest(receipt, report)
    if (record_type === 'action_receipt') this.#checkAction(receipt, report)
    if (record_type === 'post_receipt') this.#checkPost(receipt, report)
    if (record_type === 'recovery_event') this.#checkRecoveryEvent(receipt, report)
    if (record_type === 'workflow_closed') this.#checkClosed(receipt, report)
  }

  #checkManifest(receipt: JsonObject, report: Report): void {
    if (this.#count > 0) report('L2', 'warn', 'DUPLICATE_MANIFEST', 'not the first receipt') // VAR 3.6 a
    if (receipt.taxonomy_status === 'CACHED')
      report('L2', 'warn', 'TAXONOMY_CACHED', 'taxonomy_status is CACHED')
    if (receipt.workflow_id_source === 'parent_join' && typeof receipt.parent_workflow_id !== 'string')
      report('L2', 'warn', 'PARENT_MISSING', 'parent_workflow_id is null') // VAR R-101
    if (this.#manifest !== undefined) return
    this.#manifest = receipt
    this.#declaredTools = setOf(receipt.declared_tools)
    this.#overrides = setOf(receipt.money_action_overrides)
  }

  #checkAction(receipt: JsonObject, report: Report): void {
    const { decision, tool_name, state_version_before: before, state_version_after: after } = receipt
    this.#calls++
    const blocked = BLOCKING.includes(decision)
    if (blocked) this.#blocked++
    else if (this.#declaredTools.size > 0 && !this.#declaredTools.has(tool_name))
      report('L2', 'warn', 'UNDECLARED_TOOL', 'the manifest does not declare this tool') // VAR D-46
    if (receipt.billable_reason === 'DEGRADED_SESSION')
      report('L2', 'warn', 'DEGRADED_STATE', 'billable_reason is DEGRADED_SESSION')
    if (isMoney(receipt) && receipt.money_action !== true && !this.#overrides.has(tool_name))
      report(
        'L2',
        'warn',
        'MONEY_ACTION_TAG_MISSING',
        'the name of the tool is in the taxonomy of money actions',
      )
    const isDeadLetter = receipt.queue_status === 'DEAD_LETTER'
    if (
      typeof before === 'number' &&
      typeof after === 'number' &&
      (isDeadLetter ? after !== before : after < before)
    )
      report('L2', 'warn', 'STATE_VERSION_MISMATCH', `state_version ${before} to ${after}`) // VAR
    if (isDeadLetter && !(typeof decision === 'string' && receipt.fallback_policy === decision.toLowerCase()))
      report('L2', 'warn', 'DEAD_LETTER_INCONSISTENT', 'decision is not what fallback_policy says') // VAR R-90
  }

  #checkPost({ degraded_reason }: JsonObject, report: Report): void {
    if (degraded_reason === 'STATE_UNAVAILABLE')
      report('L2', 'warn', 'DEGRADED_STATE', 'degraded_reason is STATE_UNAVAILABLE')
    if (degraded_reason === 'APPROVAL_CHANNEL_DOWN')
      report('L2', 'warn', 'DEGRADED_APPROVAL', 'degraded_reason is APPROVAL_CHANNEL_DOWN')
  }

  /** VAR R-11. */
  #checkClosed({ total_calls, total_blocked }: JsonObject, report: Report): void {
    this.#closed = true
    if (total_calls !== this.#calls || total_blocked !== this.#blocked) {
      const message = `the chain has ${this.#calls} calls, ${this.#blocked} of them blocked`
      report('L2', 'warn', 'CLOSE_TOTALS_MISMATCH', message)
    }
  }

  #checkRecoveryEvent(receipt: JsonObject, report: Report): void {
    const { recovered_open_pres_count: announced, index_status } = receipt
    report('L2', 'note', 'CRASH_RECOVERY', 'the runtime restarted here')
    if (index_status !== 'OK')
      report('L2', 'warn', 'RECOVERY_INCOMPLETE', 'index_status is not OK') // VAR RI-10
    else if (typeof announced === 'number') this.#recovery = { missing: announced, report }
  }
}

function isMoney({ tool_name }: JsonObject): boolean {
  return typeof tool_name === 'string' && isMoneyToolName(tool_name)
}

function setOf(value: unknown): ReadonlySet<unknown> {
  return new Set(Array.isArray(value) ? value : [])
}
