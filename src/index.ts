// The library. `openRuntime` is the way in; the VAR functions are here too, so that the VAR quick start runs with only
// the import changed.

export * from './entry/receipt.js'
export { DecisionError, type ErrorCode, TracevarError } from './errors.js'
export type { CallTicket, OutcomeFacts } from './runtime/call-ticket.js'
export type { RecordOptions, Runtime, RuntimeDescription } from './runtime/runtime.js'
export type { ClosedWorkflow, Workflow } from './runtime/workflow.js'
export type { WorkflowOptions } from './runtime/workflow-options.js'
export { type OpenRuntimeOptions, openRuntime } from './wiring/open-runtime.js'
