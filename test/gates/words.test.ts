// Why: rooms of one floor do not import each other, so the few VAR enumerations that two of them check stand twice. They
// must say the same.
import { describe, expect, it } from 'vitest'
import * as policy from '../../src/policy/types.js'
import * as receipt from '../../src/receipt/fields.js'

describe('gate: words', () => {
  it.each([
    ['decisions', policy.DECISIONS, receipt.DECISIONS],
    ['blast radii', policy.BLAST_RADII, receipt.BLAST_RADII],
    ['modes', policy.POLICY_MODES, receipt.MODES],
  ])('%s of policies and receipts are the same', (_, ours, theirs) => {
    expect([...ours].sort()).toEqual([...theirs].sort())
  })
})
