"""What schemathesis is told beyond the document: roles, proofs, packed lists, and what null is."""

import atexit
import collections
import gzip
import itertools
import json
import os

import jsonschema
import schemathesis
from schemathesis.core.parameters import ParameterLocation

from fuzz_settings import roles

ROLE = os.environ["FUZZ_ROLE"]
KEY = os.environ["FUZZ_KEY"]
# What a file is sent as.
LISTS = ("text/csv", "text/plain", "application/x-ndjson", "application/octet-stream",
         "application/zip")
_clients = itertools.count()
_counts = {"answers": collections.defaultdict(collections.Counter), "slowest": (0, "nothing")}


def as_bytes(value):
    """A list or an archive as it was made up; what is neither, as JSON."""
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text.encode(errors="replace")


schemathesis.serializer("application/x-ndjson", "application/zip")(
    lambda context, value: as_bytes(value))


def about(case):
    """What the document says about a case's operation."""
    return case.operation.definition.raw


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives each request a client of its own, most reports their proof, and packs lists."""
    number = next(_clients)
    case.headers["X-Forwarded-For"] = f"198.51.{number // 250 % 250}.{number % 250}"
    if about(case).get("operationId") == "takeReports" and number % 4:
        case.headers["Authorization"] = f"Bearer {os.environ['FUZZ_WEBHOOK_SECRET']}"
    # An answer about a list that is not packed as it says breaks off, as the document has it, and
    # is no HTTP any more: that is tested elsewhere.
    if case.headers.get("Content-Encoding") in ("gzip", "x-gzip"):
        kwargs["data"] = gzip.compress(as_bytes(case.body))
    if case.operation.path.endswith("/{path}"):
        kwargs["auth"] = with_slashes


def with_slashes(request):
    """A tile's place has slashes, which nothing in OpenAPI 3.1 can say."""
    request.url = request.url.replace("%2F", "/")
    return request


@schemathesis.hook
def after_call(context, case, response):
    """Counts answers, and keeps the slowest."""
    _counts["answers"][case.operation.label][response.status_code] += 1
    _counts["slowest"] = max(_counts["slowest"], (response.elapsed, case.operation.label))


@atexit.register
def keep_counts():
    """Writes them down."""
    with open(os.environ["FUZZ_COUNTS"], "w", encoding="utf-8") as file:
        json.dump(_counts, file)


def without_null(value):
    """The value as the server reads it: a member that is null is not there."""
    if isinstance(value, dict):
        return {name: without_null(inner) for name, inner in value.items() if inner is not None}
    return [without_null(inner) for inner in value] if isinstance(value, list) else value


def valid_without_null(case):
    """Whether the document takes a body once what is null is gone."""
    content = about(case).get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    body = without_null(case.body)
    if schema is None or body == case.body:
        return False
    components = case.operation.schema.raw_schema["components"]
    return jsonschema.Draft202012Validator(schema | {"components": components}).is_valid(body)


def only_a_list_is_wrong(case):
    """Whether nothing but a body is against the document that is text or bytes, whatever is in it.

    A list of another type than text has become text by the time it is sent.
    """
    if case.media_type not in LISTS:
        return False
    return all(part.mode.is_positive or place == ParameterLocation.BODY
               for place, part in case.meta.components.items())


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What is wrong by a schema, and right by the words beside it."""
    if type(failure).__name__ != "AcceptedNegativeData":
        return True
    if case.operation.label == "POST /v1/events" and response.status_code == 200:
        # "A bad event is listed in `errors` by its index, and the others are taken."
        return response.json()["invalid"] == 0
    # "A field that is `null` counts as missing."
    return not valid_without_null(case) and not only_a_list_is_wrong(case)


@schemathesis.check
def only_named_roles(ctx, response, case):
    """A key opens exactly the operations that name its role, and nothing else does."""
    if response.request.method != case.operation.method.upper():
        return
    keyed, named = about(case).get("security") != [], roles(about(case))
    assert keyed == bool(named), f"a key is needed: {keyed}, roles: {named}"
    sent = response.request.headers.get("Authorization")
    status = response.status_code
    if not keyed:
        return
    if sent != f"Bearer {KEY}" or ROLE in ("stranger", "nobody"):
        assert status == 401, f"{status} without a key"
    elif ROLE in named:
        assert status not in (401, 403), f"{status} for {ROLE}"
    else:
        assert status == 403, f"{status} for {ROLE}"


@schemathesis.check
def problems_are_whole(ctx, response, case):
    """A problem says its own status and the request's id, and its detail begins with the field."""
    kind = response.headers.get("content-type", [""])[0]
    if not kind.startswith("application/problem+json") or response.request.method == "HEAD":
        return
    problem = response.json()
    assert problem["status"] == response.status_code, problem
    assert [problem["requestId"]] == response.headers["x-request-id"], problem
    assert len(problem["detail"]) > 10, problem
    if response.status_code == 422:
        assert problem.get("field"), problem
    if "field" in problem:
        assert problem["detail"].startswith(problem["field"] + ": "), problem
