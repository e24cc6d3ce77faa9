// Commands as people use them: help, wrong arguments, missing files, pipes, exit codes. Needs a built dist/.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodeOf, printable } from '../../src/cli/output.js'
import { CLI, tracevar } from './run.js'

let dir = ''
let demo = ''
let exported = ''
let keys = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tracevar-cli-'))
  demo = join(dir, 'demo')
  exported = join(demo, 'export')
  keys = join(exported, 'public-keys.jwks')
  const { code, stdout, stderr } = await tracevar(['demo', '--out', demo])
  expect(code, stdout + stderr).toBe(0)
})
afterAll(() => rm(dir, { recursive: true }))

describe('tracevar', () => {
  it('prints help on stdout with 0, and on stderr with 64 when nothing is asked', async () => {
    const help = await tracevar(['--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    for (const name of [
      'demo',
      'gateway',
      'verify',
      'record',
      'policy',
      'keys',
      'export',
      'vectors',
      'doctor',
      'explain',
    ]) {
      expect(help.stdout).toContain(`  ${name}`)
      expect((await tracevar([name, '--help'])).code, name).toBe(0)
    }
    const nothing = await tracevar([])
    expect(nothing.code).toBe(64)
    expect(nothing.stdout).toBe('')
    expect(nothing.stderr).toContain('Usage: tracevar')
  })

  it.each([
    [['nosuch']],
    [['verify']],
    [['verify', 'x', '--nosuch']],
    [['verify', 'x']],
    [['policy', 'test', 'x', '--tool', 'a', '--args', '[]']],
    [['policy', 'check', 'x', '--mode', 'attest']],
    [['record', 'verify', 'x', '--max-age', '-1']],
    [['gateway']],
    [['gateway', '--', 'cat']],
    [['explain', 'ERR_NO_SUCH']],
    [['demo', '--platform', 'sev-snp']],
    [['export']],
  ])('%j is a usage error: 64, ERR_CLI_USAGE, one message, no stack', async (args) => {
    const { code, stdout, stderr } = await tracevar(args)
    expect(code, stderr).toBe(64)
    expect(stdout).toBe('')
    expect(stderr).toContain('ERR_CLI_USAGE')
    expect(stderr).not.toContain('    at ')
  })

  it.each([
    [['verify', '/nonexistent', '--key', '/dev/null'], 1],
    [['record', 'verify', '/nonexistent'], 66],
    [['verify', '.', '--key', '/nonexistent'], 66],
    [['policy', 'check', '/nonexistent'], 66],
    [['gateway', '--config', '/nonexistent', '--', 'cat'], 66],
    [['vectors', 'verify', '/nonexistent'], 66],
  ])('%j names the path and ends with %i', async (args, expected) => {
    const { code, stderr } = await tracevar(args)
    expect(code, stderr).toBe(expected)
    expect(stderr).toMatch(/ERR_[A-Z_]+: .*(nonexistent|null)/)
  })

  it('with --json an error is one object on stdout', async () => {
    const { code, stdout, stderr } = await tracevar(['record', 'verify', '/nonexistent', '--json'])
    expect(code).toBe(66)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'ERR_CLI_READ' } })
    expect(stderr).toBe('')
  })

  it('prints nothing of outside origin that could steer a terminal', () => {
    expect(printable('a\u001b[2J\u202eb\u2028\u0085c')).toBe('a\\u{1b}[2J\\u{202e}b\\u{2028}\\u{85}c')
    expect(printable('x'.repeat(10_000)).length).toBeLessThan(600)
  })

  it('usage errors are one object too', async () => {
    for (const args of [
      ['verify', '--json'],
      ['nosuch', '--json'],
      ['policy', 'test', 'x', '--json'],
    ]) {
      const { code, stdout, stderr } = await tracevar(args)
      expect(code, stderr).toBe(64)
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'ERR_CLI_USAGE' } })
    }
  })

  it('an empty data directory is refused, not taken for the root', async () => {
    for (const args of [
      ['keys', 'list', '--data', ''],
      ['export', '--list', '--data', ''],
    ])
      expect((await tracevar(args)).code).toBe(64)
  })

  it('a demo that cannot run says why', async () => {
    const { code, stdout } = await tracevar(['demo'], { env: { TRACEVAR_BACKEND: 'bogus' } })
    expect(code).toBe(1)
    expect(stdout).toContain('ERR_CRYPTO_BACKEND_UNKNOWN')
    expect((await tracevar(['demo'], { env: { TMPDIR: '/nonexistent' } })).code).toBe(66)
  })

  it('a defect ends with 70 and ERR_CLI_INTERNAL', () => {
    expect(exitCodeOf(new Error('unexpected'), 1)).toBe(70)
  })
})

describe('tracevar verify', () => {
  it('passes the export of the demo, and says what was not checked', async () => {
    const { code, stdout } = await tracevar(['verify', exported, '--key', keys])
    expect(code, stdout).toBe(0)
    expect(stdout).toMatch(/PASS +L1 signatures/)
    expect(stdout).toContain('not checked: L4')
    expect(stdout).toContain('software-only')
  })

  it('prints one JSON report', async () => {
    const { stdout } = await tracevar(['verify', exported, '--key', keys, '--json'])
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({
      format: 'tracevar/report/1',
      ok: true,
      exit_code: 0,
      chain: { complete: true },
    })
    expect(report.record.status).toBe('PASS')
    expect(report.evidence.status).toBe('WARN')
    expect(report.layers.L4.status).toBe('SKIPPED')
  })

  it('fails the tampered export and a wrong key with 1', async () => {
    expect((await tracevar(['verify', join(demo, 'tampered'), '--key', keys])).code).toBe(1)
    const other = join(dir, 'other.hex')
    await writeFile(other, `${'ab'.repeat(31)}01\n`)
    expect((await tracevar(['verify', exported, '--key', other])).code).toBe(1)
  })

  it('an open chain is 2, and 1 with --require-complete; a torn line is 1; an empty file is 1', async () => {
    const chain = join(dir, 'open.ndjson')
    const lines = (await readFile(join(exported, 'receipts.ndjson'), 'utf8')).trimEnd().split('\n')
    await writeFile(chain, `${lines.slice(0, -1).join('\n')}\n`)
    expect((await tracevar(['verify', chain, '--key', keys])).code).toBe(2)
    expect((await tracevar(['verify', chain, '--key', keys, '--require-complete'])).code).toBe(1)
    await appendFile(chain, lines.at(-1)!.slice(0, 100))
    expect((await tracevar(['verify', chain, '--key', keys])).code).toBe(1)
    await writeFile(chain, '')
    expect((await tracevar(['verify', chain, '--key', keys])).code).toBe(1)
  })

  it('--require-attested refuses software evidence, --policy another policy', async () => {
    expect((await tracevar(['verify', exported, '--key', keys, '--require-attested'])).code).toBe(1)
    expect(
      (await tracevar(['verify', exported, '--key', keys, '--policy', join(demo, 'policy.yaml')])).code,
    ).toBe(0)
    const other = join(dir, 'other.yaml')
    await writeFile(other, 'mode: enforce\npolicy:\n  default: BLOCK\n  rules: []\n')
    expect((await tracevar(['verify', exported, '--key', keys, '--policy', other])).code).toBe(1)
  })

  it('keeps its verdict as exit code when nobody reads the output', () => {
    const run = (path: string) =>
      spawnSync('bash', [
        '-c',
        `"${process.execPath}" "${CLI}" verify "${path}" --key "${keys}" --json | true; exit \${PIPESTATUS[0]}`,
      ])
    expect(run(join(demo, 'tampered')).status).toBe(1)
    expect(run(exported).status).toBe(0)
  })

  it.each([
    ['a pipe as receipts.ndjson', 'receipts.ndjson', (path: string) => execFileSync('mkfifo', [path])],
    ['a pipe as policy.json', 'policy.json', (path: string) => execFileSync('mkfifo', [path])],
    ['an endless device as annex.ndjson', 'annex.ndjson', (path: string) => symlinkSync('/dev/zero', path)],
    ['an endless device as policy.json', 'policy.json', (path: string) => symlinkSync('/dev/zero', path)],
    ['a directory as annex.ndjson', 'annex.ndjson', (path: string) => mkdirSync(path)],
    ['a directory as trust-record.json', 'trust-record.json', (path: string) => mkdirSync(path)],
  ])('%s in an export is refused at once: 66', async (_, name, make) => {
    const copy = await mkdtemp(join(dir, 'irregular-'))
    await cp(exported, copy, { recursive: true })
    await rm(join(copy, name))
    make(join(copy, name))
    const { code, stderr } = await tracevar(['verify', copy, '--key', keys])
    expect(code).toBe(66)
    expect(stderr).toContain(`${name}: not a regular file`)
  })

  it('a sidecar that was named must be there; a chain may come from a pipe', async () => {
    const chain = join(exported, 'receipts.ndjson')
    expect((await tracevar(['verify', chain, '--key', keys, '--tsa', join(dir, 'none.tsa')])).code).toBe(66)
    const piped = spawnSync(
      'bash',
      ['-c', `"${process.execPath}" "${CLI}" verify <(cat "${chain}") --key "${keys}"`],
      { encoding: 'utf8' },
    )
    expect(piped.status, piped.stderr + piped.stdout).toBe(0)
  })

  it('a file that is gone is not checked, one that was changed fails', async () => {
    const copy = join(dir, 'copy')
    await cp(exported, copy, { recursive: true })
    await rm(join(copy, 'evidence.json'))
    const without = await tracevar(['verify', copy, '--key', keys])
    expect(without.code).toBe(0)
    expect(without.stdout).toContain('not checked: evidence - evidence.json is not there')
    expect((await tracevar(['verify', copy, '--key', keys, '--require-record'])).code).toBe(0)
    expect((await tracevar(['verify', copy, '--key', keys, '--require-evidence'])).code).toBe(1)
    const workflow = await readFile(join(copy, 'workflow.json'), 'utf8')
    await writeFile(join(copy, 'workflow.json'), workflow.replace('"internal"', '"public"'))
    expect((await tracevar(['verify', copy, '--key', keys])).code).toBe(1)
  })
})

describe('tracevar keys, export, record, policy, doctor, explain', () => {
  it('keys: new, again, list, export', async () => {
    const data = join(dir, 'keys-data')
    const made = await tracevar(['keys', 'new', 'k1', '--data', data, '--json'])
    expect(JSON.parse(made.stdout)).toMatchObject({ ok: true, created: true, jwk: { kid: 'k1' } })
    expect(
      JSON.parse((await tracevar(['keys', 'new', 'k1', '--data', data, '--json'])).stdout),
    ).toMatchObject({ created: false })
    expect((await tracevar(['keys', 'new', '../k', '--data', data])).code).toBe(1)
    expect(
      JSON.parse((await tracevar(['keys', 'list', '--data', data, '--json'])).stdout).keys,
    ).toMatchObject([{ key_id: 'k1' }])
    const out = join(dir, 'keys.jwks')
    expect(
      JSON.parse((await tracevar(['keys', 'export', '--data', data, '--out', out, '--json'])).stdout),
    ).toEqual({ ok: true, out })
    const again = await tracevar(['keys', 'export', '--data', data, '--out', out])
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('ERR_STORE_EXPORT_EXISTS')
    const jwks = JSON.parse((await tracevar(['keys', 'export', '--data', join(demo, 'data')])).stdout)
    expect(jwks).toEqual(JSON.parse(await readFile(keys, 'utf8')))
  })

  it('export: list, and no overwriting', async () => {
    const { stdout } = await tracevar(['export', '--list', '--data', join(demo, 'data'), '--json'])
    expect(JSON.parse(stdout).workflows).toMatchObject([{ state: 'recorded', receipts: expect.any(Number) }])
    const again = await tracevar(['export', '--data', join(demo, 'data'), '--out', exported])
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('ERR_STORE_EXPORT_EXISTS')
  })

  it('export: a tar archive unpacks to the same files', async () => {
    const tar = join(dir, 'export.tar')
    const unpacked = join(dir, 'unpacked')
    expect((await tracevar(['export', '--data', join(demo, 'data'), '--out', tar])).code).toBe(0)
    expect((await tracevar(['export', '--data', join(demo, 'data'), '--out', tar])).stderr).toContain(
      'ERR_STORE_EXPORT_EXISTS',
    )
    await mkdir(unpacked)
    execFileSync('tar', ['-xf', tar, '-C', unpacked])
    for (const name of await readdir(exported)) {
      expect(await readFile(join(unpacked, name)), name).toEqual(await readFile(join(exported, name)))
    }
  })

  it('record: verify with a trusted key, from stdin, rejected under another; sign makes what verifies', async () => {
    const record = join(exported, 'trust-record.json')
    expect((await tracevar(['record', 'verify', record, '--key', keys])).code).toBe(0)
    expect(
      (await tracevar(['record', 'verify', '-', '--key', keys], { input: await readFile(record, 'utf8') }))
        .code,
    ).toBe(0)
    const none = await tracevar(['record', 'verify', record, '--json'])
    expect(none.code).toBe(1)
    expect(JSON.parse(none.stdout)).toMatchObject({
      ok: false,
      reason: 'no_trusted_key',
      accepted_profiles: [expect.any(String)],
    })
    expect(
      (await tracevar(['record', 'verify', record, '--key', keys, '--now', '2035-01-01T00:00:00Z'])).code,
    ).toBe(1)
    expect((await tracevar(['record', 'verify', '-', '--key', keys], { input: 'no json' })).code).toBe(2)
    const [pem] = (await readdir(join(demo, 'data/keys'))).filter((name) => name.endsWith('.pem'))
    const signed = await tracevar(['record', 'sign', record, '--key', join(demo, 'data/keys', pem!)])
    expect(JSON.parse(signed.stdout)).toEqual(JSON.parse(await readFile(record, 'utf8')))
    const thumbprint = JSON.parse(
      (await tracevar(['record', 'inspect', record, '--json'])).stdout,
    ).cnf_thumbprint
    const revoked = (ids: string) => tracevar(['record', 'verify', record, '--key', keys, '--revoked', ids])
    expect((await revoked(`other, ${thumbprint}`)).stdout).toContain('rejected: revoked')
    for (const empty of ['', ' ', 'a,,b', 'a b']) expect((await revoked(empty)).code, empty).toBe(64)
    expect((await tracevar(['record', 'inspect', record])).stdout).toContain('not verified')
  })

  it('policy: check with position and caret, test, show, packs', async () => {
    const bad = join(dir, 'bad.yaml')
    await writeFile(bad, 'mode: enforce\npolicy:\n  default: MAYBE\n  rules: []\n')
    const { code, stderr } = await tracevar(['policy', 'check', bad])
    expect(code).toBe(1)
    expect(stderr).toMatch(/ERR_POLICY_INVALID: .*bad\.yaml.*\(line 3/s)
    expect(stderr).toContain('^')
    const policy = join(demo, 'policy.yaml')
    expect((await tracevar(['policy', 'check', policy])).code).toBe(0)
    const test = (expected: string) =>
      tracevar([
        'policy',
        'test',
        policy,
        '--tool',
        'stripe_refund',
        '--args',
        '{"amount":75000}',
        '--expect',
        expected,
      ])
    expect((await test('STEP_UP')).code).toBe(0)
    expect((await test('ALLOW')).code).toBe(1)
    expect(JSON.parse((await tracevar(['policy', 'packs', '--json'])).stdout).packs).toHaveLength(16)
  })

  it('vectors: our own are all right', async () => {
    const { code, stdout } = await tracevar(['vectors', 'verify', '--json'])
    expect(code).toBe(0)
    const { families } = JSON.parse(stdout) as {
      families: { right: number; wrong: number; skipped: number }[]
    }
    expect(families.reduce((sum, family) => sum + family.wrong + family.skipped, 0)).toBe(0)
    expect(families.reduce((sum, family) => sum + family.right, 0)).toBeGreaterThan(200)
  })

  it('doctor tells, explain explains', async () => {
    const { checks } = JSON.parse((await tracevar(['doctor', '--json', '--data', join(demo, 'data')])).stdout)
    expect(checks.find(({ check }: { check: string }) => check === 'back end node').status).toBe('ok')
    expect((await tracevar(['explain', 'HASH_MISMATCH'])).stdout).toContain('HASH_MISMATCH')
    expect((await tracevar(['explain', 'ERR_STORE_LOCKED'])).stdout).toContain('->')
  })

  it('a pipe that closes early ends quietly', async () => {
    const result = spawnSync('sh', ['-c', `"${process.execPath}" "${CLI}" explain | head -n 1`], {
      encoding: 'utf8',
    })
    expect(result.stderr).toBe('')
  })
})
