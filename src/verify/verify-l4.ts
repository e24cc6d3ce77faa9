// verifyL4 with the reference's answers (VAR ): outcomes of money actions. Amounts, budgets, order and
// approvals are not looked at, so the report of a chain does not count this as its L4.
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import type { SignedReceipt } from '../receipt/fields.js'
import type { VerificationCode } from './codes.js'

/** One observation about outcomes. */
export interface L4Violation {
  readonly code: VerificationCode
  readonly message: string
  readonly receiptId?: string
}

/** What came of the outcomes. N/A: no money action was allowed, and nothing else was found. */
export interface L4Verification {
  readonly status: 'PASS' | 'WARN' | 'FAIL' | 'N/A'
  readonly violations: readonly L4Violation[]
}

/** Checks outcomes; never throws for receipts. */
export async function verifyL4(receipts: readonly SignedReceipt[]): Promise<L4Verification> {
  const objects = (receipts as readonly unknown[]).filter(isJsonObject)
  const posts = objects.filter(({ record_type }) => record_type === 'post_receipt')
  const moneyActions = objects.filter(
    ({ record_type, money_action, decision }) =>
      record_type === 'action_receipt' && money_action === true && decision === 'ALLOW',
  )
  const violations = [...missingPosts(moneyActions, posts), ...duplicates(posts), ...budgetWarnings(objects)]
  if (violations.some(({ code }) => code === 'MISSING_POST_RECEIPT')) return { status: 'FAIL', violations }
  if (violations.length > 0) return { status: 'WARN', violations }
  return { status: moneyActions.length > 0 ? 'PASS' : 'N/A', violations }
}

/** RI-1 (VAR R-61). */
function missingPosts(actions: readonly JsonObject[], posts: readonly JsonObject[]): L4Violation[] {
  const answered = new Set(posts.map(({ pre_receipt_id }) => pre_receipt_id))
  return actions
    .filter(({ receipt_id }) => !answered.has(receipt_id as JsonObject[string]))
    .map((action) =>
      violation('MISSING_POST_RECEIPT', 'an allowed money action has no outcome', action.receipt_id),
    )
}

/** RI-7 (VAR R-62). The tuple is compared member by member; joined by ":", different ones could look alike. */
function duplicates(posts: readonly JsonObject[]): L4Violation[] {
  const seen = new Set<string>()
  return posts.flatMap((post) => {
    const { terminal_outcome, tool_name, idempotency_key = null, account_context = null } = post
    if (terminal_outcome !== 'SUCCESS' || idempotency_key === null) return []
    const tuple = JSON.stringify([tool_name, idempotency_key, account_context])
    if (!seen.has(tuple)) {
      seen.add(tuple)
      return []
    }
    return [
      violation('DUPLICATE_IDEMPOTENCY_KEY', 'succeeded before under the same key', post.post_receipt_id),
    ]
  })
}

/** VAR R-63. */
function budgetWarnings(objects: readonly JsonObject[]): L4Violation[] {
  return objects
    .filter(({ record_type }) => record_type === 'budget_warning')
    .flatMap(({ threshold_pct, budget_warning_id }) => {
      if (typeof threshold_pct !== 'number') return []
      if (threshold_pct >= 100)
        return [violation('BUDGET_CAP_ENFORCED', 'a budget was used up', budget_warning_id)]
      return threshold_pct === 90
        ? [violation('BUDGET_WARNING', '90 % of a budget was reached', budget_warning_id)]
        : []
    })
}

function violation(code: VerificationCode, message: string, id: unknown): L4Violation {
  return typeof id === 'string' ? { code, message, receiptId: id } : { code, message }
}
