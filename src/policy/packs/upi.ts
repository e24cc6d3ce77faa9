// UPI (India): payments to virtual payment addresses. Amounts are strings in paise.
import type { PolicyRule } from '../types.js'
import { rule, type SchemaPack } from './pack-rule.js'

const TOOLS = ['upi_payment', 'upi_transfer'] as const

function onlyListed(tool: string): PolicyRule {
  return rule('BLOCK', tool, 'HIGH', 'the payment address is not on the list of the operator', {
    when: [['vpa', 'not_in', ['__REPLACE_ME__']]],
  })
}

function enforce(tool: string): PolicyRule[] {
  return [
    rule('STEP_UP', tool, 'HIGH', 'without a payment address a person decides', {
      when: [['vpa', 'not_exists']],
    }),
    rule('STEP_UP', tool, 'HIGH', 'the payment address is blank', { when: [['vpa', 'match', '^\\s*$']] }),
    onlyListed(tool),
    rule('STEP_UP', tool, 'HIGH', 'without an amount a person decides', {
      when: [['amount', 'not_exists']],
      money: true,
    }),
    rule('STEP_UP', tool, 'HIGH', 'the amount is blank', {
      when: [['amount', 'match', '^\\s*$']],
      money: true,
    }),
    rule('STEP_UP', tool, 'HIGH', 'the amount is not a whole number of paise', {
      when: [['amount', 'not_match', '^\\d+$']],
      money: true,
    }),
    rule('BLOCK', tool, 'HIGH', 'payments above 10,000.00 are not allowed', {
      when: [['amount', 'gt_bigint', '1000000']],
      money: true,
    }),
    rule('STEP_UP', tool, 'HIGH', 'payments above 1,000.00 need approval', {
      when: [['amount', 'gt_bigint', '100000']],
      money: true,
    }),
  ]
}

export const upiEnforce: SchemaPack = {
  id: 'upi/enforce',
  description: 'UPI payments: listed addresses, amount limits',
  rules: TOOLS.flatMap(enforce),
}

export const upiVpaAllowlist: SchemaPack = {
  id: 'upi/vpa-allowlist',
  description: 'UPI payments only to addresses that the operator lists',
  rules: TOOLS.map(onlyListed),
}
