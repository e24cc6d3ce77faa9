// tracevar record sign|verify|inspect: Trust Records.

import { action, defineCommand, defineGroup, usage } from './action.js'
import { COMMANDS } from './commands.js'
import { type GlobalOptions, paint, printable, printJson, printLine } from './output.js'
import { parseTime, readInput } from './read-input.js'

interface VerifyOptions extends GlobalOptions {
  readonly key?: string
  readonly maxAge?: string
  readonly maxFutureSkew?: string
  readonly now?: string
  readonly nonce?: string
  readonly revoked?: string
  readonly allowEmbeddedKey?: boolean
}

export function recordCommand() {
  return defineGroup('record', COMMANDS.record, [signCommand(), verifyCommand(), inspectCommand()])
}

function signCommand() {
  return defineCommand('sign', 'sign claims: sets cnf.jwk and signature, prints the record')
    .argument('<file>', 'claims as JSON; - for standard input')
    .requiredOption('--key <pem>', 'private key, PKCS#8 PEM with mode 0600')
    .action(
      action(1, async (file: string, options: GlobalOptions & { readonly key: string }) => {
        const { signRecordFile } = await import('../wiring/record-files.js')
        printJson(await signRecordFile(await readInput(file), options.key))
        return 0
      }),
    )
}

function verifyCommand() {
  return defineCommand('verify', 'verify a record against a key that you trust')
    .argument('<file>', 'the record; - for standard input')
    .option('--key <file>', 'trusted key: JWK, JWKS, PEM, 64 hex digits, or a directory of key files')
    .option('--max-age <seconds>', 'oldest record; none switches the check off', '86400')
    .option('--max-future-skew <seconds>', 'how far ahead of now a record may lie', '300')
    .option('--now <time>', 'time of verification: epoch seconds or RFC 3339; left out: the clock')
    .option('--nonce <text>', 'challenge that runtime.nonce must repeat')
    .option('--revoked <ids>', 'revoked keys, comma separated: RFC 7638 thumbprints or kids')
    .option(
      '--allow-embedded-key',
      'without --key: accept the key inside the record (shows consistency only)',
    )
    .action(
      action(2, async (file: string, options: VerifyOptions) => {
        const settings = verifySettings(options)
        const { loadKeys } = await import('../crypto/host.js')
        const { verifyRecord } = await import('../record/host.js')
        const keys = options.key === undefined ? null : await loadKeys(options.key)
        const verdict = await verifyRecord(await readInput(file), keys, settings)
        if (options.json) printJson(wireVerdict(verdict))
        else printVerdict(verdict)
        return verdict.ok ? 0 : 1
      }),
    )
}

function verifySettings(options: VerifyOptions) {
  return {
    ...(options.now === undefined ? {} : { now: time('--now', options.now) }),
    maxAgeSeconds: options.maxAge === 'none' ? null : seconds('--max-age', options.maxAge ?? ''),
    maxFutureSkewSeconds: seconds('--max-future-skew', options.maxFutureSkew ?? ''),
    expectedNonce: options.nonce ?? null,
    revocation: options.revoked === undefined ? null : ids('--revoked', options.revoked),
    allowEmbeddedKey: options.allowEmbeddedKey === true,
  }
}

type Verdict = Awaited<ReturnType<typeof import('../record/host.js').verifyRecord>>

/** DESIGN: `record verify --json` in snake case. */
function wireVerdict(verdict: Verdict) {
  const { acceptedProfiles, revocation, ...rest } = verdict
  const { state, cause, bundleDigest } = revocation
  return {
    ...rest,
    accepted_profiles: acceptedProfiles,
    revocation: { state, cause, bundle_digest: bundleDigest },
  }
}

function printVerdict(verdict: Verdict): void {
  printLine(verdict.ok ? paint('green', 'accepted') : paint('red', `rejected: ${verdict.reason}`))
  for (const { id, status, message } of verdict.checks) {
    printLine(`  ${status.padEnd(8)} ${id}${message === '' ? '' : ` - ${printable(message)}`}`)
  }
  for (const { id, message } of verdict.warnings)
    printLine(`  ${paint('yellow', 'warning ')} ${id} - ${printable(message)}`)
  printLine(`  revocation: ${verdict.revocation.state}`)
  printLine('  not checked: hardware evidence (tracevar verify DIR checks evidence.json beside the record)')
}

function inspectCommand() {
  return defineCommand('inspect', 'print what a record says, without verifying it')
    .argument('<file>', 'the record; - for standard input')
    .action(
      action(2, async (file: string, options: GlobalOptions) => {
        const { inspectRecord } = await import('../wiring/record-files.js')
        const { record, problems, thumbprint } = inspectRecord(await readInput(file))
        if (options.json)
          printJson({ ok: true, verified: false, cnf_thumbprint: thumbprint, problems, record })
        else {
          printLine('not verified; this only repeats what the file says')
          printLine(printableLines(JSON.stringify(record, null, 2)))
          printLine(`cnf thumbprint: ${thumbprint ?? 'none'}`)
          for (const problem of problems) printLine(`${paint('yellow', 'not v0.2:')} ${printable(problem)}`)
        }
        return 0
      }),
    )
}

const printableLines = (text: string) => text.split('\n').map(printable).join('\n')

function seconds(option: string, text: string): number {
  if (!/^\d{1,11}$/.test(text)) usage(`${option}: expected whole seconds, got ${JSON.stringify(text)}`)
  return Number(text)
}

function time(option: string, text: string): number {
  return (
    parseTime(text) ?? usage(`${option}: expected epoch seconds or RFC 3339, got ${JSON.stringify(text)}`)
  )
}

/** Ids, comma separated. An empty one is refused: an unset shell variable must not look like a revocation check. */
function ids(option: string, text: string): string[] {
  const found = text.split(',').map((id) => id.trim())
  if (found.some((id) => !/^\S+$/.test(id)))
    usage(`${option}: expected ids, comma separated, got ${JSON.stringify(text)}`)
  return found
}
