"""Resend: contacts, topics, suppressions."""

from .server import Answer, Provider, Violation, address, members, route, window

KEY = "re_example"
TOPIC = "b6d24b8e-af0b-4c3c-be0c-359bbd97381e"


class Resend(Provider):
    """One team with one topic."""

    base = ""
    error_status = 422

    def __init__(self):
        super().__init__()
        self.contacts, self.suppressed = {}, set()

    def error(self, status, message, name="validation_error"):
        return {"statusCode": status, "name": name, "message": message}

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {KEY}":
            raise Answer(401, self.error(401, "API key is invalid", "invalid_api_key"))
        if not request.headers.get("user-agent"):
            raise Answer(403, self.error(403, "no user agent", "invalid_access"))

    def missing(self):
        """The answer for what is not there."""
        return Answer(404, self.error(404, "Not found", "not_found"))

    def contact(self, email):
        """A contact that exists."""
        if address(email) not in self.contacts:
            raise self.missing()
        return self.contacts[email]

    def topics(self, contact, items):
        """Sets subscriptions to topics that exist."""
        if not isinstance(items, list) or not items:
            raise Violation("topics are a list")
        for item in items:
            members(item, ["id", "subscription"])
            if item["id"] != TOPIC or item["subscription"] not in ("opt_in", "opt_out"):
                raise Violation("unknown topic or subscription")
            contact["topics"][item["id"]] = item["subscription"]

    @route("GET", r"/contacts")
    def list(self, request):
        self.no_query(request, ["limit", "after", "before", "segment_id"])
        items = [
            {"id": f"c-{email}", "email": email, "unsubscribed": contact["unsubscribed"],
             "created_at": "2026-01-31T09:30:00.000Z"}
            for email, contact in self.contacts.items()
        ]
        return 200, self.page(request, items)

    def page(self, request, items):
        """What comes after an id, 100 at most."""
        _, count = window(request, "limit", "skip", 100)
        after, ids = dict(request.query).get("after"), [item["id"] for item in items]
        if after is not None and after not in ids:
            raise Answer(422, self.error(422, "unknown after"))
        start = 0 if after is None else ids.index(after) + 1
        end = start + min(count, self.page_maximum)
        return {"object": "list", "has_more": end < len(items), "data": items[start:end]}

    @route("GET", r"/suppressions")
    def list_suppressed(self, request):
        self.no_query(request, ["origin", "limit", "after", "before"])
        return 200, self.page(request, [
            {"object": "suppression", "id": f"s-{email}", "email": email, "origin": "manual",
             "created_at": "2026-01-31T09:30:00.000Z"}
            for email in sorted(self.suppressed)
        ])

    @route("POST", r"/contacts")
    def create(self, request):
        body = members(
            request.json(), ["email"],
            ["unsubscribed", "topics", "first_name", "last_name", "properties", "segments"],
        )
        contact = {"unsubscribed": body.get("unsubscribed", False), "topics": {}}
        if "topics" in body:
            self.topics(contact, body["topics"])
        self.contacts[address(body["email"])] = contact
        return 201, {"object": "contact", "id": "479e3145-dd38-476b-932c-529ceb705947"}

    @route("GET", r"/contacts/([^/]+)")
    def get(self, request, email):
        contact = self.contact(email)
        return 200, {
            "object": "contact", "id": "479e3145-dd38-476b-932c-529ceb705947", "email": email,
            "created_at": "2026-01-31T09:30:00.000Z", "unsubscribed": contact["unsubscribed"],
        }

    @route("PATCH", r"/contacts/([^/]+)")
    def update(self, request, email):
        body = members(
            request.json(), [],
            ["email", "id", "unsubscribed", "first_name", "last_name", "properties"],
        )
        if not isinstance(body.get("unsubscribed", False), bool):
            raise Violation("unsubscribed is not a flag")
        contact = self.contact(email)
        contact["unsubscribed"] = body.get("unsubscribed", contact["unsubscribed"])
        return 200, {"object": "contact", "id": "479e3145-dd38-476b-932c-529ceb705947"}

    @route("DELETE", r"/contacts/([^/]+)")
    def delete(self, request, email):
        self.contact(email)
        del self.contacts[email]
        return 200, {"object": "contact", "contact": email, "deleted": True}

    @route("GET", r"/topics/([^/]+)")
    def get_topic(self, request, identifier):
        if identifier != TOPIC:
            raise self.missing()
        return 200, {
            "object": "topic", "id": TOPIC, "name": "News", "description": "",
            "default_subscription": "opt_in", "created_at": "2026-01-31 09:30:00.000000+00",
        }

    @route("GET", r"/contacts/([^/]+)/topics")
    def get_topics(self, request, email):
        self.no_query(request, ["limit", "after", "before"])
        contact = self.contact(email)
        return 200, {"object": "list", "has_more": False, "data": [
            {"id": TOPIC, "name": "News", "description": "",
             "subscription": contact["topics"].get(TOPIC, "opt_in")},
        ]}

    @route("PATCH", r"/contacts/([^/]+)/topics")
    def update_topics(self, request, email):
        self.topics(self.contact(email), request.json())
        return 200, {"id": "479e3145-dd38-476b-932c-529ceb705947"}

    @route("POST", r"/suppressions")
    def suppress(self, request):
        self.suppressed.add(address(members(request.json(), ["email"])["email"]))
        return 201, {"object": "suppression", "id": "e169aa45-1ecf-4183-9955-b1499d5701d3"}

    @route("GET", r"/suppressions/([^/]+)")
    def get_suppressed(self, request, email):
        if email not in self.suppressed:
            raise self.missing()
        return 200, {
            "object": "suppression", "id": "e169aa45-1ecf-4183-9955-b1499d5701d3",
            "email": email, "origin": "manual", "created_at": "2026-01-31T09:30:00.000Z",
        }

    @route("DELETE", r"/suppressions/([^/]+)")
    def delete_suppressed(self, request, email):
        if email not in self.suppressed:
            raise self.missing()
        self.suppressed.discard(email)
        return 200, {
            "object": "suppression", "id": "e169aa45-1ecf-4183-9955-b1499d5701d3",
            "deleted": True,
        }
