// Why: the README is the first program a user runs. Its TypeScript must compile under strict settings and run, and it
// must show the two commands and every command there is.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.js'
import { ROOT } from '../support/sources.js'

const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const blocks = (language: string) =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  )

// Inside the project, so that the package resolves by its own name.
const dir = join(ROOT, 'build/readme')

/** What the compiler says about a program under strict settings. */
function problemsOf(path: string): string[] {
  const program = ts.createProgram([path], {
    strict: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    noEmit: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  })
  return ts
    .getPreEmitDiagnostics(program)
    .map((found) => ts.flattenDiagnosticMessageText(found.messageText, '\n'))
}

beforeAll(() => {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'policy.yaml'), blocks('yaml')[0]!)
})
afterAll(() => rmSync(dir, { recursive: true }))

describe('gate: README', () => {
  it('shows both set-up commands and every command of the command line', () => {
    for (const command of ['npm start', 'npm test']) expect(README).toContain(command)
    for (const name of Object.keys(COMMANDS)) expect(README, name).toContain(`| \`tracevar ${name}`)
  })

  const snippets = blocks('ts')
  it('has snippets', () => expect(snippets.length).toBeGreaterThan(1))
  for (const [i, code] of snippets.entries()) {
    it(`snippet ${i + 1} compiles under strict settings and runs`, () => {
      const path = join(dir, `snippet-${i + 1}.ts`)
      writeFileSync(path, code)
      expect(problemsOf(path)).toEqual([])
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      })
      writeFileSync(join(dir, `snippet-${i + 1}.mjs`), outputText)
      execFileSync(process.execPath, [`snippet-${i + 1}.mjs`], { cwd: dir, stdio: 'pipe' })
    })
  }
})

describe('gate: VAR quick start', () => {
  it('compiles under strict settings', () => {
    const path = join(dir, 'quickstart.ts')
    writeFileSync(path, readFileSync(join(ROOT, 'test/package/quickstart.mjs')))
    expect(problemsOf(path)).toEqual([])
  })

  it('runs with only its import changed', () => {
    for (const name of ['quickstart.mjs', 'quickstart.cjs', 'nonsudo.yaml']) {
      writeFileSync(join(dir, name), readFileSync(join(ROOT, 'test/package', name)))
    }
    const output = execFileSync(process.execPath, ['quickstart.mjs'], {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(output).toBe('true\n[]\n[]\n')
    expect(
      execFileSync(process.execPath, ['quickstart.cjs'], {
        cwd: dir,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    ).toBe('require(): ok\n')
  })
})
