// The commands in the order of the help, with what each does. Each is built by the file of its name.

export const COMMANDS = {
  demo: 'run a whole workflow: calls, receipts, record, verification, tampering',
  gateway: 'put tracevar between an MCP client and an MCP server (stdio)',
  verify: 'verify a chain file or an export directory',
  record: 'sign, verify and inspect Trust Records (TRACE v0.2)',
  policy: 'check, try and show policies and control packs',
  keys: 'make, list and export signing keys',
  export: 'write a workflow as a directory that anyone can verify',
  vectors: 'run test vectors',
  doctor: 'say what works on this machine',
  explain: 'say what an error, verification or refusal code means',
} as const

export type CommandName = keyof typeof COMMANDS
