// The sample agent host of enclave/, run as its README says.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tracevar } from '../cli/run.js'
import { ROOT } from '../support/sources.js'

const HOST = join(ROOT, 'enclave/agent-host/agent-host.mjs')

it('answers calls, refuses what the policy refuses, closes on SIGTERM, and its export verifies', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tracevar-host-'))
  try {
    const host = spawn(
      process.execPath,
      ['--disallow-code-generation-from-strings', HOST, '--data', join(dir, 'data')],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    )
    const exited = once(host, 'exit')
    const answers = new Map<number, { result?: unknown; error?: { code: string } }>()
    const ready = new Promise<void>((resolve) => {
      let text = ''
      host.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        const lines = text.split('\n')
        text = lines.pop() ?? ''
        for (const line of lines) {
          const { id, ...answer } = JSON.parse(line)
          answers.set(id, answer)
        }
        if (answers.size === 5) resolve()
      })
    })
    const calls = [
      { id: 1, tool: 'read_note', args: { name: 'welcome' } },
      { id: 2, tool: 'refund', args: { amount: 1000, currency: 'USD' } },
      { id: 3, tool: 'refund', args: { amount: 75000, currency: 'USD' } },
      { id: 4, tool: 'refund', args: { amount: 200000, currency: 'USD' } },
      { id: 5, tool: 'constructor', args: {} },
    ]
    host.stdin.write(calls.map((call) => `${JSON.stringify(call)}\n`).join(''))
    await ready
    host.kill('SIGTERM')
    expect((await exited)[0]).toBe(0)
    expect(answers.get(1)?.result).toContain('signed receipt')
    expect(answers.get(2)?.result).toEqual({ status: 'refunded', amount: 1000, currency: 'USD' })
    for (const id of [3, 4, 5]) expect(answers.get(id)?.error?.code).toBe('ERR_RUNTIME_DECISION')
    const out = join(dir, 'export')
    expect((await tracevar(['export', '--data', join(dir, 'data'), '--out', out])).code).toBe(0)
    const verified = await tracevar([
      'verify',
      out,
      '--key',
      join(out, 'public-keys.jwks'),
      '--require-complete',
    ])
    expect(verified.code, verified.stdout).toBe(0)
    expect(await readFile(join(out, 'policy.yaml'), 'utf8')).toBe(
      await readFile(join(ROOT, 'enclave/agent-host/policy.yaml'), 'utf8'),
    )
  } finally {
    await rm(dir, { recursive: true })
  }
})
