"""Brevo: contacts, their flag and their lists."""

from .server import Answer, Provider, Violation, address, members, route, window

KEY = "xkeysib-example"


class Brevo(Provider):
    """Two lists."""

    base = "/v3"

    def __init__(self):
        super().__init__()
        self.contacts, self.lists = {}, {7, 8}

    def error(self, status, message, code="invalid_parameter"):
        return {"code": code, "message": message}

    def authenticate(self, request):
        if request.headers.get("api-key") != KEY:
            raise Answer(401, self.error(401, "Key not found", "unauthorized"))

    def find(self, request, email):
        """A contact, looked up by its address only."""
        self.no_query(request, ["identifierType"])
        if dict(request.query).get("identifierType", "email_id") != "email_id":
            raise Violation("another identifier")
        if address(email) not in self.contacts:
            raise Answer(404, self.error(404, "Contact does not exist", "document_not_found"))
        return self.contacts[email]

    def apply(self, contact, body):
        """Changes a contact."""
        for name in ("emailBlacklisted", "smsBlacklisted"):
            if not isinstance(body.get(name, False), bool):
                raise Violation(f"{name} is not a flag")
        unknown = set(body.get("listIds", []) + body.get("unlinkListIds", [])) - self.lists
        if unknown:
            raise Answer(400, self.error(400, "List does not exist"))
        contact["blocked"] = body.get("emailBlacklisted", contact["blocked"])
        contact["lists"] |= set(body.get("listIds", []))
        contact["lists"] -= set(body.get("unlinkListIds", []))

    @route("GET", r"/v3/account")
    def account(self, request):
        return 200, {
            "email": "team@mail.example", "firstName": "A", "lastName": "B", "companyName": "C",
            "address": {"street": "", "city": "", "zipCode": "", "country": ""}, "plan": [],
        }

    @route("GET", r"/v3/contacts/lists/([0-9]+)")
    def get_list(self, request, number):
        if int(number) not in self.lists:
            raise Answer(404, self.error(404, "List ID does not exist", "document_not_found"))
        members = [c for c in self.contacts.values() if int(number) in c["lists"]]
        return 200, {
            "id": int(number), "name": f"List {number}", "folderId": 1,
            "totalSubscribers": len(members), "totalBlacklisted": 0,
            "uniqueSubscribers": len(members), "createdAt": "2026-01-31T09:30:00.000+00:00",
        }

    @route("GET", r"/v3/contacts")
    def list(self, request):
        self.no_query(request, ["limit", "offset", "sort", "modifiedSince", "createdSince"])
        start, count = window(request, "limit", "offset", 1000)
        if dict(request.query).get("sort", "desc") not in ("asc", "desc"):
            raise Violation("unknown order")
        shown = list(self.contacts.items())[start:start + min(count, self.page_maximum)]
        return 200, {"count": len(self.contacts), "contacts": [
            {
                "id": 1, "email": email, "emailBlacklisted": contact["blocked"],
                "smsBlacklisted": False, "listIds": sorted(contact["lists"]),
                "listUnsubscribed": sorted(contact.get("left", ())) or None,
                "createdAt": "2026-01-31T09:30:00.000+00:00",
                "modifiedAt": "2026-01-31T09:30:00.000+00:00", "attributes": {},
            }
            for email, contact in shown
        ]}

    @route("POST", r"/v3/contacts")
    def create(self, request):
        body = members(
            request.json(), ["email"],
            ["emailBlacklisted", "smsBlacklisted", "listIds", "updateEnabled", "attributes"],
        )
        email = address(body["email"])
        if email in self.contacts and not body.get("updateEnabled"):
            raise Answer(400, self.error(400, "Contact already exist", "duplicate_parameter"))
        contact = self.contacts.setdefault(email, {"blocked": False, "lists": set()})
        self.apply(contact, body)
        return 201, {"id": len(self.contacts)}

    @route("PUT", r"/v3/contacts/([^/]+)")
    def update(self, request, email):
        body = members(
            request.json(), [],
            ["emailBlacklisted", "smsBlacklisted", "listIds", "unlinkListIds",
             "smtpBlacklistSender", "attributes"],
        )
        self.apply(self.find(request, email), body)
        return 204, None

    @route("GET", r"/v3/contacts/([^/]+)")
    def get(self, request, email):
        contact = self.find(request, email)
        return 200, {
            "email": email, "id": 1, "emailBlacklisted": contact["blocked"],
            "smsBlacklisted": False, "whatsappBlacklisted": False,
            "createdAt": "2026-01-31T09:30:00.000+00:00",
            "modifiedAt": "2026-01-31T09:30:00.000+00:00", "attributes": {},
            "listIds": sorted(contact["lists"]), "listUnsubscribed": [], "statistics": {},
        }

    @route("DELETE", r"/v3/contacts/([^/]+)")
    def delete(self, request, email):
        self.find(request, email)
        del self.contacts[email]
        return 204, None
