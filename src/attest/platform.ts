// The one table of platforms. A hardware platform becomes usable by adding its row here.
import type { EvidenceGrade, PlatformId } from './evidence.js'
import { softwarePlatform } from './software.js'

/** What a platform produces for 64 bytes of report_data. */
export interface PlatformEvidence {
  /** The platform's own bytes, untouched. */
  readonly raw: Uint8Array
  /** DER, leaf first; empty when the platform has none or they come separately. */
  readonly certificates: readonly Uint8Array[]
  /** Other endorsements by name, e.g. CRLs; exact bytes. */
  readonly collateral: Readonly<Record<string, Uint8Array>>
}

/** What a platform's raw evidence says. */
export interface PlatformReport {
  /** The platform's own report_data field; null when the evidence has none, which fails verification. */
  readonly reportData: Uint8Array | null
  /** Digest string, as the record's `runtime.measurement` writes it. */
  readonly measurement: string
}

/** One row. */
export interface Platform {
  /** As in `runtime.platform` of the record. */
  readonly id: PlatformId
  /** The best grade that verified evidence of this platform can have. */
  readonly grade: EvidenceGrade
  /** What nobody vouches for on this platform, for the report; null when the platform vouches for its report. */
  readonly limitation: string | null
  /**
   * @param reportData 64 bytes.
   * @param packageDigest digest string of the shipped package manifest.
   * @throws TracevarError `ERR_ATTEST_EVIDENCE`.
   */
  collect(reportData: Uint8Array, packageDigest: string): Promise<PlatformEvidence>
  /** @throws TracevarError (any codec code or `ERR_ATTEST_EVIDENCE`) when the bytes are not this platform's. */
  parse(raw: Uint8Array): PlatformReport
}

/** Every platform that can be collected or verified, by id. */
export const PLATFORMS: ReadonlyMap<string, Platform> = new Map([[softwarePlatform.id, softwarePlatform]])
