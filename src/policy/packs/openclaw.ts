// OpenClaw: on-chain transfers, swaps, escrow. Amounts are strings in wei.
import { rule, type SchemaPack } from './pack-rule.js'

const TRANSFER = 'openclaw.agent.transfer'
const SWAP = 'openclaw.agent.swap'
const RELEASE = 'openclaw.agent.checkout.escrow.release'

export const openclawEnforce: SchemaPack = {
  id: 'openclaw/enforce',
  description: 'On-chain transfers, swaps and escrow',
  rules: [
    rule('BLOCK', TRANSFER, 'CRITICAL', 'a recipient is required', { when: [['recipient', 'not_exists']] }),
    rule('BLOCK', TRANSFER, 'CRITICAL', 'the recipient is empty', { when: [['recipient', 'eq', '']] }),
    rule('STEP_UP', TRANSFER, 'CRITICAL', 'without an amount a person decides', {
      when: [['amount_wei', 'not_exists']],
    }),
    rule('STEP_UP', TRANSFER, 'CRITICAL', 'the amount is not a whole number of wei', {
      when: [['amount_wei', 'not_match', '^\\d+$']],
    }),
    rule('BLOCK', TRANSFER, 'CRITICAL', 'the recipient is not on the list of the operator', {
      when: [['recipient', 'not_in', ['__REPLACE_ME__']]],
    }),
    rule('BLOCK', TRANSFER, 'CRITICAL', 'transfers above 5 ether are not allowed', {
      when: [['amount_wei', 'gt_bigint', '5000000000000000000']],
    }),
    rule('STEP_UP', TRANSFER, 'CRITICAL', 'transfers above 0.1 ether need approval', {
      when: [['amount_wei', 'gt_bigint', '100000000000000000']],
    }),
    rule('BLOCK', SWAP, 'HIGH', 'a slippage limit is required', { when: [['slippage_bps', 'not_exists']] }),
    rule('BLOCK', SWAP, 'HIGH', 'the slippage limit is above half a percent', {
      when: [['slippage_bps', 'gt', 50]],
    }),
    rule('BLOCK', SWAP, 'HIGH', 'an output token is required', { when: [['output_token', 'not_exists']] }),
    rule('BLOCK', SWAP, 'HIGH', 'the output token is empty', { when: [['output_token', 'eq', '']] }),
    rule('BLOCK', SWAP, 'HIGH', 'the output token is not one that is accepted', {
      when: [['output_token', 'not_in', ['ETH', 'USDC', 'USDT']]],
    }),
    rule('ALLOW', RELEASE, 'CRITICAL', 'the call says that the release is approved', {
      when: [['auto_approve_escrow_release', 'eq', true]],
    }),
    rule('STEP_UP', RELEASE, 'CRITICAL', 'releasing escrow needs approval'),
    rule('ALLOW', 'openclaw.agent.checkout.escrow.refund', 'MED', 'a refund returns money to the payer', {
      reversible: true,
    }),
  ],
}
