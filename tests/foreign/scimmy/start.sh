#!/usr/bin/env bash
# Runs the SCIM application around scimmy (npm) on the loopback interface until it is told to stop.
#
# usage: start.sh PORT TOKEN FOLDER
#
# The base URL is http://127.0.0.1:PORT/scim. Resources live in memory and end with the process. Needs Node 20 with npm.
# FOLDER keeps the installed packages; they are installed at the first start, and again when the pinned versions change.
set -euo pipefail

port=$1
token=$2
folder=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
installed=$folder/installed.json

if ! cmp -s "$here/package-lock.json" "$installed"; then
    mkdir -p "$folder"
    rm -f "$installed"
    cp "$here/package.json" "$here/package-lock.json" "$folder"
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
    # Last, so that an interrupted installation starts over.
    cp "$here/package-lock.json" "$installed"
fi

# Beside the packages, where Node looks for them.
cp "$here/server.mjs" "$folder/server.mjs"
exec node "$folder/server.mjs" "$port" "$token"
