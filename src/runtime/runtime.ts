// The runtime: one journal, one key, one policy; many workflows. Everything from outside is handed in.

import { bindingDigest, closingBinding, type OpeningBinding, openingBinding } from '../attest/binding.js'
import { collectEvidence } from '../attest/evidence.js'
import type { Platform } from '../attest/platform.js'
import { jcsBytes } from '../codec/jcs.js'
import type { BackendDescription } from '../crypto/backend.js'
import { jwkOfPublicKey } from '../crypto/jwk.js'
import { jwkThumbprint } from '../crypto/thumbprint.js'
import { TracevarError } from '../errors.js'
import { clockJumpToleranceMs } from '../limits.js'
import type { VarMode } from '../receipt/fields.js'
import type { ReceiptSigner } from '../receipt/seal.js'
import { buildTrustRecord } from '../record/build.js'
import { signRecord } from '../record/sign.js'
import {
  buildWorkflowDocument,
  type Isolation,
  type WorkflowDocument,
  type WorkflowDocumentFacts,
  workflowDocumentBytes,
  workflowDocumentDigest,
} from '../record/workflow-document.js'
import type { Journal } from '../store/journal.js'
import { type ChainHead, ChainWriter } from './chain-writer.js'
import { type Clock, rfc3339, Stamps } from './clock.js'
import type { FrozenPolicy } from './frozen-policy.js'
import { Sealer, type SealingDescription } from './sealer.js'
import type { WorkerPool } from './worker-pool.js'
import { type ClosedWorkflow, Workflow } from './workflow.js'
import { checkWorkflowOptions, type WorkflowOptions } from './workflow-options.js'

/** What the Trust Record of every workflow says about agent and data (DESIGN "Library face" has the defaults). */
export type RecordOptions = Pick<
  WorkflowDocumentFacts,
  'subject' | 'model' | 'dataClass' | 'buildProvenance' | 'agentVersion'
>

/** Parts that a {@link Runtime} works with; `openRuntime` gathers them. */
export interface RuntimeParts {
  readonly journal: Journal
  /** One key with the usages `receipt`, `annex` and `record`. */
  readonly signer: ReceiptSigner
  /** Threads that know the signer's key. Left out: everything is sealed in this thread. */
  readonly workers?: WorkerPool
  readonly policy: FrozenPolicy
  readonly mode: VarMode
  readonly clock: Clock
  readonly ulid: (nowMs: number) => string
  readonly sha256String: (bytes: Uint8Array) => string
  readonly platform: Platform
  readonly packageDigest: string
  readonly bootId: string | null
  /** Freshness bytes of a relying party, lower-case hex; null when nobody asked. */
  readonly challenge: string | null
  readonly record: RecordOptions
  readonly isolation: Isolation
  readonly runtimeVersion: string
  /** Gives back what was opened for this runtime: journal, key, lock. */
  readonly release: () => Promise<void>
}

/** What a runtime says of itself. */
export interface RuntimeDescription {
  readonly backend: BackendDescription
  /** `in-process`: code beside the library can ask for signatures; `process`: it cannot (DESIGN decision 8). */
  readonly isolation: Isolation
  /** Where receipts are sealed, and from how many on. */
  readonly sealing: SealingDescription
  readonly mode: VarMode
  readonly platform: string
  readonly policyBundleHash: string
  readonly keyId: string
}

/** Opens workflows. Get one from `openRuntime()`; `close()` closes what is still open and gives everything back. */
export class Runtime {
  readonly #parts: RuntimeParts
  readonly #opening: OpeningBinding
  readonly #sealer: Sealer
  readonly #open = new Set<Workflow>()
  #closing: Promise<void> | undefined

  constructor(parts: RuntimeParts) {
    this.#parts = parts
    this.#sealer = new Sealer(parts.signer, parts.workers)
    this.#opening = openingBinding({
      cnfThumbprint: thumbprintOf(parts.signer.key.publicKey),
      keyUsages: parts.signer.key.usages,
      policyBundleHash: parts.policy.bundleHash,
      packageDigest: parts.packageDigest,
      bootId: parts.bootId,
      challenge: parts.challenge,
      issuedAt: rfc3339(parts.clock.wallMs()),
    })
  }

  describe(): RuntimeDescription {
    const { signer, isolation, mode, platform, policy } = this.#parts
    return {
      backend: signer.backend.describe(),
      isolation,
      sealing: this.#sealer.describe(),
      mode,
      platform: platform.id,
      policyBundleHash: policy.bundleHash,
      keyId: signer.keyId,
    }
  }

  /**
   * Opens a workflow: its manifest is durable when this resolves.
   *
   * @throws TracevarError `ERR_RUNTIME_CLOSED`, `ERR_RUNTIME_FAIL_CLOSED`, `ERR_RUNTIME_OPTION`,
   * `ERR_RECEIPT_INVALID` naming the field.
   */
  async openWorkflow(options: WorkflowOptions): Promise<Workflow> {
    if (this.#closing) throw new TracevarError('ERR_RUNTIME_CLOSED', 'the runtime is closed')
    checkWorkflowOptions(options)
    const { journal, signer, clock, ulid, policy, mode } = this.#parts
    const workflowId = ulid(clock.wallMs())
    const agentId = options.agentId ?? policy.defaults.agentId ?? 'agent_local'
    const document = this.#document(options)
    const stamps = new Stamps(clock, clockJumpToleranceMs)
    const writer = new ChainWriter({
      workflowId,
      journal,
      sealer: this.#sealer,
      annexSigner: signer,
      stamps,
      ulid,
    })
    const manifest = await writer.receipt(
      {
        record_type: 'workflow_manifest',
        workflow_id_source: 'nonsudo_generated',
        agent_id: agentId,
        policy_bundle_hash: policy.bundleHash,
        initiator_id: options.initiatorId ?? policy.defaults.initiatorId ?? 'unknown',
        workflow_owner: options.workflowOwner ?? policy.defaults.workflowOwner ?? 'unknown',
        session_budget: { ...(options.sessionBudget ?? policy.defaults.sessionBudget) },
        declared_tools: [...(options.declaredTools ?? [])],
        capability_manifest_hash: workflowDocumentDigest(document),
        mode,
        ...(options.declaredTools === null ? { declared_tools_fetch_failed: true } : {}),
      },
      [{ t: 'workflow', workflow: workflowId, bytes: workflowDocumentBytes(document) }],
    )
    const workflow = this.#workflow(workflowId, agentId, options, writer, document, manifest.sealed.hash)
    this.#open.add(workflow)
    try {
      await workflow.opened(manifest, options.sessionTtlMs ?? policy.defaults.sessionTtlMs)
    } catch (error) {
      this.#open.delete(workflow)
      throw error
    }
    return workflow
  }

  /** Closes every open workflow, then journal, key and lock. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      const ends = await Promise.allSettled(
        [...this.#open].map((workflow) => workflow.close('connection_teardown')),
      )
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    } finally {
      await this.#parts.release()
    }
  }

  #document(options: WorkflowOptions): WorkflowDocument {
    const { signer, record, packageDigest, isolation, runtimeVersion, sha256String } = this.#parts
    const { declaredTools } = options
    return buildWorkflowDocument({
      ...record,
      recordKey: signer.key.publicKey,
      packageDigest,
      openingEvidence: bindingDigest(this.#opening),
      catalogueDigest: declaredTools === null ? null : sha256String(jcsBytes([...declaredTools].sort())),
      isolation,
      runtimeVersion,
    })
  }

  #workflow(
    workflowId: string,
    agentId: string,
    options: WorkflowOptions,
    writer: ChainWriter,
    document: WorkflowDocument,
    chainRoot: string,
  ): Workflow {
    const { journal, clock, policy, mode, sha256String } = this.#parts
    const workflow: Workflow = new Workflow({
      workflowId,
      agentId,
      mode,
      policy,
      declaredTools: options.declaredTools,
      writer,
      clock,
      sha256String,
      checkRoom: () => {
        if (!journal.hasRoom)
          throw new TracevarError('ERR_STORE_PUSHBACK', 'too many receipts wait to become durable')
        if (!this.#sealer.hasRoom)
          throw new TracevarError('ERR_SEALER_PUSHBACK', 'too many receipts wait to be sealed')
      },
      mark: (mark) => journal.note({ ...mark, workflow: workflowId, at: rfc3339(clock.wallMs()) }),
      issueRecord: (heads) => this.#issueRecord(workflowId, document, chainRoot, heads),
      onClosed: () => this.#open.delete(workflow),
    })
    return workflow
  }

  /** Record and evidence over a finished chain (DESIGN decisions 9, 10, 11), durable before they are handed out. */
  async #issueRecord(
    workflowId: string,
    document: WorkflowDocument,
    chainRoot: string,
    { receipts, annex, totalCalls }: { receipts: ChainHead; annex: ChainHead; totalCalls: number },
  ): Promise<ClosedWorkflow> {
    const { journal, signer, clock, platform, policy, mode, packageDigest } = this.#parts
    const nowMs = clock.wallMs()
    const chain = {
      receiptsHead: receipts.hash ?? chainRoot,
      receiptCount: receipts.count,
      annexHead: annex.hash,
      annexCount: annex.count,
    }
    const closing = closingBinding(this.#opening, { chainRoot, ...chain }, { issuedAt: rfc3339(nowMs) })
    const evidence = await collectEvidence(platform, { opening: this.#opening, closing })
    const claims = buildTrustRecord({
      workflow: document,
      chain: { ...chain, policyBundleHash: policy.bundleHash, mode, totalCalls },
      issuedAtSec: Math.floor(nowMs / 1000),
      runtime: { platform: platform.id, measurement: packageDigest },
    })
    const trustRecord = signRecord(claims, signer)
    const bytes = jcsBytes({ evidence, trust_record: trustRecord })
    await journal.append([{ t: 'record', workflow: workflowId, bytes }])
    return { trustRecord, evidence }
  }
}

function thumbprintOf(publicKey: Uint8Array): string {
  const thumbprint = jwkThumbprint(jwkOfPublicKey(publicKey))
  if (thumbprint === undefined) throw new TypeError('publicKey: has no thumbprint')
  return thumbprint
}
