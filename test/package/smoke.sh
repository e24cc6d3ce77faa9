#!/usr/bin/env bash
# Packs the project with its prebuilt addons, installs the tarball in an empty directory without install scripts, and
# uses it as a stranger would: help, demo, the quick start as ES module and through require(). Where there is a compiler,
# the addon must be the prebuilt one. Prebuilds that are newer than all sources are taken as they are.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work" "$root"/prebuilds' EXIT

# loads_prebuilt ARCH NODE...: the installed package loads its addon for ARCH under this Node.
loads_prebuilt() {
  local expected=node_modules/tracevar/prebuilds/linux-$1/tracevar.node
  shift
  if ! "$@" node_modules/tracevar/dist/cli/main.js doctor --json | grep -F "$expected" >/dev/null; then
    echo "not loaded: $expected" >&2
    exit 1
  fi
  echo "loaded: $expected"
}

cd "$root"
addon=none
if command -v g++ >/dev/null && command -v make >/dev/null && command -v python3 >/dev/null; then
  addon=prebuilt
  if [ ! -f prebuilds/manifest.json ] || [ -n "$(find native binding.gyp -newer prebuilds/manifest.json -type f)" ]; then
    npm run --silent prebuilds
  fi
fi
tarball=$(npm pack --silent --pack-destination "$work")
mkdir "$work/app"
cd "$work/app"
npm init -y >/dev/null
npm install --silent --ignore-scripts "$work/$tarball"
npx --no -- tracevar --help
npx --no -- tracevar doctor
if [ $addon = prebuilt ]; then loads_prebuilt "$(node -p process.arch)" node; fi
npx --no -- tracevar demo --out "$work/demo"
npx --no -- tracevar verify "$work/demo/export" --key "$work/demo/export/public-keys.jwks"
if npx --no -- tracevar verify "$work/demo/tampered" --key "$work/demo/export/public-keys.jwks" >/dev/null; then
  echo 'a tampered export verified' >&2
  exit 1
fi
cp "$root"/test/package/quickstart.mjs "$root"/test/package/quickstart.cjs "$root"/test/package/nonsudo.yaml .
node --disallow-code-generation-from-strings quickstart.mjs
node quickstart.cjs
# On the other architecture, where it was built and can be emulated.
if [ -f "$root"/prebuilds/linux-arm64/tracevar.node ] && node "$root"/native/emulate.mjs --version; then
  loads_prebuilt arm64 node "$root"/native/emulate.mjs
  node "$root"/native/emulate.mjs --disallow-code-generation-from-strings quickstart.mjs
fi
echo 'smoke: ok'
