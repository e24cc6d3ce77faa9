// A server of the 2026-07-28 era, by the official package.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

serveStdio(() => {
  const server = new McpServer({ name: 'modern', version: '1.0.0' }, { capabilities: { tools: {} } })
  server.registerTool('echo', { description: 'Echo' }, async () => ({
    content: [{ type: 'text', text: 'hello' }],
  }))
  server.registerTool('wipe', { description: 'Wipe' }, async () => ({
    content: [{ type: 'text', text: 'gone' }],
  }))
  return server
})
