// GDPR: lawful basis, transfers, rights of data subjects, profiling.
import { rule, type SchemaPack } from './pack-rule.js'

const LAWFUL_BASES = [
  'consent',
  'contract',
  'legal_obligation',
  'vital_interests',
  'public_task',
  'legitimate_interests',
]

/** EU and EEA members, and countries taken as adequate. */
const ADEQUATE =
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO GB CH US CA JP NZ KR IL UY AR'

export const gdprEnforce: SchemaPack = {
  id: 'gdpr/enforce',
  description: 'Lawful basis, cross-border transfer, erasure',
  rules: [
    rule('BLOCK', 'personal_data_collect', 'HIGH', 'no lawful basis is named', {
      when: [['lawful_basis', 'not_exists']],
    }),
    rule('ALLOW', 'personal_data_collect', 'MED', 'a lawful basis is named', {
      when: [['lawful_basis', 'in', LAWFUL_BASES]],
      reversible: true,
    }),
    rule('BLOCK', 'personal_data_transfer', 'HIGH', 'the country of destination has no adequacy decision', {
      when: [['destination_country', 'not_in', ADEQUATE.split(' ')]],
    }),
    rule('STEP_UP', 'personal_data_transfer', 'HIGH', 'transfers of personal data need approval'),
    rule('STEP_UP', 'data_subject_delete', 'HIGH', 'an erasure cannot be undone'),
    rule('STEP_UP', 'data_subject_export', 'MED', 'check who asks before personal data goes out'),
    rule('BLOCK', 'profiling_decision', 'HIGH', 'decisions about people are not left to machines alone', {
      when: [['solely_automated', 'eq', true]],
    }),
  ],
}
