// tracevar/policy: what decides calls. The names that VAR users know (VAR 4.2).

export { PolicyLoadError } from '../errors.js'
export { checkHardened, type Finding } from '../policy/check.js'
export { evaluatePolicy } from '../policy/evaluate.js'
export { loadPolicy } from '../policy/host.js'
export { type LoadedPolicy, type PolicyLoadOptions, parsePolicy } from '../policy/load.js'
export { computePolicyBundleHash, mergePackRules } from '../policy/merge.js'
export { type PackId, resolveSchemaPack, SCHEMA_PACKS, type SchemaPack } from '../policy/packs.js'
export { evaluateParams } from '../policy/params.js'
export type {
  EvaluationContext,
  EvaluationResult,
  ParamCondition,
  ParamsBlock,
  PolicyConfig,
  PolicyInput,
  PolicyProfile,
  PolicyRule,
} from '../policy/types.js'
