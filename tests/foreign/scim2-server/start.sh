#!/usr/bin/env bash
# Runs scim2-server (PyPI), a strict SCIM server written by others, on the loopback interface until it is told to stop.
#
# usage: start.sh PORT TOKEN [FOLDER]
#
# The base URL is http://127.0.0.1:PORT, or http://127.0.0.1:PORT/v2. Resources live in memory and end with the process.
# Users may have one extension more than RFC 7643 has: see declare_extension.py.
# FOLDER keeps the virtual environment; it is built at the first start, and again when the pinned versions change.
set -euo pipefail

port=$1
token=$2
folder=${3:-${XDG_CACHE_HOME:-$HOME/.cache}/scimulator/scim2-server}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
requirements=$here/requirements.txt
installed=$folder/requirements.txt

if ! cmp -s "$requirements" "$installed"; then
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --no-input --disable-pip-version-check --no-deps --requirement "$requirements"
    # Last, so that an interrupted installation starts over.
    cp "$requirements" "$installed"
fi

"$folder/bin/python" "$here/declare_extension.py" "$folder"
exec "$folder/bin/scim2-server" --hostname 127.0.0.1 --port "$port" --bearer-token "$token" \
    --schema "$folder/schemas.json" --resource-type "$folder/resource-types.json"
