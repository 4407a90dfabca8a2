#!/usr/bin/env bash
# Runs every test that was built, and says again at the end which of them failed, or which never
# ended: the first thing asked of a red run is easily lost in thousands of lines.
set -uo pipefail
cd "$(dirname "$0")/.."

minutes="${HEED_TEST_MINUTES:-25}"
source scripts/testing.sh
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
timeout --kill-after=10 "${minutes}m" \
    swift test --skip-build --disable-xctest "$@" 2>&1 | tee "$log"
code="${PIPESTATUS[0]}"
if [ "$code" -eq 124 ] || [ "$code" -eq 137 ]; then
    # `swift test` does not take what it started along.
    pkill -KILL -f "^$PWD/.build/.*heedPackageTests" || true
    echo "--- ended after ${minutes} minutes (HEED_TEST_MINUTES); what was still running ---"
    awk '/^◇ Test .* started\.$/ && !/ case passing / {
             sub(/^◇ /, ""); sub(/ started\.$/, ""); running[$0] = 1
         }
         /^[✔✘] Test .* (passed|failed) after / {
             sub(/^[✔✘] /, ""); sub(/( with [0-9]+ test cases?)? (passed|failed) after .*/, "")
             delete running[$0]
         }
         END { for (test in running) print test }' "$log" | sort | tail -n 60
fi
if [ "$code" -ne 0 ]; then
    echo "--- what failed ---"
    grep -E '✘|recorded an issue|[Ff]atal error|^error:' "$log" | cut -c 1-1000 | tail -n 60
fi
exit "$code"
