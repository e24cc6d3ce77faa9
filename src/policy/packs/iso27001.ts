// ISO 27001: assets, network access, scans, incidents, keys, logs.
import { rule, type SchemaPack } from './pack-rule.js'

export const iso27001Enforce: SchemaPack = {
  id: 'iso27001/enforce',
  description: 'Asset classification, incident response, key ops',
  rules: [
    rule('BLOCK', 'asset_delete', 'CRITICAL', 'classified assets are not deleted by agents', {
      when: [['asset_classification', 'in', ['confidential', 'restricted']]],
    }),
    rule('STEP_UP', 'asset_delete', 'HIGH', 'deleting an asset needs approval'),
    rule('STEP_UP', 'network_access_change', 'HIGH', 'changes of network access need approval'),
    rule('STEP_UP', 'vulnerability_scan', 'MED', 'a scan of live or outside systems needs approval', {
      when: [['scope', 'in', ['production', 'prod', 'external']]],
      reversible: true,
    }),
    rule('STEP_UP', 'incident_response_action', 'HIGH', 'the action interrupts a service or access', {
      when: [['action', 'in', ['isolate', 'shutdown', 'block_ip', 'revoke_access']]],
    }),
    rule('STEP_UP', 'cryptographic_key_create', 'HIGH', 'a key for this use needs approval', {
      when: [['key_usage', 'in', ['signing', 'encryption', 'authentication']]],
    }),
    rule('BLOCK', 'log_delete', 'CRITICAL', 'logs are kept'),
  ],
}
