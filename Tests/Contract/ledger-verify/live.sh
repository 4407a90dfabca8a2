#!/bin/sh
# Has Go's sumdb check the log of a running server over HTTP, and checks that it refuses that log
# once somebody has changed the database.
# Usage: live.sh HEED   (needs curl, sqlite3, and Debian's golang-go and golang-golang-x-mod-dev)
set -eu
heed=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
fail() {
    echo "live: $1" >&2
    test ! -f "$work/serve.err" || tail -n 5 "$work/serve.err" >&2
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

(cd "$here" && GOFLAGS=-mod=mod GOPROXY=off go build -o "$work/ledger-verify" .)
cd "$work"
mkdir -p kept/checkpoints kept/proofs
export HEED_LOG_LEVEL=warning HEED_LOG_ORIGIN=contract.example/log
"$heed" scope add newsletter --kind campaign >made
"$heed" serve --port 0 >serve.out 2>serve.err &
server=$!
until_true "the server listens" grep -q '^Heed is listening on ' serve.err
base=$(sed -n 's/^Heed is listening on //p' serve.err)
admin=$(cat heed-data/admin.key)

# opt_out FIRST LAST: over the API; keeps the last answer in the file `answer`.
opt_out() {
    number=$1
    while [ "$number" -le "$2" ]; do
        curl -sS -f -o answer "$base/v1/opt-outs" -H "Authorization: Bearer $admin" \
            -H 'Content-Type: application/json' \
            -d "{\"address\":\"person$number@mail.example\",\"scope\":\"newsletter\"}"
        number=$((number + 1))
    done
}
# The log holds the event at a position when it has as many entries.
covers() {
    "$heed" log checkpoint >made
    curl -sS -f -o served "$base/log/checkpoint" && [ "$(sed -n 2p served)" -ge "$1" ]
}
position() { sed 's/.*"position":\([0-9]*\).*/\1/' answer; }

opt_out 1 40
until_true "the log has the first events" covers "$(position)"
cp served "kept/checkpoints/$(sed -n 2p served)"
opt_out 41 150
until_true "the log has all events" covers "$(position)"
vkey=$("$heed" log key)
LEDGER_KEY=$("$heed" key create --role auditor)
export LEDGER_KEY

# Proofs that Heed makes itself, from the route that everybody may ask.
for person in 1 77 150; do
    "$heed" log prove --address "person$person@mail.example" -o "bundle$person" >made
    "$heed" log verify --bundle "bundle$person" --key "$vkey" >made || fail "$(cat made)"
    for file in "bundle$person"/events/*.json; do
        id=$(basename "$file" .json)
        curl -sS -f -o "kept/proofs/$id.tlog-proof" "$base/v1/log/proof?event=$id"
    done
done
./ledger-verify "$base/log" "$vkey" kept >verdict || fail "the log is refused"
cat verdict
for count in 'size=[0-9][0-9][0-9]' 'inclusions=[1-9]' 'consistencies=1 ' 'proofs=[1-9]'; do
    grep -q "$count" verdict || fail "too little was checked"
done

# refuse WHY [ENVIRONMENT...]: the verifier must say no, and for this reason.
refuse() {
    why=$1
    shift
    if env "$@" ./ledger-verify "$base/log" "$vkey" kept 2>reason; then fail "passes: $why"; fi
    grep -q "$why" reason || fail "refused, but not for '$why': $(cat reason)"
    echo "refused: $(cat reason)"
}
# Entries are for auditors; everything else was read without a key.
refuse '401 Unauthorized' LEDGER_KEY=none

# Somebody with every right on the file changes an event, then the end of a tile that is served.
sqlite3 -cmd '.timeout 20000' heed-data/heed.sqlite "DROP TRIGGER audit_events_no_update;
    UPDATE audit_events SET body = CAST(body || ' ' AS BLOB) WHERE position = 30;"
refuse 'entry 29 does not hash to its leaf'
sqlite3 -cmd '.timeout 20000' heed-data/heed.sqlite "DROP TRIGGER ledger_leaves_no_update;
    UPDATE ledger_leaves SET hash = zeroblob(32)
    WHERE leaf_index = (SELECT max(leaf_index) FROM ledger_leaves);"
refuse 'inconsistent tile'
