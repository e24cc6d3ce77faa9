// Builds through binding.gyp, in a folder of its own: node-gyp empties build/, which is cmake-js's.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export const ROOT = dirname(import.meta.dirname)
/** Below the root, so that node_modules is found from it. */
export const GYP_ROOT = join(ROOT, 'build-gyp')

/** Copies what binding.gyp needs to GYP_ROOT and runs a tool of node_modules there. Throws when it fails. */
export function runInGypRoot(tool, args) {
  rmSync(GYP_ROOT, { recursive: true, force: true })
  mkdirSync(GYP_ROOT)
  for (const name of ['binding.gyp', 'package.json', 'native']) {
    cpSync(join(ROOT, name), join(GYP_ROOT, name), { recursive: true })
  }
  const env = { ...process.env }
  // Node's own headers, where its distribution brought them: else node-gyp downloads some.
  const nodeDir = dirname(dirname(process.execPath))
  if (existsSync(join(nodeDir, 'include/node/node_api.h'))) env.npm_config_nodedir = nodeDir
  const script = createRequire(import.meta.url).resolve(tool)
  const result = spawnSync(process.execPath, [script, ...args], { cwd: GYP_ROOT, env, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`${tool} failed:\n${result.stdout}${result.stderr}`)
}
