// RFC 3161 time-stamp responses, read as far as their structure goes (VAR R-51). Signature and certificates of the
// authority are not looked at here: a token that passes proves nothing about time by itself.
import { base64Decode } from '../codec/base64.js'
import { type DerNode, derChild, expectDer, isDer, readDer } from '../codec/der.js'
import { derOctetString, derOid, derSmallInteger, derTime } from '../codec/der-values.js'
import { hexEncode } from '../codec/hex.js'
import { TracevarError } from '../errors.js'
import { parseTime } from '../receipt/time.js'
import type { VerificationCode } from './codes.js'

const OID_SIGNED_DATA = '1.2.840.113549.1.7.2'
const OID_TST_INFO = '1.2.840.113549.1.9.16.1.4'
const OID_SHA256 = '2.16.840.1.101.3.4.2.1'

/** `tsa_id`s that are accepted when nobody says otherwise (VAR R-52). */
export const ACCEPTED_TSA_IDS: readonly string[] = ['digicert', 'sectigo', 'globalsign']

/** A token, and what it must fit. */
export interface TokenClaim {
  /** Base64 of a DER TimeStampResp. */
  readonly token: unknown
  readonly tsaId: unknown
  /** SHA-256 that it must stamp, lower-case hex. */
  readonly imprint: string
  /** `issued_at` of the receipt. */
  readonly issuedAt: unknown
  /** Latest time that a token can state, epoch milliseconds. */
  readonly latestMs: number
}

/** What is wrong with a token, or that its structure fits, and whether it carries a signature. */
export type TokenVerdict =
  | { readonly code: VerificationCode }
  | { readonly code: undefined; readonly signed: boolean }

/** Checks a token in the order of VAR R-51. */
export function checkToken(claim: TokenClaim, acceptedTsaIds: readonly string[]): TokenVerdict {
  if (typeof claim.tsaId !== 'string' || !acceptedTsaIds.includes(claim.tsaId))
    return { code: 'tsa_not_in_allowlist' }
  const response = readResponse(claim.token)
  if (response === undefined) return { code: 'tsa_der_parse_error' }
  if (response.status !== 0 && response.status !== 1) return { code: 'tsa_pkistatus_not_granted' }
  const token = response.token
  if (token === undefined) return { code: 'tsa_der_parse_error' }
  if (token.contentType !== OID_TST_INFO) return { code: 'tsa_content_type' } // VAR W-13
  if (token.hashAlgorithm !== OID_SHA256) return { code: 'tsa_hash_algorithm_not_sha256' }
  const issuedAt = parseTime(claim.issuedAt)
  if (token.genTimeMs === undefined || issuedAt === undefined) return { code: 'tsa_gentime_parse_error' }
  if (token.genTimeMs < issuedAt) return { code: 'tsa_gentime_before_issued_at' } // VAR D-14: equal passes
  if (token.imprint !== claim.imprint) return { code: 'tsa_messageimprint_mismatch' }
  if (token.genTimeMs > claim.latestMs) return { code: 'tsa_gentime_in_future' } // ours, so after those of R-51
  return { code: undefined, signed: token.signed }
}

/** The stamped hash of a token as lower-case hex, or null when the token cannot be read (VAR section 4.2). */
export async function parseMessageImprintHex(token: string): Promise<string | null> {
  return readResponse(token)?.token?.imprint ?? null
}

interface Token {
  readonly contentType: string
  readonly hashAlgorithm: string
  readonly imprint: string
  /** undefined: not a GeneralizedTime in UTC. */
  readonly genTimeMs: number | undefined
  /** Whether there is a SignerInfo. */
  readonly signed: boolean
}

/** TimeStampResp (RFC 3161 2.4.2); undefined when it cannot be read. `base64:` in front is tolerated (VAR D-16). */
function readResponse(
  text: unknown,
): { readonly status: number; readonly token: Token | undefined } | undefined {
  if (typeof text !== 'string') return undefined
  return orUndefined(() => {
    const response = expectDer(readDer(base64Decode(text.replace(/^base64:/, ''))), 'SEQUENCE')
    const status = derSmallInteger(derChild(expectDer(derChild(response, 0), 'SEQUENCE'), 0))
    const contentInfo = response.children()[1]
    return { status, token: contentInfo && readContentInfo(contentInfo) }
  })
}

/** ContentInfo with SignedData with TSTInfo (RFC 5652 3, 5.1; RFC 3161 2.4.2). */
function readContentInfo(contentInfo: DerNode): Token | undefined {
  if (derOid(derChild(contentInfo, 0)) !== OID_SIGNED_DATA) return undefined
  const signedData = expectDer(derChild(expectDer(derChild(contentInfo, 1), 0), 0), 'SEQUENCE')
  const encapsulated = expectDer(derChild(signedData, 2), 'SEQUENCE')
  const contentType = derOid(derChild(encapsulated, 0))
  const content = derOctetString(derChild(expectDer(derChild(encapsulated, 1), 0), 0))
  const signed = signedData
    .children()
    .some((child, i) => i > 2 && isDer(child, 'SET') && child.contents.length > 0)
  if (contentType !== OID_TST_INFO) {
    return { contentType, hashAlgorithm: '', imprint: '', genTimeMs: undefined, signed }
  }
  const info = expectDer(readDer(content), 'SEQUENCE')
  const imprint = expectDer(derChild(info, 2), 'SEQUENCE')
  return {
    contentType,
    hashAlgorithm: derOid(derChild(expectDer(derChild(imprint, 0), 'SEQUENCE'), 0)),
    imprint: hexEncode(derOctetString(derChild(imprint, 1))),
    genTimeMs: orUndefined(() => derTime(expectDer(derChild(info, 4), 'GeneralizedTime'))),
    signed,
  }
}

function orUndefined<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof TracevarError) return undefined
    throw error
  }
}
