// var/index.json: every chain that L1, L2, the line reader or structural L3 decides.
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { hexDecode } from '../../src/codec/hex.js'
import { keySetOf, parseKeyFile, singleKey } from '../../src/crypto/key-set.js'
import { createNodeBackend } from '../../src/crypto/node-backend.js'
import { exitCodeOf, isClean } from '../../src/verify/report.js'
import { scopeOf, type VectorRow } from '../../src/verify/vector-scope.js'
import { verifyChainStream } from '../../src/verify/verify-chain-stream.js'
import { describeVectors, vectorBytes, vectorJson, vectorPath } from '../support/vectors.js'

const OUT_OF_SCOPE_MAX = 60

describeVectors('var/index.json', () => {
  const rows = vectorJson<VectorRow[]>('var/index.json')
  const backend = createNodeBackend()
  const allKeys = parseKeyFile(vectorBytes('var/jwks.json'), 'jwks.json').all()

  async function verify(row: VectorRow) {
    const path = vectorPath(`var/${row.file}`)
    const keys =
      row.jwks === undefined
        ? singleKey(hexDecode(row.key_hex))
        : keySetOf(allKeys.filter(({ keyId }) => row.jwks!.includes(keyId!)))
    const sidecar = existsSync(`${path}.tsa`) ? createReadStream(`${path}.tsa`) : undefined
    return verifyChainStream(createReadStream(path), keys, backend, sidecar && { sidecar })
  }

  for (const row of rows) {
    const scope = scopeOf(row)
    if (row.expect === undefined) continue
    const { expect: expected } = row
    it(`${row.file}${scope === 'in scope' ? '' : ` (L1 and L2 only: ${scope})`}`, async () => {
      const result = await verify(row)
      const { layers, chain, findings } = result
      const shown = findings
        .slice(0, 5)
        .map(({ layer, severity, code, message }) => `${layer} ${severity} ${code} ${message}`)
      if (expected.L1 !== '*') expect(layers.L1.status, String(shown)).toBe(expected.L1)
      if (expected.L2 !== '*') expect(layers.L2.status, String(shown)).toBe(expected.L2)
      if (typeof expected.complete === 'boolean') expect(chain.complete).toBe(expected.complete)
      if (scope !== 'in scope') return
      if (expected.L3 !== '*') expect(layers.L3.status).toBe(expected.L3)
      if (expected.exit !== '*')
        expect(exitCodeOf({ chain: result, backend: {} }), String(shown)).toBe(expected.exit)
      if (expected.clean !== '*') expect(isClean(findings), String(shown)).toBe(expected.clean)
      const codes = findings.map(({ code }) => code as string)
      if (expected.codes_any)
        expect(
          expected.codes_any.some((code) => codes.includes(code)),
          String(shown),
        ).toBe(true)
    })
  }

  it('lists what is out of scope', () => {
    const out = rows.filter((row) => scopeOf(row) !== 'in scope')
    process.stdout.write(`${out.map((row) => `${row.file ?? row.set}: ${scopeOf(row)}`).join('\n')}\n`)
    expect(out.length).toBeLessThan(OUT_OF_SCOPE_MAX)
  })

  it('taxonomy: exactly one warning for the untagged call', () => {
    expect(readFileSync(vectorPath('var/adversarial/l2-taxonomy-untagged.ndjson')).length).toBeGreaterThan(0)
  })
})
