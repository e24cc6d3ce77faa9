// The hashes of VAR: SHA-256 over canonical JSON, as digest strings.

import { hexEncode } from '../codec/hex.js'
import { jcs, jcsBytes } from '../codec/jcs.js'
import { parseJson } from '../codec/json-parse.js'
import { isJsonObject, type JsonValue } from '../codec/json-value.js'
import { utf8Encode } from '../codec/utf8.js'
import { sha256, sha256String } from '../crypto/hash.js'
import { TracevarError } from '../errors.js'

/**
 * SHA-256 of the canonical JSON of a value; undefined hashes as `null` (VAR R-23).
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE`.
 */
export function canonicalHash(value: unknown): string {
  return sha256String(jcsBytes(value ?? null))
}

/**
 * Hash of a response text (VAR R-23): of the parsed value when the text is a JSON object or array, else of the text
 * as a JSON string. A text that a strict reader refuses (duplicate names, lone surrogates) counts as plain text, so
 * that two texts which parsers may read differently never share a hash.
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE` for a string with a lone surrogate.
 */
export function computeContentEntropyHash(text: string): string {
  return canonicalHash(parseContainer(text) ?? text)
}

function parseContainer(text: string): JsonValue | undefined {
  try {
    const value = parseJson(text, { largeIntegers: 'double' })
    return Array.isArray(value) || isJsonObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof TracevarError) return undefined
    throw error
  }
}

/** What an agent class is made of (VAR R-103). */
export interface AgentClass {
  readonly systemPrompt: string
  readonly toolNames: readonly string[]
  readonly modelId: string
}

/** `cls_` and 32 hex digits: the id of a class of agents with the same model, prompt and tools (VAR R-103). */
export function computeAgentClassId({ systemPrompt, toolNames, modelId }: AgentClass): string {
  const tools = [...new Set(toolNames.map((name) => name.trim()))].sort()
  const canonical = jcs({ model: modelId.trim(), prompt: systemPrompt.trim(), tools })
  return `cls_${hexEncode(sha256(utf8Encode(canonical))).slice(0, 32)}`
}

/**
 * Hash of a complete signed receipt: what the next receipt's `prev_receipt_hash` holds (VAR R-22). Nulls, the
 * signature and unknown members are part of it.
 *
 * @throws TracevarError `ERR_CODEC_NOT_CANONICALIZABLE`.
 */
export function receiptHash(receipt: object): string {
  return sha256String(jcsBytes(receipt))
}
