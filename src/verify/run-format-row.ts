// One row of our own vectors that judges a single format: `file` holds inputs by name, `options.case` names one.
import { bindingBytes, bindingDigest, readClosing, readOpening, reportData } from '../attest/binding.js'
import { base64Decode } from '../codec/base64.js'
import { decodeCbor } from '../codec/cbor-decode.js'
import { encodeCbor } from '../codec/cbor-encode.js'
import type { CborOptions, CborValue } from '../codec/cbor-value.js'
import { hexDecode, hexEncode } from '../codec/hex.js'
import { jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import type { JsonObject, JsonValue } from '../codec/json-value.js'
import { sortedAsciiJson } from '../codec/sorted-ascii.js'
import type { Backend } from '../crypto/backend.js'
import { sha256String } from '../crypto/hash.js'
import { singleKey } from '../crypto/key-set.js'
import { merkleLeafHash, merkleRoot } from '../crypto/merkle.js'
import { ParseError, TracevarError } from '../errors.js'
import { computePolicyBundleHash } from '../policy/merge.js'
import type { PolicyInput } from '../policy/types.js'
import { annexPayload } from '../receipt/annex.js'
import { transcriptHash } from '../record/transcript.js'
import { readWorkflowDocument, workflowDocumentDigest } from '../record/workflow-document.js'
import { one } from './run-var-row.js'
import { compare, object, type RowOutcome, type VectorFolder } from './run-vectors.js'
import { verifyAnnexStream } from './verify-annex-stream.js'

type Run = (input: JsonValue, backend: Backend) => JsonObject | Promise<JsonObject>

/** Kinds of rows and what they compute. */
const KINDS: Readonly<Record<string, Run>> = {
  'tracevar-binding': binding,
  'tracevar-transcript': transcript,
  'tracevar-workflow': (input) => ({ digest: workflowDocumentDigest(readWorkflowDocument(jcsBytes(input))) }),
  'tracevar-annex': annexRow,
  'tracevar-policy': (input) => ({ hash: computePolicyBundleHash(input as unknown as PolicyInput) }),
  'tracevar-cbor': cbor,
  'tracevar-sorted-ascii': (input) => ({ text: sortedAsciiJson(input) }),
  'tracevar-json': (input) => {
    parseJson(base64Decode(String(input)))
    return { accepted: true }
  },
}

/** Decides a row, or says why it cannot. */
export async function runFormatRow(
  row: JsonObject,
  folder: VectorFolder,
  backend: Backend,
): Promise<RowOutcome> {
  const kind = String(row.kind)
  const run = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (run === undefined) return { kind: 'skipped', why: `kind ${kind} is not in this version` }
  const inputs = object(parseJson(await folder.read(String(row.file)), { largeIntegers: 'double' }))
  const input = inputs[String(object(row.options).case)]
  if (input === undefined) return { kind: 'wrong', got: 'no such case', want: row.expected ?? null }
  return compare(await factsOf(() => run(input, backend)), object(row.expected))
}

/** What `run` computes; for what it refuses, the code and, where there is one, the position. */
async function factsOf(run: () => JsonObject | Promise<JsonObject>): Promise<JsonObject> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof TracevarError)) throw error
    return { refused: error.code, ...(error instanceof ParseError ? error.position : {}) }
  }
}

/** Documents of one collection window: the opening one, and perhaps a closing one. */
function binding(input: JsonValue): JsonObject {
  const [first, ...others] = Array.isArray(input) ? input : []
  const opening = readOpening(first)
  const documents = [opening, ...others.map(readClosing)]
  const root = merkleRoot(documents.map((document) => merkleLeafHash(bindingBytes(document))))
  return {
    digests: documents.map(bindingDigest),
    report_data: hexEncode(reportData(opening.cnf_thumbprint, root)),
  }
}

function transcript(input: JsonValue): JsonObject {
  const { receipts_head: receipts, receipt_count, annex_head: annex, annex_count } = object(input)
  return {
    hash: transcriptHash({
      receiptsHead: String(receipts),
      receiptCount: Number(receipt_count),
      annexHead: annex === null ? null : String(annex),
      annexCount: Number(annex_count),
    }),
  }
}

async function annexRow(input: JsonValue, backend: Backend): Promise<JsonObject> {
  const { row, public_key: publicKey } = object(input)
  const keys = singleKey(hexDecode(String(publicKey)))
  const { status, head, findings } = await verifyAnnexStream(one(jcsBytes(row)), keys, backend)
  const codes = findings.map(({ code }) => code)
  return { payload: sha256String(annexPayload(object(row))), hash: head, status, codes }
}

function cbor(input: JsonValue): JsonObject {
  const { hex, floats } = object(input)
  const options: CborOptions = floats === 'allow' ? { floats } : {}
  const value = decodeCbor(hexDecode(String(hex)), options)
  return { value: cborNotation(value), encoded: hexEncode(encodeCbor(value, options)) }
}

/** A CBOR value as JSON: false, true and null as they are, all else as an object that names its type. */
function cborNotation(value: CborValue): JsonValue {
  if (value === null || typeof value === 'boolean') return value
  if (value === undefined) return { undefined: true }
  if (typeof value === 'number' || typeof value === 'bigint') return { int: String(value) }
  if (typeof value === 'string') return { text: value }
  if (value instanceof Uint8Array) return { bytes: hexEncode(value) }
  if (Array.isArray(value)) return { array: value.map(cborNotation) }
  if (value instanceof Map)
    return { map: [...value].map(([key, item]) => [cborNotation(key), cborNotation(item)]) }
  if ('tag' in value) return { tag: String(value.tag), value: cborNotation(value.value) }
  if ('simple' in value) return { simple: value.simple }
  return { float: Object.is(value.float, -0) ? '-0' : String(value.float) }
}
