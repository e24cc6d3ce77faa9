// `evidence.json` (tracevar/evidence/1): what lies beside a Trust Record so that anyone can check its hardware claim.
import { base64Encode } from '../codec/base64.js'
import { hexEncode } from '../codec/hex.js'
import { jcs, jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { merkleInclusionProof, merkleLeafHash, merkleRoot } from '../crypto/merkle.js'
import { EVIDENCE_FORMAT, REPORT_DATA_LAYOUT } from '../formats.js'
import { bindingWindowMax, evidencePartsMax } from '../limits.js'
import {
  bindingBytes,
  type ClosingBinding,
  type OpeningBinding,
  readClosing,
  readOpening,
  reportData,
} from './binding.js'
import type { EvidenceCheckId } from './evidence-checks.js'
import {
  is,
  isBase64,
  isCount,
  isHex,
  isListOf,
  isObject,
  isText,
  type MemberTests,
  orNull,
  refuseEvidence,
  requireMembers,
} from './members.js'
import type { Platform } from './platform.js'

/** Platforms of the table in platform.ts. Software evidence can carry no other name (DESIGN decision 10). */
export type PlatformId = 'software-only'

/** How much verified evidence is worth: `none` when it does not hold, `software-only` when nothing vouches for it. */
export type EvidenceGrade = 'none' | 'software-only'

/** A binding document and its place in the collection window (RFC 9162 2.1.3). */
export interface BoundDocument<Document extends OpeningBinding> {
  document: Document
  leaf_index: number
  tree_size: number
  /** Inclusion path, leaf to root: 64 lower-case hex digits each. */
  path: string[]
}

/** Content of `evidence.json`. A closed list: unknown members are refused. */
export interface Evidence {
  format: typeof EVIDENCE_FORMAT
  /** Id of the platform. Unknown ones are read, and refused by `verifyEvidence`. */
  platform: string
  /** Meaning of the 64 bytes of report_data. */
  layout: string
  /** 128 lower-case hex digits: a copy, for reading. Verification uses the field inside `raw`. */
  report_data: string
  /** Base64 of the platform's own bytes. */
  raw: string
  /** Base64 of DER certificates, leaf first. */
  certificates: string[]
  /** Base64 of other endorsements, by name. */
  collateral: Record<string, string>
  binding: {
    opening: BoundDocument<OpeningBinding>
    /** Null until the workflow is closed. */
    closing: BoundDocument<ClosingBinding> | null
  }
}

/** One check of `verifyEvidence`. `warn`: it does not hold, and the reader must know; the grade stands. */
export interface EvidenceCheck {
  readonly id: EvidenceCheckId
  readonly status: 'pass' | 'warn' | 'fail'
  readonly message: string
}

/** Result of `verifyEvidence`. */
export interface EvidenceReport {
  /**
   * `malformed`: not read. `contraindicated`: a check failed. `none`: all checks hold, and nothing vouches for it;
   * software evidence gets no better (EAR tiers).
   */
  readonly status: 'none' | 'contraindicated' | 'malformed'
  /** Null when it was not read or is not supported. */
  readonly platform: PlatformId | null
  readonly grade: EvidenceGrade
  /** Digest string from the platform's own bytes; null when not read. */
  readonly measurement: string | null
  /** RFC 7638 thumbprint in the platform's own report_data, base64url; null when not read. */
  readonly cnfThumbprint: string | null
  readonly checks: readonly EvidenceCheck[]
  readonly notChecked: readonly { readonly axis: string; readonly why: string }[]
}

const EVIDENCE: MemberTests = {
  format: is(EVIDENCE_FORMAT),
  platform: isText,
  layout: isText,
  report_data: isHex(64),
  raw: isBase64,
  certificates: isListOf(isBase64, evidencePartsMax),
  collateral: (value) => isObject(value) && isListOf(isBase64, evidencePartsMax)(Object.values(value)),
  binding: isObject,
}
const BINDING: MemberTests = { opening: isObject, closing: orNull(isObject) }
const BOUND: MemberTests = {
  document: isObject,
  leaf_index: isCount,
  tree_size: (value) => isCount(value) && (value as number) <= bindingWindowMax,
  path: isListOf(isHex(32), Math.ceil(Math.log2(bindingWindowMax))),
}

/** The binding documents of one collection. */
export interface BindingWindow {
  readonly opening: OpeningBinding
  /** Left out or null: the workflow is still open. */
  readonly closing?: ClosingBinding | null
}

/**
 * Asks a platform to vouch for a key and its binding documents.
 *
 * @throws TracevarError as the platform's `collect`.
 */
export async function collectEvidence(platform: Platform, window: BindingWindow): Promise<Evidence> {
  const { opening, closing = null } = window
  const leaves = (closing === null ? [opening] : [opening, closing]).map((document) =>
    merkleLeafHash(bindingBytes(document)),
  )
  const data = reportData(opening.cnf_thumbprint, merkleRoot(leaves))
  const bind = <Document extends OpeningBinding>(document: Document, index: number) => ({
    document,
    leaf_index: index,
    tree_size: leaves.length,
    path: merkleInclusionProof(leaves, index).map(hexEncode),
  })
  const { raw, certificates, collateral } = await platform.collect(data, opening.package_digest)
  return {
    format: EVIDENCE_FORMAT,
    platform: platform.id,
    layout: REPORT_DATA_LAYOUT,
    report_data: hexEncode(data),
    raw: base64Encode(raw),
    certificates: certificates.map(base64Encode),
    collateral: Object.fromEntries(
      Object.entries(collateral).map(([name, bytes]) => [name, base64Encode(bytes)]),
    ),
    binding: { opening: bind(opening, 0), closing: closing === null ? null : bind(closing, 1) },
  }
}

/** Canonical bytes: the content of `evidence.json`. */
export function evidenceBytes(evidence: Evidence): Uint8Array {
  return jcsBytes(evidence)
}

/**
 * Reads `evidence.json`: text, bytes, or an object (which is copied first).
 *
 * @throws ParseError as parseJson; TracevarError `ERR_CODEC_NOT_CANONICALIZABLE` for an object that is no plain data,
 * `ERR_ATTEST_EVIDENCE` for an unknown format or member, a missing one, or a wrong value, naming the member.
 */
export function readEvidence(input: unknown): Evidence {
  const value = parseJson(typeof input === 'string' || input instanceof Uint8Array ? input : jcs(input))
  requireMembers(value, EVIDENCE, 'evidence')
  const { binding } = value
  requireMembers(binding, BINDING, 'evidence.binding')
  readBound(binding.opening, 'opening', readOpening)
  if (binding.closing !== null) readBound(binding.closing, 'closing', readClosing)
  return value as unknown as Evidence // every member was checked above
}

function readBound(value: unknown, which: string, readDocument: (document: unknown) => unknown): void {
  const what = `evidence.binding.${which}`
  requireMembers(value, BOUND, what)
  if (Number(value.leaf_index) >= Number(value.tree_size))
    refuseEvidence(what, 'leaf_index is not below tree_size')
  readDocument(value.document)
}
