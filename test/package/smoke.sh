#!/usr/bin/env bash
# Packs the project with its prebuilt addon, installs the tarball in an empty directory without install scripts, and uses
# it as a stranger would: help, demo, the quick start as ES module and through require().
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work" "$root"/prebuilds' EXIT
cd "$root"
if command -v cmake >/dev/null && command -v c++ >/dev/null; then npm run --silent prebuilds >/dev/null; fi
tarball=$(npm pack --silent --pack-destination "$work")
mkdir "$work/app"
cd "$work/app"
npm init -y >/dev/null
npm install --silent --ignore-scripts "$work/$tarball"
npx --no -- tracevar --help
npx --no -- tracevar doctor
npx --no -- tracevar demo --out "$work/demo"
npx --no -- tracevar verify "$work/demo/export" --key "$work/demo/export/public-keys.jwks"
if npx --no -- tracevar verify "$work/demo/tampered" --key "$work/demo/export/public-keys.jwks" >/dev/null; then
  echo 'a tampered export verified' >&2
  exit 1
fi
cp "$root"/test/package/quickstart.mjs "$root"/test/package/quickstart.cjs "$root"/test/package/nonsudo.yaml .
node --disallow-code-generation-from-strings quickstart.mjs
node quickstart.cjs
echo 'smoke: ok'
