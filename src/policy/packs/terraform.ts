// Terraform: destroy, apply, state, workspaces.
import { rule, type SchemaPack } from './pack-rule.js'

export const terraformEnforce: SchemaPack = {
  id: 'terraform/enforce',
  description: 'Destroy blocks, production apply approval',
  rules: [
    rule('BLOCK', 'terraform_destroy', 'CRITICAL', 'infrastructure is not destroyed by agents'),
    rule('STEP_UP', 'terraform_apply', 'HIGH', 'production changes only with approval', {
      when: [['workspace', 'match', 'prod']],
    }),
    rule('ALLOW', 'terraform_apply', 'HIGH', 'the workspace is not production'),
    rule('STEP_UP', 'terraform_state_rm', 'HIGH', 'resources taken out of the state are no longer managed'),
    rule('STEP_UP', 'terraform_workspace_delete', 'MED', 'a deleted workspace loses its state'),
    rule('ALLOW', 'terraform_plan', 'LOW', 'a plan changes nothing', { reversible: true }),
    rule('ALLOW', 'terraform_init', 'LOW', 'init changes no infrastructure', { reversible: true }),
  ],
}
