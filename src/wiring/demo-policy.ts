// The policy of `tracevar demo`: one rule for each thing that can happen to a call.
export const DEMO_POLICY = `# Policy of tracevar demo. Amounts are minor units (cents).
version: "1.0"
mode: enforce

workflow:
  agent_id: demo-agent
  initiator_id: you@example.com
  workflow_owner: demo

policy:
  default: BLOCK
  rules:
    - tool: list_files
      decision: ALLOW
      reason: listing is harmless
      blast_radius: LOW
      reversible: true
    - tool: read_note
      decision: ALLOW
      reason: reading is harmless
      blast_radius: LOW
      reversible: true
    - tool: stripe_refund
      decision: STEP_UP
      reason: refunds above 500.00 need a person
      blast_radius: MED
      reversible: false
      money_action: true
      amount_field: amount
      params:
        conditions:
          - { field: amount, op: gt, value: 50000 }
    - tool: stripe_refund
      decision: ALLOW
      reason: small refund
      blast_radius: LOW
      reversible: false
      money_action: true
      amount_field: amount
    - tool: slow_report
      decision: ALLOW
      reason: reports may be made
      blast_radius: LOW
      reversible: true
      queue_timeout_ms: 400
`
