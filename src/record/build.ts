// A Trust Record from what a workflow knows about itself when it closes.
import { TRACE_PROFILE_V0_2 } from '../formats.js'
import { type TranscriptFacts, transcriptHash } from './transcript.js'
import type { EnforcementMode, RuntimeFacts, UnsignedTrustRecord } from './types.js'
import type { WorkflowDocument } from './workflow-document.js'

/** How the workflow treated its policy: VAR modes, and `shadow` (receipts without blocking, VAR R-109). */
export type GovernanceMode = 'observe' | 'shadow' | 'enforce' | 'attest'

/** The one mapping between VAR modes and TRACE enforcement modes. */
export const ENFORCEMENT_OF_MODE: Readonly<Record<GovernanceMode, EnforcementMode>> = {
  observe: 'advisory',
  shadow: 'advisory',
  enforce: 'enforce',
  attest: 'enforce',
}

/** What the chain of a closed workflow says. */
export interface ChainFacts extends TranscriptFacts {
  /** Digest string of the tool policy in force. */
  readonly policyBundleHash: string
  readonly mode: GovernanceMode
  /** `total_calls` of the closing receipt. */
  readonly totalCalls: number
}

/** Input of {@link buildTrustRecord}. */
export interface TrustRecordFacts {
  readonly workflow: WorkflowDocument
  readonly chain: ChainFacts
  /** Issued at, epoch seconds. */
  readonly issuedAtSec: number
  /** Platform and measurement as the evidence says them; `nonce` when a relying party gave a challenge. */
  readonly runtime: RuntimeFacts
  /** Version of the policy file. Left out: absent. */
  readonly policyVersion?: string
}

/**
 * The claims of a closed workflow, ready for `signRecord`. `appraisal.status` is always `none`: what an attester says
 * about itself proves nothing (DESIGN decision 10). Values are checked when the record is signed.
 */
export function buildTrustRecord(facts: TrustRecordFacts): UnsignedTrustRecord {
  const { workflow, chain } = facts
  return {
    eat_profile: TRACE_PROFILE_V0_2,
    iat: facts.issuedAtSec,
    subject: workflow.subject,
    model: workflow.model,
    runtime: facts.runtime,
    policy: {
      bundle_hash: chain.policyBundleHash,
      enforcement_mode: ENFORCEMENT_OF_MODE[chain.mode],
      ...(facts.policyVersion === undefined ? {} : { version: facts.policyVersion }),
    },
    data_class: workflow.data_class,
    tool_transcript: { hash: transcriptHash(chain), call_count: chain.totalCalls },
    build_provenance: workflow.build_provenance,
    appraisal: { status: 'none', verifier: 'urn:tracevar:self' },
  }
}
