#!/usr/bin/env bash
# The quick loop: the format of what has changed, and every test that takes a moment, on SQLite.
# What takes longer stands in Tests/slow.txt and is left to `make test`, as are whole programs,
# simulated histories and PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t changed < <(
    { git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } |
        grep '\.swift$' || true
)
if [ "${#changed[@]}" -gt 0 ]; then
    swift format lint --strict --parallel "${changed[@]}"
fi
slow="$(grep -v '^#' Tests/slow.txt | sed 's/\./\\./g' | paste -sd '|')"
source scripts/testing.sh
# Inputs made by chance are fewer, too.
HEED_TEST_ENGINES=sqlite HEED_FUZZ_CASES=100 swift test --disable-xctest \
    --skip '^(EndToEndTests|HeedPostgresTests|SimulationTests)\.' --skip "^($slow)\(" "$@"
