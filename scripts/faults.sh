#!/usr/bin/env bash
# Breaks what the built program stands on, one thing after the other: docs/operations/faults.md.
# Drills that this machine cannot do are named, not passed over in silence.
set -euo pipefail
cd "$(dirname "$0")/.."

drills=(kill page moved master-key wrong-bodies slow-clients descriptors
    postgres-restart postgres-sessions postgres-cut postgres-kill)
try() { # NAME… -- what it needs, and a command that tells whether that is there
    local names=() need
    while [ "$1" != -- ]; do names+=("$1"); shift; done
    need="$2"
    shift 2
    if "$@" >/dev/null 2>&1; then
        drills+=("${names[@]}")
    else
        echo "faults: not tried here: ${names[*]} ($need)" >&2
    fi
}
can_mount() {
    local folder result=0
    folder="$(mktemp -d)"
    mount -t tmpfs -o size=1m tmpfs "$folder" && umount "$folder" || result=1
    rmdir "$folder"
    return "$result"
}
may_open() { [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 10500 ]; }
try full-disk read-only -- "needs a root that may mount" can_mount
try clock -- "needs Debian's faketime" command -v faketime
try ten-thousand -- "needs 10,500 open files" may_open
exec python3 Tests/Faults/drill.py .build/debug/heed "${drills[@]}" "$@"
