// The receipt functions that need clock and randomness, wired to the real ones.
import { idRandomBytes } from '../limits.js'
import { type CreateSources, createReceipt as create, type ReceiptInput } from './create.js'
import type { UnsignedReceipt } from './fields.js'
import { createUlidSource } from './ulid.js'

/** A source of ULIDs from the system's randomness; see {@link createUlidSource}. */
export function systemUlidSource(): CreateSources['ulid'] {
  let pool = new Uint8Array(0)
  return createUlidSource((length) => {
    if (pool.length < length) pool = crypto.getRandomValues(new Uint8Array(Math.max(length, idRandomBytes)))
    const bytes = pool.subarray(0, length)
    pool = pool.subarray(length) // each byte is handed out once
    return bytes
  })
}

const ulid = systemUlidSource()

/** `createReceipt` of create.ts with the system's clock and randomness (VAR section 4.2). */
export function createReceipt(input: ReceiptInput): UnsignedReceipt {
  return create(input, { nowMs: Date.now(), ulid })
}
