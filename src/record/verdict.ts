// What verification of a Trust Record takes and answers, and the one place where an answer is put together.
import type { JsonObject } from '../codec/json-value.js'
import type { SyncBackend } from '../crypto/backend.js'
import { TRACE_PROFILE_V0_2 } from '../formats.js'
import {
  RECORD_CHECKS,
  RECORD_WARNINGS,
  type RecordCheckId,
  type RecordReason,
  type RecordWarningId,
} from './record-checks.js'
import type { RevocationAnswer, RevocationStore } from './revocation.js'
import type { ResolvedKey } from './trusted-key.js'

/** Options of `verifyRecord`. Unknown ones are refused. */
export interface VerifyRecordOptions {
  /** Time of verification, epoch seconds. */
  readonly now: number
  /** Oldest record, seconds; null: no limit. Left out: 86,400. */
  readonly maxAgeSeconds?: number | null
  /** How far ahead of `now` a record may lie, seconds. Left out: 300. Never off. */
  readonly maxFutureSkewSeconds?: number
  /** Challenge that `runtime.nonce` must repeat. Left out or null: none was given. */
  readonly expectedNonce?: string | null
  /** Revoked keys. Left out or null: no check is performed, and the result says so. */
  readonly revocation?: RevocationStore | null
  /** Accept the key inside the record when no trusted key is given: shows consistency only. Left out: false. */
  readonly allowEmbeddedKey?: boolean
  /** Left out: the `pure` back end. */
  readonly backend?: SyncBackend
}

/** One check that was made. */
export interface RecordCheck {
  readonly id: RecordCheckId
  readonly status: 'pass' | 'fail' | 'skipped'
  readonly message: string
}

/** Result of `verifyRecord`. */
export interface RecordVerdict {
  readonly ok: boolean
  /** The first check that failed; empty on accept. */
  readonly reason: RecordReason | ''
  /** `eat_profile` of the record; null when it has none. */
  readonly profile: string | null
  readonly acceptedProfiles: readonly string[]
  /** In the order in which they were made; the last one is the failed one, if any. */
  readonly checks: readonly RecordCheck[]
  readonly revocation: {
    /** TRACE C8. `verified`: a store answered for the trusted key. */
    readonly state: 'verified' | 'unverified_for_revocation' | 'no_check_performed'
    readonly cause: 'listed' | 'not_listed' | 'store_unusable' | null
    /** Digest string of the bundle that was used; null: none. */
    readonly bundleDigest: string | null
  }
  /** Always `none`: this function looks at no evidence; `verifyEvidence` does. */
  readonly evidence: { readonly grade: 'none' }
  readonly warnings: readonly { readonly id: RecordWarningId; readonly message: string }[]
}

export const REVOCATIONS: Readonly<Record<RevocationAnswer, RecordVerdict['revocation']>> = {
  listed: { state: 'verified', cause: 'listed', bundleDigest: null },
  not_listed: { state: 'verified', cause: 'not_listed', bundleDigest: null },
  unusable: { state: 'unverified_for_revocation', cause: 'store_unusable', bundleDigest: null },
  not_asked: { state: 'no_check_performed', cause: null, bundleDigest: null },
}

/** One verification under way: collects checks and warnings, remembers the first failure. */
export class RecordRun {
  readonly options: VerifyRecordOptions
  record: JsonObject = {}
  trusted: ResolvedKey | undefined
  profile: string | null = null
  revocation = REVOCATIONS.not_asked
  #reason: RecordReason | '' = ''
  readonly #checks: RecordCheck[] = []
  readonly #warnings: { id: RecordWarningId; message: string }[] = []

  constructor(options: VerifyRecordOptions) {
    this.options = options
  }

  /** Adds the check for `reason`; when it fails, under its finer id and with a detail. Answers whether it holds. */
  hold(reason: RecordReason, holds: boolean, failId: RecordCheckId = reason, detail?: string): boolean {
    if (holds) {
      this.#checks.push({ id: reason, status: 'pass', message: '' })
      return true
    }
    const [, meaning] = RECORD_CHECKS[failId]
    this.#checks.push({ id: failId, status: 'fail', message: detail ? `${meaning}: ${detail}` : meaning })
    this.#reason = reason
    return false
  }

  skip(reason: RecordReason, why: string): void {
    this.#checks.push({ id: reason, status: 'skipped', message: why })
  }

  warn(id: RecordWarningId): void {
    this.#warnings.push({ id, message: RECORD_WARNINGS[id] })
  }

  verdict(): RecordVerdict {
    return {
      ok: this.#reason === '',
      reason: this.#reason,
      profile: this.profile,
      acceptedProfiles: [TRACE_PROFILE_V0_2],
      checks: this.#checks,
      revocation: this.revocation,
      evidence: { grade: 'none' },
      warnings: this.#warnings,
    }
  }
}

const OPTIONS: ReadonlySet<string> = new Set<keyof VerifyRecordOptions>([
  'now',
  'maxAgeSeconds',
  'maxFutureSkewSeconds',
  'expectedNonce',
  'revocation',
  'allowEmbeddedKey',
  'backend',
])

/** Misuse, not evidence: TypeError or RangeError. */
export function checkOptions(options: VerifyRecordOptions): void {
  for (const name of Object.keys(options))
    if (!OPTIONS.has(name)) throw new TypeError(`options: unknown option ${name}`)
  const { now, maxAgeSeconds, maxFutureSkewSeconds } = options
  if (typeof now !== 'number' || !Number.isFinite(now))
    throw new TypeError(`options.now: expected epoch seconds, got ${typeof now}`)
  for (const [name, value] of Object.entries({ maxAgeSeconds, maxFutureSkewSeconds })) {
    if (value !== undefined && value !== null && !(value >= 0))
      throw new RangeError(`options.${name}: expected 0 or more seconds, got ${value}`)
  }
}
