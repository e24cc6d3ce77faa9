// tracevar/store: the data directory as an operator or a tool reads it. Writing is the runtime's alone.
export { listWorkflows, type WorkflowExport, type WorkflowSummary } from '../store/export.js'
export type { JournalRow } from '../store/journal-rows.js'
export { exportWorkflow, workflowsOf } from '../wiring/export.js'
