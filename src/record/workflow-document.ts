// `workflow.json` (tracevar/workflow/1): facts about a workflow that VAR's closed field lists cannot carry (DESIGN
// decision 11). Its digest is the manifest's `capability_manifest_hash`, so the first signed receipt fixes it.
import { jcs, jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { sha256String } from '../crypto/hash.js'
import { TRANSCRIPT_METHOD, WORKFLOW_FORMAT } from '../formats.js'
import { recordBytesMax } from '../limits.js'
import { didKey } from './did-key.js'
import {
  buildProvenance,
  model,
  nonEmptyText,
  type Rule,
  requireRule,
  sha256Digest,
  subject,
  text,
} from './shape.js'
import type { BuildProvenance, ModelFacts } from './types.js'

/** Who can use the signing key beside the runtime: anything in the same process, or only the daemon (decision 8). */
export const ISOLATIONS = ['in-process', 'process'] as const
export type Isolation = (typeof ISOLATIONS)[number]

/** Content of `workflow.json`. A closed list: unknown members are refused. */
export interface WorkflowDocument {
  format: typeof WORKFLOW_FORMAT
  /** Workload identity of the record: SPIFFE id with a path, or DID. */
  subject: string
  model: ModelFacts
  /** Highest data class that the workflow may touch, e.g. `internal`. */
  data_class: string
  build_provenance: BuildProvenance
  /** Digest of the JCS bytes of the opening binding document; fixes it before the first call. */
  opening_evidence: string
  /** Digest of the tool catalogue seen at the start; null when none was declared or it could not be listed. */
  catalogue_digest: string | null
  isolation: Isolation
  /** Where receipt times come from, e.g. `system-clock`. */
  time_source: string
  /** How parameters are hidden in `params_canonical_hash`: `none` is the plain digest, open to guessing. */
  hash_privacy: string
  /** Version of the agent that embeds the runtime; null when not told. */
  agent_version: string | null
  /** Version of this software. */
  runtime_version: string
  /** Construction of `tool_transcript.hash` in the record (TRACE I1). */
  transcript_method: typeof TRANSCRIPT_METHOD
}

/** Facts for {@link buildWorkflowDocument}; what may be left out has the default of DESIGN "Library face". */
export interface WorkflowDocumentFacts {
  /** 32 bytes: the record key. */
  readonly recordKey: Uint8Array
  /** Left out: the did:key of `recordKey`. */
  readonly subject?: string
  /** Left out: provider and model id `unknown`. */
  readonly model?: ModelFacts
  /** Left out: `internal`. */
  readonly dataClass?: string
  /** Left out: SLSA level 0 with `packageDigest`. */
  readonly buildProvenance?: BuildProvenance
  /** Digest string of the shipped package manifest. */
  readonly packageDigest: string
  readonly openingEvidence: string
  /** Left out: null. */
  readonly catalogueDigest?: string | null
  /** Left out: `in-process`. */
  readonly isolation?: Isolation
  /** Left out: `system-clock`. */
  readonly timeSource?: string
  /** Left out: `none`. */
  readonly hashPrivacy?: string
  /** Left out: null. */
  readonly agentVersion?: string | null
  readonly runtimeVersion: string
}

const DOCUMENT: Rule = {
  kind: 'object',
  members: {
    required: {
      format: { kind: 'choice', values: [WORKFLOW_FORMAT] },
      subject,
      model,
      data_class: text,
      build_provenance: buildProvenance,
      opening_evidence: sha256Digest,
      catalogue_digest: { kind: 'nullable', rule: sha256Digest },
      isolation: { kind: 'choice', values: ISOLATIONS },
      time_source: nonEmptyText,
      hash_privacy: nonEmptyText,
      agent_version: { kind: 'nullable', rule: nonEmptyText },
      runtime_version: nonEmptyText,
      transcript_method: { kind: 'choice', values: [TRANSCRIPT_METHOD] },
    },
  },
}

/**
 * The document of these facts, checked.
 *
 * @throws TracevarError `ERR_RECORD_INVALID` naming the member.
 */
export function buildWorkflowDocument(facts: WorkflowDocumentFacts): WorkflowDocument {
  return readDocument(
    jcs({
      format: WORKFLOW_FORMAT,
      subject: facts.subject ?? didKey(facts.recordKey),
      model: facts.model ?? { provider: 'unknown', model_id: 'unknown' },
      data_class: facts.dataClass ?? 'internal',
      build_provenance: facts.buildProvenance ?? { slsa_level: 0, digest: facts.packageDigest },
      opening_evidence: facts.openingEvidence,
      catalogue_digest: facts.catalogueDigest ?? null,
      isolation: facts.isolation ?? 'in-process',
      time_source: facts.timeSource ?? 'system-clock',
      hash_privacy: facts.hashPrivacy ?? 'none',
      agent_version: facts.agentVersion ?? null,
      runtime_version: facts.runtimeVersion,
      transcript_method: TRANSCRIPT_METHOD,
    }),
  )
}

/** Canonical bytes of the document: the content of `workflow.json`. */
export function workflowDocumentBytes(document: WorkflowDocument): Uint8Array {
  return jcsBytes(document)
}

/** Digest string of the canonical bytes: the manifest's `capability_manifest_hash`. */
export function workflowDocumentDigest(document: WorkflowDocument): string {
  return sha256String(workflowDocumentBytes(document))
}

/**
 * Reads `workflow.json`. Any JSON spelling is read; the digest is over the canonical bytes.
 *
 * @throws ParseError as {@link parseJson}; TracevarError `ERR_RECORD_INVALID` for an unknown format or member, a
 * missing one, or a wrong value, naming the member.
 */
export function readWorkflowDocument(bytes: Uint8Array): WorkflowDocument {
  return readDocument(bytes)
}

function readDocument(input: Uint8Array | string): WorkflowDocument {
  const value = parseJson(input, { bytesMax: recordBytesMax })
  requireRule(DOCUMENT, value, 'workflow document')
  return value as unknown as WorkflowDocument // every member was checked against the table above
}
