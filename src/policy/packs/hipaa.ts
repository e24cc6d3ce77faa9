// HIPAA: health records, exports of protected health information, messages, audit logs.
import { rule, type SchemaPack } from './pack-rule.js'

export const hipaaEnforce: SchemaPack = {
  id: 'hipaa/enforce',
  description: 'PHI access, modification, and export controls',
  rules: [
    rule('BLOCK', 'ehr_read', 'HIGH', 'the patient has not consented', {
      when: [['patient_consent', 'eq', false]],
    }),
    rule('STEP_UP', 'ehr_write', 'CRITICAL', 'changes to a health record need approval'),
    rule('BLOCK', 'ehr_delete', 'CRITICAL', 'health records are kept'),
    rule('BLOCK', 'phi_export', 'CRITICAL', 'the destination does not meet HIPAA', {
      when: [['destination_hipaa_compliant', 'eq', false]],
    }),
    rule('STEP_UP', 'phi_export', 'HIGH', 'exports of health information need approval'),
    rule('STEP_UP', 'patient_message', 'HIGH', 'the message holds health information', {
      when: [['contains_phi', 'eq', true]],
    }),
    rule('BLOCK', 'audit_log_access', 'MED', 'audit logs are read only for a listed purpose', {
      when: [['purpose', 'not_in', ['compliance', 'security_review', 'breach_investigation']]],
    }),
  ],
}
