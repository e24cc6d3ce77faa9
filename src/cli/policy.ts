// tracevar policy check|test|show|packs: what a policy says before it decides anything.

import { action, defineCommand, defineGroup, usage } from './action.js'
import { COMMANDS } from './commands.js'
import { type GlobalOptions, paint, printable, printJson, printLine, printNote } from './output.js'

interface ModeOption {
  readonly mode?: string
}

export function policyCommand() {
  return defineGroup('policy', COMMANDS.policy, [
    checkCommand(),
    testCommand(),
    showCommand(),
    packsCommand(),
  ])
}

const withMode = (name: string, description: string) =>
  defineCommand(name, description)
    .argument('<file>', 'policy file')
    .option('--mode <mode>', 'observe or enforce; left out: what the file says')

async function open(file: string, options: ModeOption) {
  const { mode } = options
  if (mode !== undefined && mode !== 'observe' && mode !== 'enforce')
    usage(`--mode: expected observe or enforce, got ${JSON.stringify(mode)}`)
  const { openPolicy } = await import('../wiring/open-policy.js')
  const policy = openPolicy(file, mode)
  for (const warning of policy.warnings) printNote(`${file}: warning: ${printable(warning)}`)
  return policy
}

function checkCommand() {
  return withMode('check', 'load a policy as the runtime does (hardened) and say what is wrong').action(
    action(1, async (file: string, options: GlobalOptions & ModeOption) => {
      const { frozen, mode, warnings } = await open(file, options)
      const facts = {
        mode,
        default: frozen.config.default,
        rules: frozen.config.rules.length,
        policy_bundle_hash: frozen.bundleHash,
      }
      if (options.json) printJson({ ok: true, ...facts, warnings })
      else
        printLine(
          `${paint('green', 'ok')} ${file}: mode ${mode}, default ${facts.default}, ${facts.rules} rules, ${facts.policy_bundle_hash}`,
        )
      return 0
    }),
  )
}

function testCommand() {
  return withMode('test', 'decide one call, as the runtime would')
    .requiredOption('--tool <name>', 'tool that is called')
    .option('--args <json>', 'its arguments', '{}')
    .option('--expect <decision>', 'exit 1 unless this is the decision')
    .action(
      action(
        1,
        async (
          file: string,
          options: GlobalOptions & ModeOption & { tool: string; args: string; expect?: string },
        ) => {
          const { parseJson } = await import('../codec/json-parse.js')
          const { isJsonObject } = await import('../codec/json-value.js')
          const { evaluatePolicy } = await import('../policy/evaluate.js')
          const args = parseJson(options.args)
          if (!isJsonObject(args)) usage('--args: expected a JSON object')
          const { frozen } = await open(file, options)
          const { reason: _, ...result } = evaluatePolicy(options.tool, frozen.config, args, {
            profile: 'hardened',
          })
          const ok = options.expect === undefined || options.expect === result.decision
          if (options.json) printJson({ ok, ...result })
          else
            printLine(
              `${paint('bold', result.decision)}: ${printable(result.decision_reason)} (${printable(result.matched_rule)})`,
            )
          return ok ? 0 : 1
        },
      ),
    )
}

function showCommand() {
  return withMode('show', 'print the effective policy: packs merged, exactly what is hashed').action(
    action(1, async (file: string, options: GlobalOptions & ModeOption) => {
      const { frozen } = await open(file, options)
      if (options.json) printJson({ ok: true, policy_bundle_hash: frozen.bundleHash, policy: frozen.config })
      else {
        printLine(JSON.stringify(frozen.config, null, 2))
        printNote(`policy_bundle_hash ${frozen.bundleHash}`)
      }
      return 0
    }),
  )
}

function packsCommand() {
  return defineCommand('packs', 'list the control packs, or the rules of one')
    .argument('[pack]', 'pack id')
    .action(
      action(1, async (pack: string | undefined, options: GlobalOptions) => {
        const { SCHEMA_PACKS, resolveSchemaPack } = await import('../policy/packs.js')
        if (pack !== undefined) {
          const { rules } = resolveSchemaPack(pack)
          if (options.json) printJson({ ok: true, pack, rules })
          else
            for (const rule of rules)
              printLine(`${rule.tool.padEnd(28)} ${rule.decision.padEnd(8)} ${rule.reason}`)
          return 0
        }
        const packs = Object.entries(SCHEMA_PACKS).map(([id, { rules }]) => ({ id, rules: rules.length }))
        if (options.json) printJson({ ok: true, packs })
        else for (const { id, rules } of packs) printLine(`${id.padEnd(24)} ${rules} rules`)
        return 0
      }),
    )
}
