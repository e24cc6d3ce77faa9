// The library through require(), as a CommonJS application uses it.
const { openRuntime, DecisionError } = require('tracevar')
const { evaluatePolicy, loadPolicy, mergePackRules, SCHEMA_PACKS } = require('tracevar/policy')

async function main() {
  const policy = mergePackRules(loadPolicy('./nonsudo.yaml'), 'eu-ai-act/enforce')
  if (evaluatePolicy('stripe_refund', policy, { amount: 75_000 }).decision !== 'STEP_UP')
    throw new Error('STEP_UP expected')
  if (Object.keys(SCHEMA_PACKS).length !== 16) throw new Error('16 packs expected')
  const runtime = await openRuntime({
    dataDir: './quickstart-data',
    policy: './nonsudo.yaml',
    mode: 'enforce',
  })
  const workflow = await runtime.openWorkflow({ declaredTools: ['stripe_refund'] })
  const refused = await workflow
    .call('stripe_refund', { amount: 75_000 }, () => 'refunded')
    .catch((error) => error)
  if (!(refused instanceof DecisionError)) throw new Error('the call should have been refused')
  const { trustRecord } = await workflow.close()
  if (trustRecord.runtime.platform !== 'software-only') throw new Error('software-only expected')
  await runtime.close()
  console.log('require(): ok')
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
