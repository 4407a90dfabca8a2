#!/usr/bin/env bash
# Makes sure the machine has what Heed needs: `setup.sh run` to build and run, `setup.sh test` also
# to test, `setup.sh bench` to measure. Installs what is missing where it may, else says what to
# install and fails.
set -euo pipefail

mode="${1:-}"
case "$mode" in
    run | test | bench) ;;
    *)
        echo "usage: scripts/setup.sh run|test|bench" >&2
        exit 2
        ;;
esac

if ! command -v swift >/dev/null; then
    echo "setup: no \`swift\` on PATH. Install Swift 6.3: https://www.swift.org/install" >&2
    exit 1
fi

has_command() { command -v "$1" >/dev/null; }

# The SDK brings SQLite on macOS; elsewhere its header must be installed.
has_sqlite_library() {
    [ "$(uname -s)" = Darwin ] && return 0
    if has_command dpkg; then
        dpkg -s libsqlite3-dev >/dev/null 2>&1 && return 0
    fi
    has_command pkg-config && pkg-config --exists sqlite3
}

# SwiftNIO's compression is built against the system's zlib.
has_zlib() {
    [ "$(uname -s)" = Darwin ] && return 0
    [ -e /usr/include/zlib.h ]
}

# Debian splits `ensurepip` from python3; without it a virtual environment cannot be made.
has_python_venv() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

# PostgreSQL's client library; the engine for it is on unless the package trait is turned off.
has_libpq() { has_command pkg-config && pkg-config --exists libpq; }

# Tests start servers of their own; Debian keeps initdb and postgres out of PATH.
has_postgres_server() {
    has_command initdb && has_command postgres && return 0
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null
}

missing=()
has_command pkg-config || missing+=(pkg-config)
has_libpq || missing+=(libpq-dev)
has_sqlite_library || missing+=(libsqlite3-dev)
has_zlib || missing+=(zlib1g-dev)
if [ "$mode" = test ]; then
    has_command python3 || missing+=(python3)
    has_python_venv || missing+=(python3-venv)
    has_command openssl || missing+=(openssl)
    has_command sqlite3 || missing+=(sqlite3)
    has_command curl || missing+=(curl)
    has_command psql || missing+=(postgresql-client)
    has_postgres_server || missing+=(postgresql)
    # A real browser walks the public pages.
    has_command chromium || missing+=(chromium)
    has_command chromedriver || missing+=(chromium-driver)
    # Drills put the program's clock wrong.
    has_command faketime || missing+=(faketime)
    # promtool checks the alert rules in deploy/.
    has_command promtool || missing+=(prometheus)
    # Go's checksum-database library is the outside verifier of the log's formats.
    has_command go || missing+=(golang-go)
    [ -d /usr/share/gocode/src/golang.org/x/mod ] || missing+=(golang-golang-x-mod-dev)
fi
if [ "$mode" = bench ]; then
    has_postgres_server || missing+=(postgresql)
    # What campaigns are measured against; a server of the measurement's own is started.
    has_command redis-server || missing+=(redis-server)
fi
[ "${#missing[@]}" -eq 0 ] && exit 0

as_root=()
can_install=no
if has_command apt-get; then
    if [ "$(id -u)" -eq 0 ]; then
        can_install=yes
    elif has_command sudo && sudo -n true 2>/dev/null; then
        can_install=yes
        as_root=(sudo -n)
    fi
fi

if [ "$can_install" = no ]; then
    echo "setup: missing: ${missing[*]}. Install them, then run this again:" >&2
    echo "    sudo apt-get install -y ${missing[*]}" >&2
    exit 1
fi

echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
