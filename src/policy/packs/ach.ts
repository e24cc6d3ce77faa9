// ACH (United States): bank transfers. Amounts are strings in cents.
import { rule, type SchemaPack } from './pack-rule.js'

const TOOL = 'ach_transfer'

const onlyListedAccounts = rule('BLOCK', TOOL, 'HIGH', 'the account is not on the list of the operator', {
  when: [['account_id', 'not_in', ['__REPLACE_ME__']]],
})

export const achEnforce: SchemaPack = {
  id: 'ach/enforce',
  description: 'ACH transfers: listed banks and accounts, amount limits, SEC codes',
  rules: [
    rule('BLOCK', TOOL, 'HIGH', 'a routing number is required', { when: [['routing_number', 'not_exists']] }),
    rule('BLOCK', TOOL, 'HIGH', 'the routing number is blank', {
      when: [['routing_number', 'match', '^\\s*$']],
    }),
    rule('BLOCK', TOOL, 'HIGH', 'the routing number is not on the list of the operator', {
      when: [['routing_number', 'not_in', ['__REPLACE_ME__']]],
    }),
    rule('BLOCK', TOOL, 'HIGH', 'an account is required', { when: [['account_id', 'not_exists']] }),
    rule('BLOCK', TOOL, 'HIGH', 'the account is blank', { when: [['account_id', 'match', '^\\s*$']] }),
    onlyListedAccounts,
    rule('STEP_UP', TOOL, 'HIGH', 'without an amount a person decides', {
      when: [['amount', 'not_exists']],
      money: true,
    }),
    rule('STEP_UP', TOOL, 'HIGH', 'the amount is blank', {
      when: [['amount', 'match', '^\\s*$']],
      money: true,
    }),
    rule('STEP_UP', TOOL, 'HIGH', 'the amount is not a whole number of cents above zero', {
      when: [['amount', 'not_match', '^[1-9]\\d*$']],
      money: true,
    }),
    rule('BLOCK', TOOL, 'HIGH', 'transfers above 50,000.00 are not allowed', {
      when: [['amount', 'gt_bigint', '5000000']],
      money: true,
    }),
    rule('STEP_UP', TOOL, 'HIGH', 'transfers above 1,000.00 need approval', {
      when: [['amount', 'gt_bigint', '100000']],
      money: true,
    }),
    rule('BLOCK', TOOL, 'MED', 'an SEC code is required', { when: [['sec_code', 'not_exists']] }),
    rule('BLOCK', TOOL, 'MED', 'the SEC code is blank', { when: [['sec_code', 'match', '^\\s*$']] }),
    rule('BLOCK', TOOL, 'MED', 'the SEC code is not allowed', { when: [['sec_code', 'not_in', ['CCD']]] }),
    rule('ALLOW', TOOL, 'HIGH', 'the call says that credits are approved', {
      when: [
        ['direction', 'eq', 'credit'],
        ['auto_approve_credits', 'eq', true],
      ],
    }),
    rule('STEP_UP', TOOL, 'HIGH', 'credits need approval', { when: [['direction', 'eq', 'credit']] }),
  ],
}

export const achAccountAllowlist: SchemaPack = {
  id: 'ach/account-allowlist',
  description: 'ACH transfers only to accounts that the operator lists',
  rules: [onlyListedAccounts],
}
