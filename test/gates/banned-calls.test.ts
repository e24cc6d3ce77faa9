// Why: each of these has a replacement that is safer here; the reason stands beside it.
import { describe, expect, it } from 'vitest'
import { sourceFiles } from '../support/sources.js'

/** [pattern, where it is allowed, what to use instead and why] */
const BANNED: readonly (readonly [pattern: RegExp, allowed: RegExp, instead: string])[] = [
  [
    /\bJSON\.parse\(/,
    /^src\/(cli|wiring|entry|gateway\/sniff|demo-peers)\b/,
    'parseJson: duplicate names and unsafe numbers must not pass',
  ],
  [
    /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    /\/host\.ts$|^src\/(cli|wiring|entry|demo-peers)\//,
    'an injected clock',
  ],
  [/\bMath\.random\(/, /^$/, 'injected randomness'],
  [
    /\bgetRandomValues\(|\brandomUUID\(/,
    /\/host\.ts$|^src\/crypto\/(node|web)-backend\.ts$/,
    'injected randomness',
  ],
  [/\bprocess\.env\b/, /\/host\.ts$|^src\/(cli|wiring|entry)\//, 'a parameter wired in by host.ts'],
  [/\bconsole\.(log|error|warn|info|debug)\(/, /^$/, 'cli/output.ts, or an injected log'],
  [/\bnew Function\(|\beval\(/, /^$/, 'no run-time code generation'],
  [/\bfetch\(/, /\/host\.ts$/, 'an injected transport'],
  [/\bset(Timeout|Interval)\(/, /\/host\.ts$|^src\/(cli|wiring|entry|demo-peers)\//, 'an injected clock'],
]

describe('gate: banned calls', () => {
  for (const [pattern, allowed, instead] of BANNED) {
    it(`${pattern.source} -> ${instead}`, () => {
      const found = sourceFiles('src')
        .filter((file) => !allowed.test(file.path))
        .flatMap((file) =>
          file.text
            .split('\n')
            .map((line, i) => ({ line, at: `${file.path}:${i + 1}` }))
            .filter(({ line }) => pattern.test(line.replace(/^\s*(\*|\/\/|\/\*\*).*$/, '')))
            .map(({ at }) => at),
        )
      expect(found).toEqual([])
    })
  }
})
