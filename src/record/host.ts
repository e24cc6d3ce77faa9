// The one file of this room that reaches for the clock: what `tracevar/record` offers with the time filled in.
import { jcsBytes } from '../codec/jcs.js'
import { plainCopy } from './plain.js'
import { type RecordSigner, type SignRecordOptions, signRecord } from './sign.js'
import { createTraceCodec } from './trace-codec.js'
import type { TrustedKey } from './trusted-key.js'
import type { SignedTrustRecord, UnsignedTrustRecord } from './types.js'
import type { RecordVerdict, VerifyRecordOptions } from './verdict.js'
import { verifyRecord as verifyRecordAt } from './verify.js'

function nowSec(): number {
  return Math.floor(Date.now() / 1000)
}

/** `verifyRecord` where `now` may be left out: it is the machine's clock then. */
export async function verifyRecord(
  record: unknown,
  trustedKey: TrustedKey,
  options: Partial<VerifyRecordOptions> = {},
): Promise<RecordVerdict> {
  return verifyRecordAt(record, trustedKey, { now: nowSec(), ...options })
}

/** The codec for `@agentrust/telemetry`, by the machine's clock and the `pure` back end. */
export const traceCodec = createTraceCodec(nowSec)

/** A log that keeps what is appended and answers with its own receipt. */
export interface RecordLog<Receipt> {
  append(bytes: Uint8Array): Promise<Receipt>
}

/**
 * A signed Trust Record as an object, for users of the TRACE libraries. It asserts nothing about hardware: a platform
 * other than `software-only` is signed only with evidence that binds it.
 */
export class TrustRecord {
  readonly #record: SignedTrustRecord

  constructor(record: SignedTrustRecord) {
    this.#record = plainCopy(record) as unknown as SignedTrustRecord // the same members; verify judges them
  }

  /** Signs claims. Arguments and errors are those of `signRecord`. */
  static sign(
    claims: UnsignedTrustRecord,
    key: RecordSigner | Uint8Array,
    options: SignRecordOptions = {},
  ): TrustRecord {
    return new TrustRecord(signRecord(claims, key, options))
  }

  /** The record: a copy. */
  toJSON(): SignedTrustRecord {
    return structuredClone(this.#record)
  }

  /** Canonical bytes of the complete signed record. */
  toBytes(): Uint8Array {
    return jcsBytes(this.#record)
  }

  /**
   * Appends {@link toBytes} to a log and answers with the log's receipt, to be kept beside the record (adding it to
   * the record would change the bytes). It proves that these bytes existed when the log took them, as far as the log
   * is trusted; it proves nothing about what the record says.
   */
  anchor<Receipt>(log: RecordLog<Receipt>): Promise<Receipt> {
    return log.append(this.toBytes())
  }

  /** Verifies against a key the caller trusts, by the machine's clock unless `now` is given. */
  verify(trustedKey: TrustedKey, options: Partial<VerifyRecordOptions> = {}): Promise<RecordVerdict> {
    return verifyRecord(this.#record, trustedKey, options)
  }
}
