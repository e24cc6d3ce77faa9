// tracevar/gateway: the MCP gateway as a library: its core over any four streams, and the program over stdio.
export { type GatewayConfig, parseGatewayConfig } from '../gateway/config.js'
export { Gateway, type GatewayPeers } from '../gateway/proxy.js'
export type { GatewayDeps, WorkflowPort } from '../gateway/workflow-port.js'
export { type StartGatewayOptions, startGateway } from '../wiring/start-gateway.js'
