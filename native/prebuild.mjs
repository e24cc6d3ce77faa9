// Makes prebuilds/<platform>-<arch>/tracevar.node for this machine with prebuildify (or for another one, with the
// cross compiler in CC, CXX, AR, LINK and prebuildify's own flags as arguments), then writes prebuilds/manifest.json
// over all files that are there: {format, files: [{path, sha256}]}. src/crypto/native-loader.ts reads it.
import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GYP_ROOT, ROOT, runInGypRoot } from './gyp.mjs'

const PREBUILDS = join(ROOT, 'prebuilds')

function writeManifest() {
  const files = readdirSync(PREBUILDS, { recursive: true })
    .filter((path) => path.endsWith('.node'))
    .sort()
    .map((path) => ({
      path,
      sha256: createHash('sha256')
        .update(readFileSync(join(PREBUILDS, path)))
        .digest('hex'),
    }))
  const manifest = { format: 'tracevar/prebuilds/1', files }
  writeFileSync(join(PREBUILDS, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const { path, sha256 } of files) console.log(`prebuilds/${path} ${sha256}`)
}

runInGypRoot('prebuildify/bin.js', ['--napi', '--strip', '--name', 'tracevar', ...process.argv.slice(2)])
cpSync(join(GYP_ROOT, 'prebuilds'), PREBUILDS, { recursive: true })
writeManifest()
