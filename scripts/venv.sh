#!/usr/bin/env bash
# Keeps .venv equal to the requirements of Tests/Contract, Tests/Providers and Tests/Browser; does
# nothing while neither these files nor the Python version have changed.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=(Tests/Contract/requirements.txt Tests/Providers/requirements.txt
    Tests/Browser/requirements.txt)
stamp=.venv/.requirements.sha256

wanted="$(python3 - "${requirements[@]}" <<'PYTHON'
import hashlib, pathlib, sys
files = b"".join(pathlib.Path(path).read_bytes() for path in sys.argv[1:])
print(hashlib.sha256(sys.version.encode() + files).hexdigest())
PYTHON
)"
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ]; then
    exit 0
fi

echo "venv: installing ${requirements[*]} into .venv"
rm -rf .venv
python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check "${requirements[@]/#/-r}"
# Written last: an interrupted installation leaves no stamp and is done again.
echo "$wanted" >"$stamp"
