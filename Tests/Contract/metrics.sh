#!/bin/sh
# Has Prometheus' Python client read the measurements of a running server and of a worker.
# Usage: metrics.sh HEED PYTHON   (needs curl)
set -eu
heed=$(realpath "$1")
# Not resolved: a virtual environment is found by the place of its link.
python=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
check=$(dirname "$(realpath "$0")")/metrics_check.py
work=$(mktemp -d)
started=
trap 'for id in $started; do kill "$id" 2>/dev/null || true; done; rm -rf "$work"' EXIT
fail() {
    echo "metrics: $1" >&2
    tail -n 5 "$work"/*.err >&2
    exit 1
}
# until_true WHAT COMMAND...: tries for half a minute.
until_true() {
    what=$1
    shift
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || fail "waited in vain until $what"
        sleep 0.2
    done
}
cd "$work"
export HEED_LOG_LEVEL=warning
"$heed" scope add newsletter --kind campaign >made
# Nobody listens there: attempts fail, and are counted.
"$heed" connector add webhook crm --url http://127.0.0.1:1/hook >made
"$heed" serve --role api --port 0 2>api.err &
started="$started $!"
"$heed" serve --role worker --metrics-port 0 2>worker.err &
started="$started $!"
until_true "the server listens" grep -q '^Heed is listening on ' api.err
until_true "the worker listens" grep -q '^Measurements: ' worker.err
base=$(sed -n 's/^Heed is listening on //p' api.err)
worker=$(sed -n 's/^Measurements: //p' worker.err)
curl -sS -f -o answer "$base/v1/opt-outs" -H "Authorization: Bearer $(cat heed-data/admin.key)" \
    -H 'Content-Type: application/json' \
    -d '{"address":"ada@mail.example","scope":"newsletter"}'
# attempted: the worker has counted an attempt.
attempted() {
    curl -sS -f -o worker.txt "$worker" && grep -q '^heed_connector_attempts_total{' worker.txt
}
until_true "an attempt was counted" attempted
curl -sS -f -D head -o api.txt "$base/metrics"
grep -qi '^content-type: text/plain; version=0.0.4' head || fail "another content type"
"$python" "$check" heed_optout_local_effect_seconds heed_queue_jobs <api.txt
"$python" "$check" heed_connector_attempts heed_queue_jobs <worker.txt
