// The version of this package.
import { readFileSync } from 'node:fs'

/** Root folder of the installed package or checkout, with a slash at its end: where package.json and dist are. */
export const packageRoot = new URL('../../', import.meta.url)

/** `version` of package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
