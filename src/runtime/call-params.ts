// Arguments of a call. What is hashed, what is decided and what the tool gets are one value: the one that is parsed from
// the canonical bytes. The caller's own object may change at any time.
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import type { JsonValue } from '../codec/json-value.js'
import { TracevarError } from '../errors.js'
import { deepFreeze } from '../policy/freeze.js'

export interface CallParams {
  /** Canonical UTF-8. Empty where the arguments have no canonical form. */
  readonly bytes: Uint8Array
  /** Value of `bytes`, frozen. null where they could not be read. */
  readonly args: JsonValue
  /** Digest string that stands in for that of `bytes`; undefined: none is needed. */
  readonly hash: string | undefined
}

/** @throws TracevarError `ERR_RUNTIME_PARAMS` for what has no canonical form, integers beyond 2^53-1 included. */
export function canonicalParams(args: JsonValue): CallParams {
  try {
    const bytes = jcsBytes(args)
    return { bytes, args: deepFreeze(parseJson(bytes, { bytesMax: bytes.length })), hash: undefined }
  } catch (cause) {
    throw new TracevarError('ERR_RUNTIME_PARAMS', 'the arguments have no canonical JSON form', { cause })
  }
}

/** Arguments that a gateway could not read; `rawDigest` is the digest string of the bytes it got. */
export function unreadableParams(rawDigest: string | undefined): CallParams {
  return { bytes: new Uint8Array(0), args: null, hash: rawDigest }
}
