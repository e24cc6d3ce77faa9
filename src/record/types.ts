// The Trust Record of TRACE v0.2 as types. Names are the wire's (spec/trace.md 1.A); shape.ts holds the rules.

/** Values of `runtime.platform` (A6). */
export const TRACE_PLATFORMS = [
  'intel-tdx',
  'amd-sev-snp',
  'azure-cvm-sev-snp',
  'nvidia-h100',
  'nvidia-blackwell',
  'aws-nitro',
  'arm-cca',
  'google-confidential-space',
  'tpm2',
  'software-only',
] as const
export type TracePlatform = (typeof TRACE_PLATFORMS)[number]

/** Values of `policy.enforcement_mode` (A8). `declared`: the policy was named and nothing evaluated it. */
export const ENFORCEMENT_MODES = ['enforce', 'advisory', 'silent', 'declared'] as const
export type EnforcementMode = (typeof ENFORCEMENT_MODES)[number]

/** Values of `appraisal.status` (A11). */
export const APPRAISAL_STATUSES = ['affirming', 'warning', 'contraindicated', 'none'] as const
export type AppraisalStatus = (typeof APPRAISAL_STATUSES)[number]

/** Depths of build provenance (A10); absent is read as `surface`. */
export const PROVENANCE_DEPTHS = ['surface', 'builder', 'transitive'] as const
export type ProvenanceDepth = (typeof PROVENANCE_DEPTHS)[number]

/** Values of `origin.kind` (A15); absent is read as `self`. */
export const ORIGIN_KINDS = ['self', 'third-party-control-plane', 'log-import'] as const
export type OriginKind = (typeof ORIGIN_KINDS)[number]

/** `model` (A5). */
export interface ModelFacts {
  provider: string
  model_id: string
  version?: string
  weights_digest?: string
  aibom_uri?: string
}

/** `build_provenance` (A10). */
export interface BuildProvenance {
  /** 0 to 3. */
  slsa_level: number
  digest: string
  builder?: string
  provenance_uri?: string
  provenance_depth?: ProvenanceDepth
}

/** `runtime` (A6). `nonce` is the challenge of a relying party, base64url. */
export interface RuntimeFacts {
  platform: TracePlatform
  measurement: string
  rim_uri?: string
  nonce?: string
  firmware_version?: string
}

/** One entry of `references` (A16): never evidence, never resolved here. */
export interface RecordReference {
  rel: string
  id: string
  resolver: string
  /** ISO 8601 duration. */
  retention?: string
  digest?: string
}

/** A public key as JWK (RFC 7517). Open: further members such as `kid` are kept and signed. */
export interface PublicJwk {
  kty: string
  crv?: string
  x?: string
  y?: string
  kid?: string
  [member: string]: unknown
}

/** What is signed, but for the key: the claims a caller gives to `signRecord`. */
export interface UnsignedTrustRecord {
  eat_profile: string
  /** Issued at, epoch seconds. */
  iat: number
  /** SPIFFE id with a path, or a DID (A4). */
  subject: string
  model: ModelFacts
  runtime: RuntimeFacts
  policy: {
    bundle_hash: string
    enforcement_mode: EnforcementMode
    version?: string
    policy_uri?: string
  }
  data_class: string
  build_provenance: BuildProvenance
  appraisal: {
    status: AppraisalStatus
    verifier: string
    policy_ref?: string
    timestamp?: number
    provenance_depth_verified?: ProvenanceDepth
  }
  tool_transcript?: { hash: string; call_count?: number; transcript_uri?: string }
  delegation?: { parent_record_hash: string; credential_id: string }
  origin?: { kind: OriginKind; producer: string; source_event_id?: string; ingested_at?: number }
  references?: RecordReference[]
  transparency?: string
}

/** A complete Trust Record v0.2 with embedded signature (B2). */
export interface SignedTrustRecord extends UnsignedTrustRecord {
  cnf: { jwk: PublicJwk }
  /** Unpadded base64url of 64 bytes: Ed25519 over the JCS bytes of all other members (B1). */
  signature: string
}
