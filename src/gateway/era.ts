// The two eras of MCP and which frames belong to which (MCP 2026-07-28, versioning; stdio: the opening frame pins).
import { isJsonObject, type JsonObject } from '../codec/json-value.js'

export type Era = 'legacy' | 'modern'

const MODERN_VERSION = '2026-07-28'

/** Versions that a connection of each era may name; what `data.supported` of -32022 lists. */
export const ERA_VERSIONS: Readonly<Record<Era, readonly string[]>> = {
  legacy: ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'],
  modern: [MODERN_VERSION],
}

const PREFIX = 'io.modelcontextprotocol/'
const VERSION = `${PREFIX}protocolVersion`
const CAPABILITIES = `${PREFIX}clientCapabilities`
const INFO = `${PREFIX}clientInfo`

/** Version that the envelope in `params._meta` names; null without one. */
export function envelopeVersion(params: JsonObject): string | null {
  const version = isJsonObject(params._meta) ? params._meta[VERSION] : undefined
  return typeof version === 'string' ? version : null
}

/** Envelope for a modern request of the gateway: what the client says of itself in `params`, in our version. */
export function envelopeFrom(params: JsonObject): JsonObject {
  const meta = isJsonObject(params._meta) ? params._meta : {}
  const envelope: JsonObject = { [VERSION]: MODERN_VERSION, [CAPABILITIES]: meta[CAPABILITIES] ?? {} }
  if (meta[INFO] !== undefined) envelope[INFO] = meta[INFO]
  return envelope
}
