// Why: an auditor loads the verifier anywhere, also in a browser. Its import graph, bundled for no platform at all,
// must hold no node: module, no host.ts and no addon. DESIGN "Reach rule".

import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../support/sources.js'

describe('gate: verify graph', () => {
  it('tracevar/verify bundles for a browser without node: modules, host.ts or the addon', async () => {
    const result = await build({
      entryPoints: [join(ROOT, 'src/entry/verify.ts')],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      external: ['node:*'],
      logLevel: 'silent',
    })
    const inputs = Object.entries(result.metafile.inputs)
    const outside = inputs.flatMap(([path, input]) =>
      input.imports.filter((found) => found.external).map((found) => `${path} -> ${found.path}`),
    )
    expect(outside).toEqual([])
    expect(
      inputs.map(([path]) => path).filter((path) => /host\.ts$|native-|node-backend/.test(path)),
    ).toEqual([])
    expect(inputs.length).toBeGreaterThan(10)
  })
})
