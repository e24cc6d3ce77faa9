// SOC 2: customer data, production changes, access, keys, backups.
import { rule, type SchemaPack } from './pack-rule.js'

export const soc2Enforce: SchemaPack = {
  id: 'soc2/enforce',
  description: 'Customer data, production change management',
  rules: [
    rule('BLOCK', 'user_data_export', 'HIGH', 'the requestor may not export user data', {
      when: [['requestor_authorized', 'eq', false]],
    }),
    rule('STEP_UP', 'user_data_export', 'HIGH', 'exports of user data need approval'),
    rule('STEP_UP', 'production_config_change', 'HIGH', 'production changes only with approval'),
    rule('STEP_UP', 'access_grant', 'CRITICAL', 'a privileged role is granted only with approval', {
      when: [['role', 'in', ['admin', 'superuser', 'root']]],
    }),
    rule('ALLOW', 'access_revoke', 'LOW', 'taking access away lowers risk'),
    rule('STEP_UP', 'encryption_key_rotate', 'CRITICAL', 'a key rotation can lock data away'),
    rule('BLOCK', 'backup_delete', 'CRITICAL', 'backups are kept'),
  ],
}
