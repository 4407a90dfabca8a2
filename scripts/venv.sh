#!/usr/bin/env bash
# Keeps .venv equal to Tests/Contract/requirements.txt; does nothing while neither that file nor
# the Python version has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=Tests/Contract/requirements.txt
stamp=.venv/.requirements.sha256

wanted="$(python3 - "$requirements" <<'PYTHON'
import hashlib, pathlib, sys
print(hashlib.sha256(sys.version.encode() + pathlib.Path(sys.argv[1]).read_bytes()).hexdigest())
PYTHON
)"
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ]; then
    exit 0
fi

echo "venv: installing $requirements into .venv"
rm -rf .venv
python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
# Written last: an interrupted installation leaves no stamp and is done again.
echo "$wanted" >"$stamp"
