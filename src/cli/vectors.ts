// tracevar vectors verify [DIR]: test vectors as a relying party would decide them.

import { action, defineCommand, defineGroup, usage } from './action.js'
import { COMMANDS } from './commands.js'
import { type GlobalOptions, paint, printable, printJson, printLine } from './output.js'
import { progressBar } from './progress.js'

export function vectorsCommand() {
  return defineGroup('vectors', COMMANDS.vectors, [
    defineCommand('verify', 'decide every vector below a directory and compare with what is expected')
      .argument('[dir]', 'directory with index.json files; left out: those of a source checkout')
      .action(action(1, verify)),
  ])
}

async function verify(dir: string | undefined, options: GlobalOptions): Promise<number> {
  const { runVectors } = await import('../wiring/vector-folders.js')
  const progress = progressBar('vectors')
  const folder = dir ?? (await ownVectors())
  const { ok, families } = await runVectors(folder, progress.update).finally(progress.end)
  if (options.json) {
    printJson({ ok, families })
    return ok ? 0 : 1
  }
  for (const { name, right, wrong, data, skipped, wrong_cases, skipped_because } of families) {
    const counts = [
      `${right} right`,
      ...(wrong ? [`${wrong} wrong`] : []),
      ...(data ? [`${data} data`] : []),
      ...(skipped ? [`${skipped} skipped`] : []),
    ]
    printLine(`${mark(right, wrong)} ${printable(name).padEnd(32)} ${counts.join(', ')}`)
    for (const { id, got, want } of wrong_cases)
      printLine(`      ${printable(id)}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`)
    for (const [why, count] of Object.entries(skipped_because))
      printLine(paint('dim', `      skipped ${count}: ${printable(why)}`))
  }
  const sum = (member: 'right' | 'wrong' | 'skipped') =>
    families.reduce((total, family) => total + family[member], 0)
  printLine(`${sum('right')} right, ${sum('wrong')} wrong, ${sum('skipped')} skipped`)
  return ok ? 0 : 1
}

/** A family of which nothing was decided gets no tick. */
function mark(right: number, wrong: number): string {
  if (wrong > 0) return paint('red', 'WRONG')
  return right > 0 ? paint('green', 'ok   ') : paint('dim', '-    ')
}

/** The vectors of a source checkout; the published package has none. */
async function ownVectors(): Promise<string> {
  const { existsSync } = await import('node:fs')
  const { fileURLToPath } = await import('node:url')
  const { packageRoot } = await import('../wiring/package-version.js')
  const folder = fileURLToPath(new URL('vectors', packageRoot))
  return existsSync(folder)
    ? folder
    : usage('vectors verify: this package ships no vectors; give a directory')
}
