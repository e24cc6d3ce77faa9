// A context and lines that fit it, for tests of confirmLines.
import { receiptHash } from '../../src/receipt/hash.js'
import { packContext } from '../../src/verify/confirm-context.js'
import { chainOf, key, type Members, ndjson } from '../verify/support.js'

/** Outcomes and calls of a chain, without its manifest; the members of each call and outcome are in canonical order. */
export function plainLines(count: number): Uint8Array {
  const chain = chainOf(
    ['workflow_manifest'],
    ...Array.from({ length: count }, (_, i) => [i % 3 === 2 ? 'post_receipt' : 'action_receipt'] as const),
  )
  return new TextEncoder().encode(ndjson(chain.slice(1)))
}

/** The context of those lines. */
export function plainContext(): Uint8Array {
  const [manifest, action, post] = chainOf(['workflow_manifest'], ['action_receipt'], ['post_receipt']) as [
    Members,
    Members,
    Members,
  ]
  const context = packContext(
    {
      workflowId: String(manifest.workflow_id),
      agentId: String(manifest.agent_id),
      policyBundleHash: String(manifest.policy_bundle_hash),
      keyId: 'k1',
      key: key.publicKey,
      untaggedSeen: false,
    },
    new Map([
      ['action_receipt', Object.keys(action).sort()],
      ['post_receipt', Object.keys(post).sort()],
    ]),
    new Map([['read_file', { isDeclared: true, needsMoneyTag: false, isUntagged: true }]]),
  )
  if (context === undefined) throw new Error('the context cannot be packed')
  return context
}

/** Hash of the manifest that the lines begin with. */
export function manifestHash(): string {
  return receiptHash(chainOf(['workflow_manifest'])[0] as Members)
}
