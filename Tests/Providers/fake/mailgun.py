"""Mailgun: unsubscribes, complaints and bounces of one domain."""

from .server import Answer, Provider, Violation, address, basic, members, route

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
        table = self.table(domain, "unsubscribes")
        return 200, {
            "items": [{"address": a, "tags": sorted(t)} for a, t in table.items()], "paging": {},
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
