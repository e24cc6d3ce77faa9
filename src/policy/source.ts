// The text of a policy file, read strictly, and errors that point into it.
import { parseJson } from '../codec/json-parse.js'
import type { JsonValue } from '../codec/json-value.js'
import { utf8Decode } from '../codec/utf8.js'
import { type ErrorCode, ParseError, PolicyLoadError } from '../errors.js'
import { excerptCharsMax, policyBytesMax, policyFaultsMax } from '../limits.js'
import { type Fault, formatPath, type PolicyPath } from './schema.js'
import { readYaml, YamlFault } from './yaml.js'

/** A policy file that was read. */
export interface PolicySource {
  readonly name: string
  readonly value: JsonValue
  /** True for a `.json` name: the merged form, whose packs stand in `rules` already. */
  readonly merged: boolean
  /** Builds the error for a part of the file. `path` left out: no position and no excerpt. */
  readonly error: (code: ErrorCode, message: string, path?: PolicyPath) => PolicyLoadError
}

/**
 * Reads the bytes of a policy file: JSON (strict) when the name ends in `.json`, else YAML. JSON numbers are rounded
 * to doubles, as in YAML. @throws PolicyLoadError `ERR_POLICY_SYNTAX`
 */
export function readSource(bytes: Uint8Array, name: string): PolicySource {
  const text = decode(bytes, name)
  const merged = /\.json$/i.test(name)
  try {
    const { value, offsetOf } = merged ? readMergedJson(text) : readYaml(text)
    return {
      name,
      value,
      merged,
      error: (code, message, path) => policyError(code, message, text, path && offsetOf(path)),
    }
  } catch (error) {
    const problem = problemOf(error)
    throw policyError(
      'ERR_POLICY_SYNTAX',
      `Policy file parse error in ${name}: ${problem.message}`,
      text,
      problem.offset,
    )
  }
}

/** Faults in one line, up to `policyFaultsMax` of them. */
export function formatFaults(faults: readonly Fault[]): string {
  const listed = faults.slice(0, policyFaultsMax).map(({ path, message }) => `${formatPath(path)} ${message}`)
  const rest = faults.length - listed.length
  return [...listed, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ')
}

function decode(bytes: Uint8Array, name: string): string {
  if (bytes.length > policyBytesMax) {
    throw new PolicyLoadError(
      'ERR_POLICY_SYNTAX',
      `Policy file ${name} is larger than ${policyBytesMax} bytes`,
    )
  }
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw new PolicyLoadError('ERR_POLICY_SYNTAX', `Policy file ${name} is not UTF-8`, { cause })
  }
}

/** The strict reader gives the value; the YAML reader, which takes JSON too, knows the places when they are needed. */
function readMergedJson(text: string) {
  const value = parseJson(text, { largeIntegers: 'double' })
  return { value, offsetOf: (path: PolicyPath) => readYaml(text).offsetOf(path) }
}

function problemOf(error: unknown): { readonly message: string; readonly offset: number } {
  if (error instanceof YamlFault) return error
  if (error instanceof ParseError) {
    return { message: error.message.replace(/ \(line \d+, column \d+\)$/, ''), offset: error.position.offset }
  }
  throw error
}

function policyError(
  code: ErrorCode,
  message: string,
  text: string,
  offset: number | undefined,
): PolicyLoadError {
  if (offset === undefined) return new PolicyLoadError(code, message)
  const before = text.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  const position = { offset, line: before.split('\n').length, column: offset - start + 1 }
  const from = Math.max(start, offset - excerptCharsMax / 2)
  const line = /^.*/.exec(text.slice(from, from + excerptCharsMax))?.[0] ?? ''
  const excerpt = line.replace(/\p{Cc}/gu, ' ') // one blank each, so that the caret stays in its place
  const gutter = `${position.line} | `
  const caret = `${' '.repeat(gutter.length + offset - from)}^`
  const place = `(line ${position.line}, column ${position.column})`
  return new PolicyLoadError(code, `${message} ${place}\n${gutter}${excerpt}\n${caret}`, { position })
}
