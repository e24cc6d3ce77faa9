// Builds through binding.gyp, in a folder of its own: node-gyp empties build/, which is cmake-js's.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export const ROOT = dirname(import.meta.dirname)
export const GYP_ROOT = join(ROOT, 'build-gyp')

/** True for the module (its `import.meta`) that node was started with, also by a symbolic link. */
export const isMain = (meta) => realpathSync(process.argv[1]) === meta.filename

const { resolve } = createRequire(import.meta.url)

/**
 * Copies all that binding.gyp needs to `folder`, which may be anywhere, and runs a tool of node_modules there.
 * `environment` is added to that of this process. Throws when the tool fails.
 */
export function runInGypRoot(folder, tool, args, environment = {}) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['binding.gyp', 'package.json', 'native']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  }
  const headers = 'node_modules/node-addon-api'
  cpSync(dirname(resolve('node-addon-api/package.json')), join(folder, headers), { recursive: true })
  const nodeGyp = resolve('node-gyp/bin/node-gyp.js')
  const env = { ...process.env, PREBUILD_NODE_GYP: nodeGyp, JOBS: 'max', ...environment }
  // Node's own headers, where its distribution brought them: else node-gyp downloads some.
  const nodeDir = dirname(dirname(process.execPath))
  if (existsSync(join(nodeDir, 'include/node/node_api.h'))) env.npm_config_nodedir = nodeDir
  const result = spawnSync(process.execPath, [resolve(tool), ...args], { cwd: folder, env, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`${tool} failed:\n${result.stdout}${result.stderr}`)
}
