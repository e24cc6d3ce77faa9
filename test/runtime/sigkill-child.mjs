// Victim of sigkill.test.ts: makes calls as fast as it can until it is killed. What a tool would do to the world is a
// line in a file: the digest of its arguments, written before anything else happens.
import { openSync, writeSync } from 'node:fs'
import { canonicalHash, openRuntime } from '../../dist/index.js'

const [dataDir, effectsFile] = process.argv.slice(2)
const effects = openSync(effectsFile, 'a')
const runtime = await openRuntime({ dataDir, policy: { default: 'ALLOW', rules: [] }, mode: 'enforce' })
const workflows = await Promise.all([1, 2, 3].map(() => runtime.openWorkflow({ declaredTools: ['tool'] })))

let n = 0
async function callForEver(workflow) {
  for (;;) {
    await workflow.call('tool', { run: process.pid, n: n++ }, async (args) => {
      writeSync(effects, `${canonicalHash(args)}\n`)
      if (args.n === 0) process.stdout.write('ready\n') // killed only after at least one call went out
      if (args.n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, args.n % 5))
      return args
    })
  }
}
await Promise.all(workflows.flatMap((workflow) => [1, 2, 3, 4].map(() => callForEver(workflow))))
