#!/bin/sh
# Has a JSON Schema validator read consent receipts of a running server, in both forms.
# Usage: receipts.sh HEED PYTHON   (needs curl)
set -eu
heed=$(realpath "$1")
# Not resolved: a virtual environment is found by the place of its link.
python=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
check=$(dirname "$(realpath "$0")")/receipts_check.py
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
export HEED_LOG_LEVEL=warning HEED_CONTROLLER_NAME="Shop Ltd" \
    HEED_CONTROLLER_CONTACT="Privacy team" HEED_CONTROLLER_EMAIL=privacy@shop.example \
    HEED_CONTROLLER_PHONE="+43 1 0000000" \
    HEED_CONTROLLER_ADDRESS="1 Road, Vienna" HEED_CONTROLLER_JURISDICTION=AT
echo "What we do with addresses." >policy.txt
"$heed" scope add newsletter --kind campaign >made
"$heed" policy publish 2026-01 --text-file policy.txt --url https://shop.example/privacy >made
"$heed" serve --role api --port 0 2>api.err &
server=$!
tries=0
until grep -q '^Heed is listening on ' api.err; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || { tail -n 5 api.err >&2; exit 1; }
    sleep 0.2
done
base=$(sed -n 's/^Heed is listening on //p' api.err)
key="Authorization: Bearer $(cat heed-data/admin.key)"
for decision in granted denied; do
    curl -sS -f -o made.json "$base/v1/consents" -H "$key" -H 'Content-Type: application/json' \
        -d '{"address":"ada@mail.example","scope":"newsletter","decision":"'"$decision"'",
             "basis":"consent","source":"form","policyVersion":"2026-01"}'
    id=$("$python" -c 'import json; print(json.load(open("made.json"))["id"])')
    if [ "$decision" = granted ]; then
        curl -sS -f -o kantara.json "$base/v1/consents/$id/receipt" -H "$key"
    fi
    curl -sS -f -o dpv.json "$base/v1/consents/$id/receipt?format=dpv" -H "$key"
    "$python" "$check" dpv <dpv.json
done
"$python" "$check" kantara <kantara.json
