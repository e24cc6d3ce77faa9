// The receipt that is measured: an action receipt of the usual size (about 1 KB complete).

/** A complete action receipt, of which a verifier has nothing to say, with made-up digests and signature. */
export function sampleReceipt() {
  const digest = `sha256:${'6fb2c7f0b7d0d1e9'.repeat(4)}`
  return {
    receipt_id: '01J5Q7XP8R2NKWZ9T4MVCLB3YZ',
    record_type: 'action_receipt',
    spec_version: 'var/1.0',
    workflow_id: '01J5Q7XN4K1R8K5P0X2B6M7N8Q',
    workflow_id_source: 'nonsudo_generated',
    agent_id: 'agent_prod_01',
    issued_at: '2026-03-20T09:22:31.411Z',
    prev_receipt_hash: digest,
    sequence_number: 4,
    policy_bundle_hash: digest,
    rfc3161_token: null,
    tsa_id: null,
    tool_name: 'ticket_update',
    params_canonical_hash: digest,
    decision: 'ALLOW',
    decision_reason: 'no matching rule — policy default applied',
    decision_order: 1,
    queue_status: 'COMPLETED',
    queue_timeout_ms: 5000,
    blast_radius: 'LOW',
    reversible: true,
    state_version_before: 3,
    state_version_after: 4,
    response_hash: null,
    upstream_call_initiated: true,
    money_action: false,
    signature: { alg: 'Ed25519', key_id: 'ns-prod-01', sig: 'A'.repeat(86) },
  }
}
