"""Mailchimp Marketing: members of audiences."""

import hashlib

from .server import Answer, Provider, Violation, address, basic, members, route, window

KEY = "0123456789abcdef0123456789abcdef-us6"
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")


class Mailchimp(Provider):
    """Two audiences; a member is found by the MD5 of the address in lower case."""

    base = "/3.0"

    def __init__(self):
        super().__init__()
        self.lists = {"a1b2c3d4e5": {}, "f6a7b8c9d0": {}}
        self.forgotten, self.stuck = set(), set()

    def error(self, status, message, title="Invalid Resource"):
        return {
            "type": "about:blank", "title": title, "status": status, "detail": message,
            "instance": "example",
        }

    def authenticate(self, request):
        user, password = basic(request)
        if not user or password != KEY:
            raise Answer(401, self.error(401, "bad key", "API Key Invalid"))

    def list(self, name):
        """An audience that exists."""
        if name not in self.lists:
            raise Answer(404, self.error(404, "no such list", "Resource Not Found"))
        return self.lists[name]

    def member(self, name, key):
        """The hash that stands for a member; upper case and addresses are refused."""
        if len(key) != 32 or set(key) - set("0123456789abcdef"):
            raise Violation("not an MD5 in lower case")
        return self.list(name), key

    @route("GET", r"/3\.0/ping")
    def ping(self, request):
        return 200, {"health_status": "Everything's Chimpy!"}

    @route("GET", r"/3\.0/lists/([^/]+)")
    def get_list(self, request, name):
        self.no_query(request, ["fields", "exclude_fields"])
        self.list(name)
        return 200, {"id": name}

    @route("GET", r"/3\.0/lists/([^/]+)/members")
    def list_members(self, request, name):
        self.no_query(request, [
            "fields", "exclude_fields", "count", "offset", "status", "sort_field", "sort_dir",
        ])
        fields, (start, count) = dict(request.query), window(request, "count", "offset", 1000)
        if fields.get("status", "subscribed") not in STATUSES + ("archived",):
            raise Violation("unknown status")
        if fields.get("sort_field", "last_changed") not in (
            "timestamp_opt", "timestamp_signup", "last_changed"
        ) or fields.get("sort_dir", "ASC") not in ("ASC", "DESC"):
            raise Violation("unknown order")
        found = [
            member for member in self.list(name).values()
            if fields.get("status") in (None, member["status"])
        ]
        shown = found[start:start + min(count, self.page_maximum)]
        if "fields" in fields:
            names = {part.removeprefix("members.") for part in fields["fields"].split(",")}
            shown = [{n: v for n, v in member.items() if n in names} for member in shown]
        return 200, {"list_id": name, "members": shown, "total_items": len(found)}

    @route("GET", r"/3\.0/lists/([^/]+)/members/([^/]+)")
    def get(self, request, name, key):
        found, key = self.member(name, key)
        if key not in found:
            raise Answer(404, self.error(404, "not found", "Resource Not Found"))
        return 200, found[key]

    @route("PATCH", r"/3\.0/lists/([^/]+)/members/([^/]+)")
    def patch(self, request, name, key):
        body = members(request.json(), [], ["status", "email_address", "merge_fields"])
        found, key = self.member(name, key)
        if key not in found:
            raise Answer(404, self.error(404, "not found", "Resource Not Found"))
        return 200, self.change(found, key, body)

    @route("PUT", r"/3\.0/lists/([^/]+)/members/([^/]+)")
    def put(self, request, name, key):
        self.no_query(request, ["skip_merge_validation"])
        body = members(
            request.json(), ["email_address", "status_if_new"], ["status", "merge_fields"]
        )
        found, key = self.member(name, key)
        email = address(body["email_address"])
        if hashlib.md5(email.lower().encode()).hexdigest() != key:
            raise Violation("the hash is of another address")
        if key in self.forgotten:
            title = "Forgotten Email Not Subscribed"
            raise Answer(400, self.error(400, "was permanently deleted", title))
        if key not in found:
            found[key] = {
                "id": key, "email_address": email, "status": body["status_if_new"],
                "list_id": name,
            }
        return 200, self.change(found, key, body)

    @route("DELETE", r"/3\.0/lists/([^/]+)/members/([^/]+)")
    def archive(self, request, name, key):
        found, key = self.member(name, key)
        found[key]["status"] = "archived"
        return 204, None

    @route("POST", r"/3\.0/lists/([^/]+)/members/([^/]+)/actions/delete-permanent")
    def delete(self, request, name, key):
        found, key = self.member(name, key)
        if found.pop(key, None) is None:
            raise Answer(404, self.error(404, "not found", "Resource Not Found"))
        self.forgotten.add(key)
        return 204, None

    def change(self, found, key, body):
        """Sets a status if there is one in the body."""
        if key in self.stuck:
            raise Answer(400, self.error(400, "compliance", "Member In Compliance State"))
        status = body.get("status", found[key]["status"])
        if status not in STATUSES:
            raise Violation("unknown status")
        found[key]["status"] = status
        return found[key]
