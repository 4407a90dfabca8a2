#!/usr/bin/env bash
# What looks at the program from outside, side by side: each half waits for most of its time, for
# providers that hang and for servers that come back.
set -uo pipefail
cd "$(dirname "$0")/.."

log="$(mktemp)"
scripts/faults.sh >"$log" 2>&1 &
faults=$!
# Whoever interrupts the one ends the other as well.
trap 'kill "$faults" 2>/dev/null; rm -f "$log"' EXIT
scripts/contract.sh
contract=$?
wait "$faults"
result=$?
echo "--- faults ---"
cat "$log"
[ "$contract" -eq 0 ] || echo "outside: the contract is broken; see above" >&2
[ "$result" -eq 0 ] || echo "outside: a drill failed; see its lines above" >&2
exit $((contract | result))
