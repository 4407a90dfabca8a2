"""Mailgun: unsubscribes, complaints and bounces of one domain."""

from urllib.parse import urlencode

from .server import Answer, Provider, Violation, address, basic, members, route, window

KEY, DOMAIN = "key-example", "mg.mail.example"


class Mailgun(Provider):
    """One domain."""

    base = ""

    def __init__(self):
        super().__init__()
        self.tables = {"unsubscribes": {}, "complaints": {}, "bounces": {}}

    def error(self, status, message):
        return {"message": message}

    def authenticate(self, request):
        if basic(request) != ("api", KEY):
            raise Answer(401, "Forbidden")

    def table(self, domain, name):
        """A table of a domain that exists."""
        if domain != DOMAIN:
            raise Answer(404, self.error(404, "Domain not found"))
        return self.tables[name]

    @route("POST", r"/v3/([^/]+)/unsubscribes")
    def add(self, request, domain):
        table = self.table(domain, "unsubscribes")
        if request.headers.get("content-type", "").startswith("application/json"):
            for item in request.json():
                members(item, ["address"], ["tags", "created_at"])
                table.setdefault(address(item["address"]), set()).update(item.get("tags", ["*"]))
            return 200, {"message": f"{len(table)} addresses have been added"}
        fields = members(request.form(), ["address"], ["tag", "created_at"])
        if not fields.get("tag", "*"):
            raise Violation("an empty tag")
        table.setdefault(address(fields["address"]), set()).add(fields.get("tag", "*"))
        return 200, {
            "address": fields["address"],
            "message": "Address has been added to the unsubscribes table",
        }

    @route("GET", r"/v3/([^/]+)/unsubscribes")
    def list(self, request, domain):
        self.no_query(request, ["limit", "page", "address", "term"])
        fields, (_, count) = dict(request.query), window(request, "limit", "skip", 1000)
        rows = sorted(self.table(domain, "unsubscribes").items())
        pivot = fields.get("address", "")
        if (fields.get("page") == "next") != bool(pivot):
            raise Violation("the next page is asked for with page and address")
        shown = [row for row in rows if row[0] > pivot][:min(count, self.page_maximum)]
        last = shown[-1][0] if shown else pivot
        # Links are absolute, and so name the provider's own host whatever stands before it.
        base = f"https://api.mailgun.net/v3/{domain}/unsubscribes"
        return 200, {
            "items": [
                {"address": a, "tags": sorted(t), "created_at": "Sat, 31 Jan 2026 09:30:00 UTC"}
                for a, t in shown
            ],
            "paging": {
                "first": f"{base}?limit={count}",
                "next": base + "?" + urlencode({"page": "next", "address": last, "limit": count}),
                "previous": f"{base}?page=previous&limit={count}",
                "last": f"{base}?page=last&limit={count}",
            },
        }

    @route("GET", r"/v3/([^/]+)/unsubscribes/([^/]+)")
    def get(self, request, domain, email):
        tags = self.table(domain, "unsubscribes").get(email)
        if tags is None:
            raise Answer(404, self.error(404, "Address not found in unsubscribers table"))
        return 200, {
            "address": email, "tags": sorted(tags), "created_at": "Sat, 31 Jan 2026 09:30:00 UTC",
        }

    @route("DELETE", r"/v3/([^/]+)/(unsubscribes|complaints|bounces)/([^/]+)")
    def delete(self, request, domain, name, email):
        if self.table(domain, name).pop(email, None) is None:
            raise Answer(404, self.error(404, f"Address not found in {name} table"))
        return 200, {"address": email, "message": f"Address has been removed from {name}"}
