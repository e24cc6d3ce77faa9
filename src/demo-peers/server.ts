// Entry of the demo server: `node dist/demo-peers/server.js`.
import { serveDemo } from './demo-server.js'

void serveDemo(process.stdin, process.stdout)
