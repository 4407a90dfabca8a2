#!/bin/sh
# Has schemathesis send made-up requests of every operation in openapi.yaml to a throwaway server,
# as each role: no 500, nothing that the document does not have, nothing slow, a whole log after it.
# Usage: fuzz.sh HEED PYTHON [ROLE...]   (admin, collector, sender, auditor, stranger, nobody)
# FUZZ_SEED repeats a run; an operation gets FUZZ_EXAMPLES requests beyond those that are fixed.
set -eu
heed=$(realpath "$1")
# Not resolved: a virtual environment is found by the place of its link.
python=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
shift 2
here=$(dirname "$(realpath "$0")")
document=${FUZZ_DOCUMENT:-$here/../../Sources/HeedServer/openapi.yaml}
seed=${FUZZ_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
examples=${FUZZ_EXAMPLES:-8}
work=$(mktemp -d)
fuzz=
trap '[ -z "$fuzz" ] || kill "$fuzz" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
document=$(realpath "$document")
cd "$work"
echo "fuzz: seed $seed, $examples examples"
"$python" "$here/fuzz.py" "$heed" "$document" "$seed" "$examples" "$work" "$@" &
fuzz=$!
if ! wait "$fuzz"; then
    fuzz=
    echo "fuzz: failed; once more by" \
        "FUZZ_SEED=$seed FUZZ_EXAMPLES=$examples sh $here/fuzz.sh $heed $python $*" >&2
    exit 1
fi
fuzz=
