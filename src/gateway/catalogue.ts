// The names of the server's tools, asked for by the gateway itself, before the first call is decided.
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json-value.js'
import {
  toolsListBytesMax,
  toolsListNameCharsMax,
  toolsListNamesMax,
  toolsListPagesMax,
  toolsListRoundsMax,
  toolsListWaitMsMax,
} from '../limits.js'
import { type After, within } from './waits.js'

/** A reply to one `tools/list`. */
export interface Page {
  readonly value: JsonValue
  /** Length of its frame. */
  readonly bytes: number
}

/** Sends one `tools/list`; null when there is no server to ask. */
export type AskPage = (params: JsonObject) => Promise<Page | null>

/** One server's tool names. Asks again when the server says that its list changed; see {@link Catalogue.names}. */
export class Catalogue {
  readonly #askPage: AskPage
  readonly #after: After
  #round: Promise<readonly string[] | null> | null = null
  #stale = false
  #meta: JsonObject | null = null

  constructor(askPage: AskPage, after: After) {
    this.#askPage = askPage
    this.#after = after
  }

  /** Begins to ask, unless that was done. `meta`: envelope of a modern client (MCP 2026-07-28), else null. */
  ask(meta: JsonObject | null): void {
    if (this.#round !== null) return
    this.#meta = meta
    this.#askAgain()
  }

  /** The server says that its list changed. */
  changed(): void {
    this.#stale = true
  }

  /**
   * Names in the server's order; null when the list could not be had in time. A list that changed meanwhile is asked
   * for again, in all at most `roundsMax` times.
   */
  async names(roundsMax: number = toolsListRoundsMax): Promise<readonly string[] | null> {
    let names = await (this.#round ?? this.#askAgain())
    for (let round = 1; this.#stale && round < roundsMax; round++) names = await this.#askAgain()
    return names
  }

  #askAgain(): Promise<readonly string[] | null> {
    this.#stale = false
    let over = false
    this.#round = within(
      this.#after,
      this.#allPages(() => over).catch(() => null), // an envelope too deep to be written
      toolsListWaitMsMax,
      null,
    ).finally(() => {
      over = true
    })
    return this.#round
  }

  async #allPages(isOver: () => boolean): Promise<readonly string[] | null> {
    const names = new Set<string>()
    let bytes = 0
    let chars = 0
    let cursor: JsonValue | undefined
    for (let number = 0; number < toolsListPagesMax && !isOver(); number++) {
      const params: JsonObject = {}
      if (this.#meta !== null) params._meta = this.#meta
      if (cursor !== undefined) params.cursor = cursor
      const page = await this.#askPage(params)
      bytes += page?.bytes ?? 0
      const result = isJsonObject(page?.value) ? page.value.result : null
      if (bytes > toolsListBytesMax || !isJsonObject(result) || !Array.isArray(result.tools)) return null
      for (const tool of result.tools) {
        if (!isJsonObject(tool) || typeof tool.name !== 'string' || !tool.name.isWellFormed()) return null
        names.add(tool.name)
        chars += tool.name.length
      }
      if (names.size > toolsListNamesMax || chars > toolsListNameCharsMax) return null
      cursor = result.nextCursor
      if (typeof cursor !== 'string') return [...names]
    }
    return null
  }
}
