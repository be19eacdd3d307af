#!/bin/sh
# Installs Synapse, a Matrix homeserver, from PyPI into a virtual environment of its own in FOLDER. Safe to repeat; takes about half a minute.
# Usage: tests/servers/install_synapse.sh FOLDER
set -eu

folder=${1:?usage: install_synapse.sh FOLDER}
version="matrix-synapse==1.163.2"

if [ "$(cat "$folder/.installed" 2>/dev/null)" = "$version" ]; then
    echo "already there: $folder"
    exit 0
fi
"${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check "$version"
"$folder/bin/python" -c "import synapse.app.homeserver"
echo "$version" >"$folder/.installed"
