// One verifier of archives, in a process of its own: archive.mjs starts it, perhaps bound to one core, and has it verify
// files in turn with others. Message in: `{path, keyPath, count}`; out: `{ms}`, or `{why}` when the verdict is not clean.
import { verifyPath } from '../dist/wiring/verify-path.js'

process.on('message', async ({ path, keyPath, count }) => {
  try {
    const start = performance.now()
    const { layers, chain } = await verifyPath(path, keyPath)
    const ms = performance.now() - start
    const isClean = layers.L1.status === 'PASS' && layers.L2.status === 'PASS' && chain.count === count
    process.send(isClean ? { ms } : { why: `the verifier does not confirm ${count} receipts` })
  } catch (error) {
    process.send({ why: error.message })
  }
})
