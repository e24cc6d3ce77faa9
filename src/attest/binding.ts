// Binding documents (tracevar/binding/1): what a report vouches for besides its own fields, and how 64 bytes of
// report_data commit to them (DESIGN decision 9).
import { base64urlDecode } from '../codec/base64.js'
import { jcsBytes } from '../codec/jcs.js'
import { KEY_USAGES, type KeyUsage } from '../crypto/backend.js'
import { sha256String } from '../crypto/hash.js'
import { BINDING_FORMAT, REPORT_DATA_LAYOUT } from '../formats.js'
import { challengeBytesMax, challengeBytesMin } from '../limits.js'
import {
  is,
  isCount,
  isHex,
  isSha256,
  isText,
  isThumbprint,
  isTime,
  type MemberTests,
  orNull,
  requireMembers,
} from './members.js'

/** Made once per key, before the first call. Never holds chain data. */
export interface OpeningBinding {
  format: typeof BINDING_FORMAT
  layout: typeof REPORT_DATA_LAYOUT
  /** RFC 7638 thumbprint of the key that `cnf.jwk` names. */
  cnf_thumbprint: string
  /** What the key may sign, in the order of KEY_USAGES. */
  key_usages: KeyUsage[]
  policy_bundle_hash: string
  /** Digest string of the shipped package manifest. */
  package_digest: string
  /** The kernel's boot id; null where there is none. */
  boot_id: string | null
  /** Freshness bytes of a relying party, lower-case hex; null when nobody asked. */
  challenge: string | null
  /** RFC 3339, UTC. By the guest's own clock: no proof of time. */
  issued_at: string
}

/** Made when a workflow closes: the opening members again (challenge and time may be new) and the finished chain. */
export interface ClosingBinding extends OpeningBinding {
  /** Receipt hash of the manifest. */
  chain_root: string
  /** Receipt hash of the last receipt. */
  receipts_head: string
  receipt_count: number
  /** Hash of the last annex row; null when there is none. */
  annex_head: string | null
  annex_count: number
}

/** Known usages, each once, in one order: one set of usages has one spelling. */
const isUsageList = (value: unknown) =>
  Array.isArray(value) &&
  JSON.stringify(value) === JSON.stringify(KEY_USAGES.filter((usage) => value.includes(usage)))

const OPENING: MemberTests = {
  format: is(BINDING_FORMAT),
  layout: is(REPORT_DATA_LAYOUT),
  cnf_thumbprint: isThumbprint,
  key_usages: isUsageList,
  policy_bundle_hash: isSha256,
  package_digest: isSha256,
  boot_id: orNull(isText),
  challenge: orNull(isHex(challengeBytesMin, challengeBytesMax)),
  issued_at: isTime,
}
const CLOSING: MemberTests = {
  ...OPENING,
  chain_root: isSha256,
  receipts_head: isSha256,
  receipt_count: isCount,
  annex_head: orNull(isSha256),
  annex_count: isCount,
}

/** Opening members that a closing document must repeat unchanged. */
export const REPEATED_MEMBERS = [
  'cnf_thumbprint',
  'key_usages',
  'policy_bundle_hash',
  'package_digest',
  'boot_id',
] as const

/** Facts for {@link openingBinding}. */
export interface OpeningFacts {
  /** RFC 7638 thumbprint, base64url. */
  readonly cnfThumbprint: string
  readonly keyUsages: Iterable<KeyUsage>
  readonly policyBundleHash: string
  readonly packageDigest: string
  readonly bootId: string | null
  /** 16 to 64 bytes as lower-case hex; null when nobody asked. */
  readonly challenge: string | null
  /** RFC 3339, UTC. */
  readonly issuedAt: string
}

/** @throws TracevarError `ERR_ATTEST_EVIDENCE` naming the member. */
export function openingBinding(facts: OpeningFacts): OpeningBinding {
  const usages = new Set(facts.keyUsages)
  return readOpening({
    format: BINDING_FORMAT,
    layout: REPORT_DATA_LAYOUT,
    cnf_thumbprint: facts.cnfThumbprint,
    key_usages: KEY_USAGES.filter((usage) => usages.has(usage)),
    policy_bundle_hash: facts.policyBundleHash,
    package_digest: facts.packageDigest,
    boot_id: facts.bootId,
    challenge: facts.challenge,
    issued_at: facts.issuedAt,
  })
}

/** A finished chain. Hashes are `sha256:` digest strings. */
export interface ClosedChain {
  /** Receipt hash of the manifest. */
  readonly chainRoot: string
  readonly receiptsHead: string
  readonly receiptCount: number
  /** Null when there are no annex rows. */
  readonly annexHead: string | null
  readonly annexCount: number
}

/**
 * The closing document that continues an opening one.
 *
 * @param fresh a new challenge and time. Left out: those of the opening document.
 * @throws TracevarError `ERR_ATTEST_EVIDENCE` naming the member.
 */
export function closingBinding(
  opening: OpeningBinding,
  chain: ClosedChain,
  fresh: { readonly challenge?: string | null; readonly issuedAt?: string } = {},
): ClosingBinding {
  return readClosing({
    ...opening,
    challenge: fresh.challenge === undefined ? opening.challenge : fresh.challenge,
    issued_at: fresh.issuedAt ?? opening.issued_at,
    chain_root: chain.chainRoot,
    receipts_head: chain.receiptsHead,
    receipt_count: chain.receiptCount,
    annex_head: chain.annexHead,
    annex_count: chain.annexCount,
  })
}

/** Refuses anything that is no opening document. @throws TracevarError `ERR_ATTEST_EVIDENCE`. */
export function readOpening(value: unknown): OpeningBinding {
  requireMembers(value, OPENING, 'opening binding document')
  return value as unknown as OpeningBinding // every member was checked
}

/** Refuses anything that is no closing document. @throws TracevarError `ERR_ATTEST_EVIDENCE`. */
export function readClosing(value: unknown): ClosingBinding {
  requireMembers(value, CLOSING, 'closing binding document')
  return value as unknown as ClosingBinding // every member was checked
}

/** Canonical bytes of a binding document: what is hashed into the window's root. */
export function bindingBytes(document: OpeningBinding): Uint8Array {
  return jcsBytes(document)
}

/** Digest string of the canonical bytes; of the opening document it is `opening_evidence` in `workflow.json`. */
export function bindingDigest(document: OpeningBinding): string {
  return sha256String(bindingBytes(document))
}

/**
 * The 64 bytes for the hardware's report_data: thumbprint (32 bytes), then the window root (32 bytes).
 *
 * @param cnfThumbprint base64url of 32 bytes.
 * @throws RangeError when a part has another length.
 */
export function reportData(cnfThumbprint: string, windowRoot: Uint8Array): Uint8Array {
  const thumbprint = base64urlDecode(cnfThumbprint)
  if (thumbprint.length !== 32)
    throw new RangeError(`cnfThumbprint: expected 32 bytes, got ${thumbprint.length}`)
  if (windowRoot.length !== 32)
    throw new RangeError(`windowRoot: expected 32 bytes, got ${windowRoot.length}`)
  const bytes = new Uint8Array(64)
  bytes.set(thumbprint)
  bytes.set(windowRoot, 32)
  return bytes
}
