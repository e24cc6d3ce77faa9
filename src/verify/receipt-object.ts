// Receipts that are given as objects, brought into the form in which a file gives them.
import { jcsBytes } from '../codec/jcs.js'
import { TracevarError } from '../errors.js'
import { type ParsedLine, parseLine } from './line-reader.js'

/**
 * The receipt as plain data: read once, by writing it canonically, so that getters and proxies cannot show different
 * things later. What has no canonical form is refused like a bad line.
 */
export function parseReceipt(receipt: unknown): ParsedLine {
  try {
    return parseLine({ bytes: jcsBytes(receipt) })
  } catch (error) {
    const why = error instanceof TracevarError ? error.message : 'a member cannot be read'
    return { ok: false, code: 'MALFORMED_RECEIPT', message: why }
  }
}
