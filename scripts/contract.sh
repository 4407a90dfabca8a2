#!/usr/bin/env bash
# Checks that the OpenAPI file the server publishes is valid by an independent validator.
set -euo pipefail
cd "$(dirname "$0")/.."

file="$(find Sources -name openapi.yaml)"
if [ ! -f "$file" ]; then
    echo "contract: expected exactly one openapi.yaml under Sources, found: ${file:-none}" >&2
    exit 1
fi
.venv/bin/python -m openapi_spec_validator --schema 3.1 --validation-errors all "$file"
