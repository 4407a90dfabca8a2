"""SparkPost: the suppression list."""

from urllib.parse import urlencode

from .server import Answer, Provider, Violation, address, members, route, window

KEY = "example-sparkpost-key"
TYPES = ("transactional", "non_transactional")


class SparkPost(Provider):
    """One account; entries are kept by address, type and list."""

    base = "/api/v1"

    def __init__(self):
        super().__init__()
        self.entries, self.compliance, self.cursors = {}, set(), {}

    def error(self, status, message):
        return {"errors": [{"message": message}]}

    def authenticate(self, request):
        if request.headers.get("authorization") != KEY:
            raise Answer(401, self.error(401, "Unauthorized."))

    def put(self, email, entry):
        """Stores one entry."""
        if entry.get("type") not in TYPES:
            raise Violation("unknown type")
        if not 1 <= len(entry.get("list_id", "x")) <= 255:
            raise Violation("list_id is too long")
        self.entries[(address(email), entry["type"], entry.get("list_id"))] = entry

    @route("PUT", r"/api/v1/suppression-list/?")
    def put_many(self, request):
        body = members(request.json(), ["recipients"])
        if not isinstance(body["recipients"], list) or not 1 <= len(body["recipients"]) <= 10_000:
            raise Violation("1 to 10,000 recipients")
        for entry in body["recipients"]:
            members(entry, ["recipient", "type"], ["description", "list_id"])
            self.put(entry["recipient"], entry)
        return 200, {"results": {"message": "Suppression List successfully updated"}}

    @route("GET", r"/api/v1/suppression-list/?")
    def search(self, request):
        allowed = ["cursor", "per_page", "from", "to", "types", "sources", "limit", "page"]
        self.no_query(request, allowed)
        fields = dict(request.query)
        types = fields.get("types", ",".join(TYPES)).split(",")
        if set(types) - set(TYPES):
            raise Violation("unknown types")
        shown = [self.entry(key) for key in self.entries if key[1] in types]
        if "cursor" not in fields:
            return 200, {"results": shown, "links": [], "total_count": len(shown)}
        _, count = window(request, "per_page", "skip", 10_000)
        cursor = fields["cursor"]
        if cursor != "initial" and cursor not in self.cursors:
            raise Answer(400, self.error(400, "invalid cursor"))
        start = 0 if cursor == "initial" else self.cursors[cursor]
        end = start + min(count, self.page_maximum)
        links = [{"href": "/api/v1/suppression-list?cursor=initial", "rel": "first"}]
        if end < len(shown):
            token = f"W3siZW5kIjp7fX1d{end}=="
            self.cursors[token] = end
            query = urlencode({"cursor": token, "per_page": count})
            links.append({"href": f"/api/v1/suppression-list?{query}", "rel": "next"})
        return 200, {"results": shown[start:end], "links": links, "total_count": len(shown)}

    @route("GET", r"/api/v1/suppression-list/([^/]+)")
    def get(self, request, email):
        found = [self.entry(key) for key in self.entries if key[0] == email]
        if not found:
            raise Answer(404, self.error(404, "Recipient could not be found"))
        return 200, {"results": found}

    @route("DELETE", r"/api/v1/suppression-list/([^/]+)")
    def delete(self, request, email):
        if email in self.compliance:
            raise Answer(403, self.error(403, "compliance entries cannot be deleted"))
        found = [key for key in self.entries if key[0] == email]
        for key in found:
            del self.entries[key]
        if not found:
            raise Answer(404, self.error(404, "Recipient could not be found"))
        return 204, None

    def entry(self, key):
        """An entry as it is shown."""
        shown = {
            "recipient": key[0], "type": key[1], "source": "Manually Added",
            "created": "2026-01-31T09:30:00.000Z", "updated": "2026-01-31T09:30:00.000Z",
            key[1]: True,
        }
        if key[2]:
            shown["list_id"] = key[2]
        return shown
