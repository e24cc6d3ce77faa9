// Stripe: charges, refunds, transfers, payouts, customers. Amounts are minor units.
import type { PolicyRule } from '../types.js'
import { rule, type SchemaPack } from './pack-rule.js'

/** Transfers and payouts send money out: the recipient must be listed and the amount a plain integer string. */
function moneyOut(tool: 'stripe_transfer' | 'stripe_payout'): PolicyRule[] {
  return [
    rule('BLOCK', tool, 'CRITICAL', 'a destination is required', { when: [['destination', 'not_exists']] }),
    rule('BLOCK', tool, 'CRITICAL', 'the destination is blank', {
      when: [['destination', 'match', '^\\s*$']],
    }),
    rule('STEP_UP', tool, 'CRITICAL', 'without an amount a person decides', {
      when: [['amount', 'not_exists']],
    }),
    rule('STEP_UP', tool, 'CRITICAL', 'with an empty amount a person decides', {
      when: [['amount', 'eq', '']],
    }),
    rule('STEP_UP', tool, 'CRITICAL', 'the amount is not a whole number of minor units', {
      when: [['amount', 'not_match', '^\\d+$']],
    }),
    rule('BLOCK', tool, 'CRITICAL', 'the destination is not on the list of the operator', {
      when: [['destination', 'not_in', ['__REPLACE_ME__']]],
    }),
    rule('STEP_UP', tool, 'CRITICAL', 'more than 500.00 leaves the account', {
      when: [['amount', 'gt_bigint', '50000']],
    }),
  ]
}

export const stripeEnforce: SchemaPack = {
  id: 'stripe/enforce',
  description: 'Payment limits, refund thresholds, currency controls',
  rules: [
    rule('BLOCK', 'stripe_charge', 'HIGH', 'charges above 1,000.00 are not allowed', {
      when: [['amount', 'gt', 100000]],
    }),
    rule('STEP_UP', 'stripe_charge', 'MED', 'charges above 500.00 need approval', {
      when: [['amount', 'gt', 50000]],
    }),
    rule('BLOCK', 'stripe_charge', 'MED', 'the currency is not one that is accepted', {
      when: [['currency', 'not_in', ['usd', 'eur', 'gbp', 'jpy', 'cad', 'aud']]],
      reversible: true,
    }),
    rule('BLOCK', 'stripe_create_charge', 'HIGH', 'charges above 1,000.00 are not allowed', {
      when: [['amount', 'gt', 100000]],
    }),
    rule('STEP_UP', 'stripe_create_charge', 'MED', 'charges above 500.00 need approval', {
      when: [['amount', 'gt', 50000]],
    }),
    rule('BLOCK', 'stripe_refund', 'HIGH', 'a refund must name its charge', {
      when: [['charge_id', 'not_exists']],
    }),
    rule('BLOCK', 'stripe_refund', 'HIGH', 'the charge of the refund is empty', {
      when: [['charge_id', 'eq', '']],
    }),
    rule('STEP_UP', 'stripe_refund', 'HIGH', 'without an amount the whole charge is refunded', {
      when: [['amount', 'not_exists']],
    }),
    rule('STEP_UP', 'stripe_refund', 'HIGH', 'with an empty amount the whole charge may be refunded', {
      when: [['amount', 'eq', '']],
    }),
    rule('BLOCK', 'stripe_refund', 'HIGH', 'refunds above 5,000.00 are not allowed', {
      when: [['amount', 'gt', 500000]],
    }),
    rule('STEP_UP', 'stripe_refund', 'MED', 'refunds above 500.00 need approval', {
      when: [['amount', 'gt', 50000]],
    }),
    rule('STEP_UP', 'stripe_update_customer', 'MED', 'customers in production change only with approval', {
      when: [['metadata.env', 'in', ['production', 'prod']]],
      reversible: true,
    }),
    ...moneyOut('stripe_transfer'),
    ...moneyOut('stripe_payout'),
    rule('ALLOW', 'stripe_delete_customer', 'HIGH', 'the call says that customers may be deleted', {
      when: [['allow_customer_delete', 'eq', true]],
    }),
    rule('BLOCK', 'stripe_delete_customer', 'HIGH', 'customers are not deleted by agents'),
  ],
}

function onlyListed(tool: string): PolicyRule {
  return rule('BLOCK', tool, 'HIGH', 'no destination is listed, so none is allowed', {
    when: [['destination', 'not_in', []]],
  })
}

export const stripeBeneficiary: SchemaPack = {
  id: 'stripe/beneficiary',
  description: 'Charges only to destinations that the operator lists',
  rules: [onlyListed('stripe_charge'), onlyListed('stripe_create_charge')],
}

export const pciDssStripe: SchemaPack = {
  id: 'pci-dss/stripe',
  description: 'PCI-DSS payment card data handling',
  rules: [
    rule('STEP_UP', 'stripe_charge', 'HIGH', 'manual capture holds card funds; a person decides', {
      when: [['capture_method', 'eq', 'manual']],
    }),
    rule('STEP_UP', 'stripe_charge', 'CRITICAL', 'this charge touches production cardholder data', {
      when: [['metadata.cardholder_env', 'eq', 'production']],
    }),
    rule('BLOCK', 'stripe_create_customer', 'MED', 'a customer needs an email address', {
      when: [['email', 'not_exists']],
      reversible: true,
    }),
  ],
}
