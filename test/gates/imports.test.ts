// Why: rooms stay replaceable only while imports go downhill, and the auditor's code stays trustworthy only while it
// cannot reach files, clock or network. DESIGN "The house" and "Reach rule".
import { describe, expect, it } from 'vitest'
import { importsOf, resolveImport, sourceFiles } from '../support/sources.js'

const FLOORS: Readonly<Record<string, number>> = {
  'errors.ts': 1,
  'limits.ts': 1,
  'formats.ts': 1,
  codec: 2,
  crypto: 3,
  policy: 4,
  receipt: 4,
  ledger: 4,
  record: 4,
  attest: 4,
  anchor: 4,
  store: 5,
  verify: 5,
  runtime: 6,
  witness: 6,
  gateway: 7,
  adapters: 7,
  daemon: 7,
  testing: 7,
  'demo-peers': 7,
  wiring: 8,
  entry: 9,
  'index.ts': 10,
  cli: 10,
}
/** Type-only imports between rooms of one floor (DESIGN). */
const SHARED_TYPES = new Set(['src/receipt/fields.ts', 'src/attest/evidence.ts'])
/** Rooms that wire `host.ts` in. */
const ENTRY_ROOMS = new Set(['wiring', 'entry', 'index.ts', 'cli'])

const roomOf = (path: string) => path.split('/')[1] ?? ''
const files = sourceFiles('src')

describe('gate: imports', () => {
  it('knows the floor of every room', () => {
    expect(files.map((file) => roomOf(file.path)).filter((room) => FLOORS[room] === undefined)).toEqual([])
  })

  it('imports only go downhill', () => {
    const uphill: string[] = []
    for (const file of files) {
      const from = roomOf(file.path)
      for (const { specifier, typeOnly } of importsOf(file.text)) {
        if (!specifier.startsWith('.')) continue
        const target = resolveImport(file.path, specifier)
        const to = roomOf(target)
        if (from === to || (FLOORS[to] ?? 99) < (FLOORS[from] ?? 0)) continue
        if (typeOnly && SHARED_TYPES.has(target) && FLOORS[to] === FLOORS[from]) continue
        uphill.push(`${file.path} -> ${target}`)
      }
    }
    expect(uphill).toEqual([])
  })

  it('only entry points import a host.ts', () => {
    const reaching = files.flatMap((file) =>
      importsOf(file.text)
        .filter(
          ({ specifier, typeOnly }) =>
            specifier.endsWith('/host.js') && !typeOnly && !ENTRY_ROOMS.has(roomOf(file.path)),
        )
        .map(({ specifier }) => `${file.path} -> ${specifier}`),
    )
    expect(reaching).toEqual([])
  })

  it('only host.ts, entry points and the node back end import node: modules', () => {
    const allowed =
      /^src\/(?:[^/]+\/host\.ts|cli\/.*|wiring\/.*|entry\/.*|index\.ts|crypto\/(?:node-backend|native-loader)\.ts|demo-peers\/main-.*)$/
    const reaching = files
      .filter((file) => !allowed.test(file.path))
      .filter((file) =>
        importsOf(file.text).some(({ specifier, typeOnly }) => specifier.startsWith('node:') && !typeOnly),
      )
      .map((file) => file.path)
    expect(reaching).toEqual([])
  })

  it('has no default export and no import of the package by its own name', () => {
    expect(files.filter((file) => /^export default/m.test(file.text)).map((file) => file.path)).toEqual([])
    expect(files.filter((file) => /from 'tracevar/.test(file.text)).map((file) => file.path)).toEqual([])
  })
})
