#!/usr/bin/env bash
# Runs aiosmtpd (PyPI), a mail server written by others, on the loopback interface until it is told to stop.
#
# usage: start.sh FOLDER OPTION..
#
# FOLDER keeps the virtual environment; it is built at the first start, and again when the pinned versions change. The
# options are those of serve.py.
set -euo pipefail

folder=$1
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
requirements=$here/requirements.txt
installed=$folder/requirements.txt

if ! cmp -s "$requirements" "$installed"; then
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --no-input --disable-pip-version-check --no-deps --requirement "$requirements"
    # Last, so that an interrupted installation starts over.
    cp "$requirements" "$installed"
fi

exec "$folder/bin/python" "$here/serve.py" "$@"
