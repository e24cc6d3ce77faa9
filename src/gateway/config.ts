// `tracevar.yaml` (tracevar/config/1): the same facts as the gateway's flags, in a file. Unknown members are refused.
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import { utf8Decode } from '../codec/utf8.js'
import { TracevarError } from '../errors.js'
import { CONFIG_FORMAT } from '../formats.js'
import { policyBytesMax } from '../limits.js'
import { readYaml, YamlFault } from '../policy/yaml.js'

/** Content of a config file; every member but `format` may be left out. Paths are as written. */
export interface GatewayConfig {
  readonly policy?: string
  readonly data?: string
  readonly mode?: string
  readonly agentId?: string
  readonly initiatorId?: string
  readonly workflowOwner?: string
  readonly keyId?: string
  /** Command and arguments of the MCP server. */
  readonly server?: readonly string[]
  /** Names of environment variables that the server gets besides the usual six. */
  readonly passEnv?: readonly string[]
}

const isText = (value: JsonValue): boolean => typeof value === 'string' && value !== ''
const isTexts = (value: JsonValue): boolean => Array.isArray(value) && value.every(isText)

/** Wire name -> member, test, and what is expected. */
const MEMBERS: Readonly<
  Record<string, readonly [keyof GatewayConfig, (value: JsonValue) => boolean, string]>
> = {
  policy: ['policy', isText, 'a path'],
  data: ['data', isText, 'a path'],
  mode: ['mode', (value) => value === 'observe' || value === 'enforce', 'observe or enforce'],
  agent_id: ['agentId', isText, 'text'],
  initiator_id: ['initiatorId', isText, 'text'],
  workflow_owner: ['workflowOwner', isText, 'text'],
  key_id: ['keyId', isText, 'text'],
  server: [
    'server',
    (value) => isTexts(value) && (value as JsonValue[]).length > 0,
    'a list: command, then arguments',
  ],
  pass_env: ['passEnv', isTexts, 'a list of names'],
}

/**
 * Reads a config file.
 *
 * @throws TracevarError `ERR_GATEWAY_CONFIG` naming file, line or member.
 */
export function parseGatewayConfig(bytes: Uint8Array, name: string): GatewayConfig {
  const config: Record<string, unknown> = {}
  for (const [wireName, value] of Object.entries(readObject(bytes, name))) {
    if (wireName === 'format') continue
    const [member, test, expected] = Object.hasOwn(MEMBERS, wireName) ? (MEMBERS[wireName] ?? []) : []
    if (!member) throw refuse(name, `member ${JSON.stringify(wireName)} is unknown`)
    if (!test?.(value)) throw refuse(name, `${wireName}: expected ${expected}`)
    config[member] = value
  }
  return config
}

function readObject(bytes: Uint8Array, name: string): JsonObject {
  if (bytes.length > policyBytesMax) throw refuse(name, `larger than ${policyBytesMax} bytes`)
  const text = utf8Decode(bytes)
  let value: JsonValue
  try {
    value = readYaml(text).value
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error
    throw refuse(name, `line ${text.slice(0, error.offset).split('\n').length}: ${error.message}`)
  }
  if (!isJsonObject(value)) throw refuse(name, 'expected a mapping')
  if (value.format !== CONFIG_FORMAT) throw refuse(name, `format: expected ${CONFIG_FORMAT}`)
  return value
}

function refuse(name: string, why: string): TracevarError {
  return new TracevarError('ERR_GATEWAY_CONFIG', `${name}: ${why}`)
}
