// EU AI Act: oversight of high-risk use, personal data in training, deployment.
import { rule, type SchemaPack } from './pack-rule.js'

export const euAiActEnforce: SchemaPack = {
  id: 'eu-ai-act/enforce',
  description: 'Article 12 logging, high-risk system oversight',
  rules: [
    rule('STEP_UP', 'llm_inference', 'HIGH', 'high-risk use needs human oversight', {
      when: [['risk_classification', 'in', ['high_risk', 'unacceptable_risk']]],
    }),
    rule('ALLOW', 'llm_inference', 'LOW', 'limited-risk use', {
      when: [['risk_classification', 'eq', 'limited_risk']],
      reversible: true,
    }),
    rule('STEP_UP', 'automated_decision', 'HIGH', 'the decision affects a person', {
      when: [['affects_individual', 'eq', true]],
    }),
    rule('ALLOW', 'automated_decision', 'MED', 'the decision affects nobody in person', { reversible: true }),
    rule('STEP_UP', 'training_data_access', 'HIGH', 'the training data holds personal data', {
      when: [['contains_personal_data', 'eq', true]],
    }),
    rule('STEP_UP', 'model_deployment', 'CRITICAL', 'a model goes to production only with approval', {
      when: [['environment', 'in', ['production', 'prod']]],
    }),
    rule('ALLOW', 'model_deployment', 'MED', 'the environment is not production', { reversible: true }),
  ],
}
