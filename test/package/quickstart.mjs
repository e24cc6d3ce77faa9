import * as ed from "@noble/ed25519";
import {
  createReceipt,
  signReceipt,
  chainReceipt,
  verifyChain,
} from "tracevar";
import { loadPolicy, evaluatePolicy } from "tracevar/policy";

// Generate an Ed25519 key pair
const privKey = ed.utils.randomPrivateKey();
const pubKey  = await ed.getPublicKeyAsync(privKey);

// Load your policy file
const policy = loadPolicy("./nonsudo.yaml");

// Evaluate a tool call against the policy
const result = evaluatePolicy(
  "stripe_refund",
  policy,
  { amount: 75000 }  // $750.00 in minor units
);
// result.decision === "STEP_UP" (over $500 threshold)

// Create the genesis receipt (first in chain)
const genesis = createReceipt({
  record_type:        "workflow_manifest",
  spec_version:       "var/1.0",
  workflow_id:        "wf_01J5Q7XP8R",
  workflow_id_source: "nonsudo_generated",
  agent_id:           "agent_prod_01",
  issued_at:          new Date().toISOString(),
  prev_receipt_hash:  null,
  sequence_number:    0,
  policy_bundle_hash: "sha256:abc123...",
  rfc3161_token:      null,
  tsa_id:             null,
  initiator_id:       "user@example.com",
  workflow_owner:     "team-alpha",
  session_budget:     { USD: 1000.00 },
  declared_tools:     ["stripe_refund", "stripe_charge"],
});
const signed1 = await signReceipt(genesis, privKey, "my-key-1");
// signed1.receipt_id → "01J5Q7XP8R2NKWZ9T4MVCLB3Y"
// signed1.signature  → { alg: "Ed25519", key_id: "my-key-1", sig: "<base64url>" }

// Create and chain the action receipt
const action = chainReceipt(
  createReceipt({
    receipt_id:         "01J5Q7XP8R2NKWZ9T4MVCLB3Y",
    record_type:        "action_receipt",
    spec_version:       "var/1.0",
    workflow_id:        "wf_01J5Q7XP8R",
    workflow_id_source: "nonsudo_generated",
    agent_id:           "agent_prod_01",
    issued_at:          new Date().toISOString(),
    prev_receipt_hash:  null,   // chainReceipt sets this
    sequence_number:    0,      // chainReceipt sets this
    policy_bundle_hash: "sha256:abc123...",
    rfc3161_token:      null,
    tsa_id:             null,
    tool_name:          "stripe_refund",
    params_canonical_hash: "sha256:def456...",
    decision:           result.decision,
    decision_reason:    result.decision_reason ?? "policy threshold exceeded",
    decision_order:     1,
    queue_status:       "COMPLETED",
    queue_timeout_ms:   5000,
    state_version_before: 0,
    state_version_after:  1,
    blast_radius:       "MED",
    reversible:         false,
    response_hash:      null,
  }),
  signed1  // links prev_receipt_hash + increments sequence
);
const signed2 = await signReceipt(action, privKey, "my-key-1");

// Verify the full chain
const verification = await verifyChain([signed1, signed2], pubKey);
console.log(verification.valid);   // true
console.log(verification.errors);  // []
console.log(verification.gaps);    // []

// What the quick start's comments promise.
if (result.decision !== 'STEP_UP' || result.reason !== result.decision_reason) throw new Error(`decision ${result.decision}`)
if (!verification.valid || verification.errors.length !== 0 || verification.gaps.length !== 0) throw new Error('the chain does not verify')
