// Why: a file that does not fit in a head is not read, and what is not read is not right. CONVENTIONS "Shape".
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { sourceFiles } from '../support/sources.js'

const FILE_LINES_MAX = 400
const FUNCTION_LINES_MAX = 70

describe('gate: sizes', () => {
  it(`no file is longer than ${FILE_LINES_MAX} lines`, () => {
    const long = [...sourceFiles('src'), ...sourceFiles('native', ['.cc', '.h', '.mjs'])]
      .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
      .filter((file) => file.lines > FILE_LINES_MAX)
    expect(long).toEqual([])
  })

  it(`no function is longer than ${FUNCTION_LINES_MAX} lines`, () => {
    const long: string[] = []
    for (const { path, text } of sourceFiles('src')) {
      const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
      const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line
      const visit = (node: ts.Node): void => {
        if (ts.isFunctionLike(node) && 'body' in node && node.body) {
          const lines = lineOf(node.end) - lineOf(node.getStart(source)) + 1
          if (lines > FUNCTION_LINES_MAX)
            long.push(`${path}:${lineOf(node.getStart(source)) + 1} ${lines} lines`)
        }
        ts.forEachChild(node, visit)
      }
      visit(source)
    }
    expect(long).toEqual([])
  })
})
