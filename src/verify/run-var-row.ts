// One row of var/index.json: a chain file, its sidecar and its keys, against the expected layers, exit code and codes.
import { base64urlDecode } from '../codec/base64.js'
import { hexDecode } from '../codec/hex.js'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonObject } from '../codec/json-value.js'
import type { Backend } from '../crypto/backend.js'
import { type KeySet, keySetOf, singleKey } from '../crypto/key-set.js'
import { exitCodeOf, isClean } from './report.js'
import type { RowOutcome, VectorFolder } from './run-vectors.js'
import type { VectorRow } from './vector-scope.js'
import { verifyChainStream } from './verify-chain-stream.js'

/** Decides a row that is in scope (`scopeOf`). L4 is not compared: it is not decided yet. */
export async function runVarRow(row: VectorRow, folder: VectorFolder, backend: Backend): Promise<RowOutcome> {
  const { file = '', expect } = row
  if (expect === undefined) return { kind: 'skipped', why: 'no expectation' }
  const sidecar = `${file}.tsa`
  const result = await verifyChainStream(one(await folder.read(file)), await keysOf(row, folder), backend, {
    ...((await folder.exists(sidecar)) ? { sidecar: one(await folder.read(sidecar)) } : {}),
  })
  const exit = exitCodeOf({ chain: result, backend: {} })
  const codes = new Set<string>(result.findings.map(({ code }) => code))
  const got: JsonObject = {
    L1: result.layers.L1.status,
    L2: result.layers.L2.status,
    L3: result.layers.L3.status,
    complete: result.chain.complete,
    clean: isClean(result.findings) && exit !== 1,
    exit,
    codes: [...codes],
  }
  const want: JsonObject = {
    L1: expect.L1,
    L2: expect.L2,
    L3: row.tsa_anchors === undefined ? expect.L3 : (expect.L3_without_anchors ?? expect.L3),
    clean: expect.clean,
    exit: expect.exit,
    ...(expect.complete === undefined ? {} : { complete: expect.complete }),
    ...(expect.codes_any === undefined ? {} : { codes_any: [...expect.codes_any] }),
  }
  const right = Object.entries(want).every(([name, value]) =>
    name === 'codes_any'
      ? expect.codes_any?.some((code) => codes.has(code))
      : value === '*' || value === got[name],
  )
  return right ? { kind: 'right' } : { kind: 'wrong', got, want }
}

async function keysOf(row: VectorRow, folder: VectorFolder): Promise<KeySet> {
  if (row.jwks === undefined) return singleKey(hexDecode(row.key_hex))
  const jwks = parseJson(await folder.read('jwks.json'))
  const keys = isJsonObject(jwks) && Array.isArray(jwks.keys) ? jwks.keys.filter(isJsonObject) : []
  return keySetOf(
    keys
      .filter(({ kid }) => row.jwks?.includes(String(kid)))
      .map(({ kid, x }) => ({ keyId: String(kid), publicKey: base64urlDecode(String(x)) })),
  )
}

/** Bytes as a stream of one chunk. */
export async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
