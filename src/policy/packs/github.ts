// GitHub: pushes, branches, webhooks.
import { rule, type SchemaPack } from './pack-rule.js'

const PROTECTED = ['main', 'master', 'production']

export const githubEnforce: SchemaPack = {
  id: 'github/enforce',
  description: 'Force push, protected branch, webhook controls',
  rules: [
    rule('BLOCK', 'github_push', 'HIGH', 'a forced push rewrites history', { when: [['force', 'eq', true]] }),
    rule('STEP_UP', 'github_push', 'MED', 'a push to a protected branch needs approval', {
      when: [['branch', 'in', PROTECTED]],
      reversible: true,
    }),
    rule('BLOCK', 'github_delete_branch', 'CRITICAL', 'protected branches stay', {
      when: [['branch', 'in', PROTECTED]],
    }),
    rule('STEP_UP', 'github_create_webhook', 'MED', 'a webhook sends data elsewhere; a person decides', {
      reversible: true,
    }),
  ],
}
