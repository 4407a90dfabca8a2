#!/bin/sh
# Has a JSON Schema validator read the evidence that the program writes, of a person and a period.
# Usage: evidence.sh HEED PYTHON
set -eu
heed=$(realpath "$1")
python=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
check=$(dirname "$(realpath "$0")")/evidence_check.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export HEED_LOG_LEVEL=warning
echo "What we do with addresses." >policy.txt
"$heed" scope add newsletter --kind campaign >made
"$heed" policy publish 2026-01 --text-file policy.txt --effective 2026-01-01 >made
"$heed" consent grant ada@mail.example --scope newsletter --policy 2026-01 >made
"$heed" check ada@mail.example --scope newsletter --campaign spring --record-decisions >made
"$heed" opt-out ada@mail.example --scope newsletter >made
"$heed" evidence ada@mail.example --reason "a person" -o person >made 2>&1
"$heed" evidence --from 2020-01-01 --reason "a period" -o period >made 2>&1
"$python" "$check" <person/evidence.json
"$python" "$check" <period/evidence.json
