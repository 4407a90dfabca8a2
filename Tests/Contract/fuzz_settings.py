"""What schemathesis is told about one role: where known ids go, and what an answer has to stand."""

import json
import re

import yaml

# Where what is known is sent, more often than what is made up.
PARAMETERS = {
    "query.scope": "scopes", "query.policyVersion": "policies", "query.event": "events",
    "query.connector": "connectors", "path.form": "forms", "path.connector": "connectors",
    "body.address": "people", "body.scope": "scopes", "body.policyVersion": "policies",
    "body.contactId": "contacts", "body.receipt": "receipts", "body.addresses[*].value": "people",
    "body.recipients[*]": "people", "body.events[*].address": "people",
    "body.events[*].scope": "scopes", "body.email": "people",
    "query.from": "times", "query.to": "times", "query.timeZone": "zones",
    "query.campaign": "campaigns", "body.campaign": "campaigns", "body.connector": "texts",
    "query.language": "languages", "query.lang": "languages", "body.timeZone": "zones",
}
# The same, where a name means another thing in each path.
PLACES = {
    "/v1/contacts/{id}/export": ("id", "contacts"),
    "/v1/contacts/{id}/evidence": ("id", "contacts"),
    "/v1/consents/{id}/receipt": ("id", "consents"), "/v1/opt-outs/{id}": ("id", "opt-outs"),
    "/v1/erasures/{id}": ("id", "erasures"), "/v1/receipts/{token}": ("token", "receipts"),
    "/v1/imports/{id}": ("id", "imports"), "/v1/imports/{id}/rejected": ("id", "imports"),
    "/v1/imports/{id}/undo": ("id", "imports"), "/u/{token}": ("token", "unsubscribe"),
    "/c/{token}": ("token", "confirmation"), "/p/{token}": ("token", "preferences"),
    "/d/{token}": ("token", "data"), "/log/tile/{path}": ("path", "tiles"),
    "/log/tile/entries/{path}": ("path", "entries"),
} | {
    "/v1/requests/{id}" + act: ("id", "requests")
    for act in ("", "/verify", "/extend", "/refuse", "/complete", "/retry", "/give-up", "/rectify")
}
# Texts that have broken other programs.
TEXTS = [
    "", " ", "\0", "a\0b", "null", "0", "-1", "9223372036854775808", "1e400", "\u202e\u2066",
    "\ufeff", "İ", "e\u0301" * 40, "\U0001f469\u200d\U0001f4bb", "a@b",
    "'; DROP TABLE people; --", "%00%0a", "../../etc/passwd", "<script>", "{{7*7}}", "=1+1",
    "2026-02-30T25:61:61Z", "x" * 5000,
]
# Three times what the slowest takes on a busy machine: whatever hangs is slower.
SECONDS_MAXIMUM = 10
REFUSED = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]
# "Any other body gets the page and changes nothing."
FORGIVING = ["/u", "/u/{token}", "/c/{token}", "/d/{token}"]


def toml(value):
    """A value as TOML has it; JSON says the same of texts, numbers, flags and lists of them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    # TOML has no surrogate pairs.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def roles(operation):
    """The roles that an operation's description names; none where it needs no key."""
    named = re.search(r"Roles?: ((?:`[a-z]+`(?:, )?)+)", operation.get("description", ""))
    return re.findall(r"`([a-z]+)`", named[1]) if named else []


def without_coverage(document, role):
    """What needs no key or another role's; an admin's round has tried it value by value."""
    with open(document, encoding="utf-8") as file:
        paths = yaml.safe_load(file)["paths"].values()
    operations = [operation for path in paths for operation in path.values()
                  if isinstance(operation, dict) and "operationId" in operation]
    closed = [operation["operationId"] for operation in operations if role not in roles(operation)]
    return [{"include-operation-id": closed, "phases": {"coverage": {"enabled": False}}}]


def settings(known, key, role, document):
    """What schemathesis is told."""
    known = known | {"scopes": ["newsletter", "offers", "receipts", "global"],
                     "policies": ["2026-01", "2026-01", "2026-01", "a\0b"],
                     "forms": ["footer", "club"], "texts": TEXTS,
                     "campaigns": ["spring", "a\0b", "a@b"], "languages": ["de", "en", "fr"],
                     "zones": ["Europe/Warsaw", "UTC"],
                     "times": ["2026-01-01T00:00:00Z", "2026-11-01", "2027-06-01T12:00:00+02:00"]}

    def from_(name):
        return {"dictionary": name, "probability": 0.6}

    return {
        "continue-on-failure": True,
        # A run depends on its seed, not on the runs before it.
        "cache": {"enabled": False},
        # Keys are as throwaway as the installation, and whoever repeats a case needs them.
        "output": {"sanitization": {"enabled": False}},
        "parameters": {place: from_(name) for place, name in PARAMETERS.items()},
        "dictionaries": {name: {"values": values} for name, values in known.items()},
        "generation": {"database": "none",
                       "dictionaries": {"string": {"dictionary": "texts", "probability": 0.05}}},
        "checks": checks(),
        "operations": [
            {"include-path": path, "parameters": {f"path.{name}": from_(kind)}}
            for path, (name, kind) in PLACES.items()
        ] + [
            {"include-path": FORGIVING, "checks": {
                "negative_data_rejection": {"expected-statuses": REFUSED + [200]}}},
            # What a provider sends is no business of the document: any of it may be malformed.
            {"include-operation-id": "takeReports", "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", "4xx"]}}},
        ] + ([] if role == "admin" else without_coverage(document, role)),
    } | ({"auth": {"openapi": {"key": {"bearer": key}}}} if key else {})


def checks():
    """What every answer has to stand."""
    return {
        "max_response_time": SECONDS_MAXIMUM,
        "negative_data_rejection": {"expected-statuses": REFUSED},
        # A document cannot say which scopes and people there are, so what is right by it may be
        # refused for what it says, but is never malformed.
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "3xx", 401, 403, 404, 409, 410, 413, 415, 422, 429]},
    }
