#!/usr/bin/env bash
# Runs every test that was built, and says again at the end which of them failed: the first thing
# asked of a red run is easily lost in thousands of lines.
set -uo pipefail
cd "$(dirname "$0")/.."

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
swift test --skip-build --disable-xctest "$@" 2>&1 | tee "$log"
code="${PIPESTATUS[0]}"
if [ "$code" -ne 0 ]; then
    echo "--- what failed ---"
    grep -E '✘|recorded an issue|[Ff]atal error|^error:' "$log" | cut -c 1-1000 | tail -n 60
fi
exit "$code"
