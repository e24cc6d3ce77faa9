// A short way to write pack rules, so that the tables of the packs read like VAR 1.19.
import type { JsonValue } from '../../codec/json-value.js'
import type { BlastRadius, Decision, Operator, PolicyRule } from '../types.js'

/** A control pack: rules for the tools of one service or for one framework. */
export interface SchemaPack {
  readonly id: string
  /** What it covers, in one line. */
  readonly description: string
  readonly rules: readonly PolicyRule[]
}

/** `[field, operator, value]`; no value for `exists` and `not_exists`. */
export type PackCondition = readonly [field: string, op: Operator, value?: JsonValue]

/** What most rules leave out. */
export interface PackRuleOptions {
  /** Conditions, all of which must hold. Left out: none. */
  readonly when?: readonly PackCondition[]
  /** Left out: false. */
  readonly reversible?: true
  /** Left out: no money action. */
  readonly money?: true
}

/** One rule of a pack. */
export function rule(
  decision: Decision,
  tool: string,
  blastRadius: BlastRadius,
  reason: string,
  { when, reversible, money }: PackRuleOptions = {},
): PolicyRule {
  return {
    tool,
    decision,
    reason,
    blast_radius: blastRadius,
    reversible: reversible ?? false,
    ...(when === undefined ? {} : { params: { conditions: when.map(condition) } }),
    ...(money === undefined ? {} : { money_action: money }),
  }
}

function condition([field, op, value]: PackCondition) {
  return value === undefined ? { field, op } : { field, op, value }
}
