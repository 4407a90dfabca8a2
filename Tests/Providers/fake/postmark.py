"""Postmark: suppressions of each stream, carried out some requests after they were ordered."""

import re

from .server import Answer, Provider, Violation, address, members, route

TOKEN = "example-server-token"


class Postmark(Provider):
    """One server with two streams; an order takes effect after `delay` looks at the dump."""

    base = ""
    error_status = 422

    def __init__(self):
        super().__init__()
        self.streams = {"broadcast": {}, "news": {}}
        self.ordered, self.delay = [], 0

    def error(self, status, message):
        return {"ErrorCode": 1, "Message": message}

    def authenticate(self, request):
        if request.headers.get("x-postmark-server-token") != TOKEN:
            raise Answer(401, {"ErrorCode": 10, "Message": "no or wrong token"})
        if request.headers.get("accept") != "application/json":
            raise Answer(422, self.error(422, "accept is not application/json"))

    def stream(self, name):
        """A stream that exists."""
        if name not in self.streams:
            raise Answer(404, {"ErrorCode": 1226, "Message": "the stream does not exist"})
        return self.streams[name]

    def addresses(self, request):
        """The addresses of an order, 50 at most."""
        items = members(request.json(), ["Suppressions"])["Suppressions"]
        if not isinstance(items, list) or not 1 <= len(items) <= 50:
            raise Violation("1 to 50 suppressions")
        return [address(members(item, ["EmailAddress"])["EmailAddress"]) for item in items]

    @route("GET", r"/message-streams/([^/]+)")
    def get_stream(self, request, name):
        self.stream(name)
        return 200, {"ID": name, "MessageStreamType": "Broadcasts"}

    @route("POST", r"/message-streams/([^/]+)/suppressions")
    def create(self, request, name):
        stream, given = self.stream(name), self.addresses(request)
        for item in given:
            if item not in stream:
                self.ordered.append((self.delay, stream, item))
        return 200, {"Suppressions": [
            {"EmailAddress": item, "Status": "Suppressed", "Message": None} for item in given
        ]}

    @route("POST", r"/message-streams/([^/]+)/suppressions/delete")
    def delete(self, request, name):
        stream, results = self.stream(name), []
        for item in self.addresses(request):
            refused = stream.get(item) == "SpamComplaint"
            if not refused:
                stream.pop(item, None)
            results.append({
                "EmailAddress": item, "Status": "Failed" if refused else "Deleted",
                "Message": "not allowed" if refused else None,
            })
        return 200, {"Suppressions": results}

    @route("GET", r"/message-streams/([^/]+)/suppressions/dump")
    def dump(self, request, name):
        allowed = ["SuppressionReason", "Origin", "todate", "fromdate", "EmailAddress"]
        self.no_query(request, allowed)
        stream, fields = self.stream(name), dict(request.query)
        wanted = fields.get("EmailAddress")
        if wanted is not None:
            address(wanted)
        for field in ("fromdate", "todate"):
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fields.get(field, "2026-01-31")):
                raise Violation(f"{field} is not a date")
        waiting, self.ordered = self.ordered, []
        for delay, target, item in waiting:
            if delay > 0:
                self.ordered.append((delay - 1, target, item))
            else:
                target[item] = "ManualSuppression"
        return 200, {"Suppressions": [
            {
                "EmailAddress": item, "SuppressionReason": reason, "Origin": "Customer",
                "CreatedAt": "2026-01-31T09:30:00Z",
            }
            for item, reason in stream.items()
            if wanted in (None, item)
            and fields.get("fromdate", "0") <= "2026-01-31" <= fields.get("todate", "9")
        ]}
