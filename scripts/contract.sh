#!/usr/bin/env bash
# Checks what we publish by programs we did not write: the OpenAPI file by a validator, a sample log
# and the log of a running server by Go's checksum-database library, the holidays behind legal
# deadlines by an independent calendar, consent receipts and evidence by a JSON Schema validator,
# and measurements and alert rules by Prometheus' own tools.
# schemathesis makes up requests of every operation, as every role, and reads the answers by the
# OpenAPI file.
# A real browser walks the public pages, and axe looks at each.
# Connectors run against fakes of the providers, which the official clients were run on first.
set -euo pipefail
cd "$(dirname "$0")/.."

file="$(find Sources -name openapi.yaml)"
if [ ! -f "$file" ]; then
    echo "contract: expected exactly one openapi.yaml under Sources, found: ${file:-none}" >&2
    exit 1
fi
.venv/bin/python -m openapi_spec_validator --schema 3.1 --validation-errors all "$file"
sh Tests/Contract/ledger-verify/check.sh .build/debug/SampleLog
sh Tests/Contract/ledger-verify/live.sh .build/debug/heed
.venv/bin/python Tests/Providers/prove.py .build/debug/ConnectorTranscripts
.venv/bin/python Tests/Providers/outage.py .build/debug/heed .build/debug/ConnectorTranscripts
# A driver that loses its browser is no fault of the pages, and does not do so twice.
.venv/bin/python Tests/Browser/pages.py .build/debug/heed ||
    .venv/bin/python Tests/Browser/pages.py .build/debug/heed
.build/debug/HolidayTable | .venv/bin/python Tests/Contract/holidays_oracle.py
sh Tests/Contract/metrics.sh .build/debug/heed .venv/bin/python
sh Tests/Contract/receipts.sh .build/debug/heed .venv/bin/python
sh Tests/Contract/evidence.sh .build/debug/heed .venv/bin/python
# A gate says the same twice; other seeds, and more examples, are for a run of one's own.
FUZZ_SEED="${FUZZ_SEED:-21}" sh Tests/Contract/fuzz.sh .build/debug/heed .venv/bin/python
if ! command -v promtool >/dev/null; then
    echo "contract: no \`promtool\` for deploy/prometheus; Debian has it in prometheus" >&2
    exit 1
fi
promtool check rules deploy/prometheus/heed.rules.yaml
promtool test rules deploy/prometheus/heed.rules.test.yaml
