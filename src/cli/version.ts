// The version of the package, from its package.json.
import { readFileSync } from 'node:fs'

/** Root folder of the installed package or checkout: where package.json, prebuilds and dist are. */
export function packageRoot(): URL {
  return new URL('../../', import.meta.url)
}

/** Version in package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot()), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
