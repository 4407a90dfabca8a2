#!/usr/bin/env bash
# Serves on a throwaway PostgreSQL server in a temporary folder: `run-postgres.sh PATH_OF_HEED`. The
# server, its data and the keys are gone when it ends.
set -euo pipefail

heed="$(realpath "${1:?usage: scripts/run-postgres.sh PATH_OF_HEED}")"
bin="$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1 \
    || command -v initdb)")"
folder="$(mktemp -d)"
as_postgres=()
# PostgreSQL refuses to run as root.
if [ "$(id -u)" -eq 0 ]; then
    chown postgres "$folder"
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi

cd "$folder"
"${as_postgres[@]}" "$bin/initdb" -D "$folder/data" -U postgres --auth=trust --encoding=UTF8 \
    --locale=C >/dev/null
"${as_postgres[@]}" "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= \
    >"$folder/log" 2>&1 &
server=$!
node=
stop() {
    # The node first: it gives its leases back.
    if [ -n "$node" ]; then
        kill -TERM "$node" 2>/dev/null || true
        wait "$node" || true
    fi
    kill -INT "$server" 2>/dev/null || true
    wait "$server" || true
    rm -rf "$folder"
}
trap stop EXIT
until "$bin/pg_isready" -q -h "$folder"; do
    kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done

prompt() { psql -qX -h "$folder" -U postgres -c "$1"; }
address() { echo "postgres://$1@/heed?host=$folder"; }
prompt 'CREATE ROLE heed_owner LOGIN CREATEROLE'
prompt 'CREATE DATABASE heed OWNER heed_owner'
"$heed" migrate --database "$(address heed_owner)"
prompt 'CREATE ROLE heed_node LOGIN IN ROLE heed_app'
echo "The keys are in this folder; in another terminal: cd $folder" >&2
"$heed" serve --database "$(address heed_node)" &
node=$!
wait "$node"
