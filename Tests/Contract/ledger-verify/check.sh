#!/bin/sh
# Has Go's sumdb check sample logs, and checks that it refuses spoiled ones.
# Usage: check.sh SAMPLELOG   (needs Debian's golang-go and golang-golang-x-mod-dev, no network)
set -eu
sample=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$here" && GOFLAGS=-mod=mod GOPROXY=off go build -o "$work/ledger-verify" .)

for size in 1 2 255 256 257 1000 70000; do
    "$sample" "$work/log$size" "$size"
    "$work/ledger-verify" "$work/log$size" "$(cat "$work/log$size/vkey")"
done

# spoil FILE: turns a bit of one byte in the middle, and expects a refusal.
spoil() {
    cp -r "$work/log1000" "$work/spoiled"
    file="$work/spoiled/$1"
    middle=$(($(wc -c <"$file") / 2))
    byte=$(dd if="$file" bs=1 skip="$middle" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
    printf "\\$(printf %03o $((byte ^ 1)))" |
        dd of="$file" bs=1 seek="$middle" conv=notrunc 2>/dev/null
    if "$work/ledger-verify" "$work/spoiled" "$(cat "$work/spoiled/vkey")" 2>"$work/why"; then
        echo "a spoiled $1 passes" >&2
        exit 1
    fi
    echo "refused: $(sed "s|$work/spoiled/||" "$work/why")"
    rm -rf "$work/spoiled"
}
for file in checkpoint tile/0/001 tile/1/000.p/3 tile/0/003.p/232 tile/entries/002 \
    checkpoints/257 proofs/500.tlog-proof requests/511; do
    spoil "$file"
done
