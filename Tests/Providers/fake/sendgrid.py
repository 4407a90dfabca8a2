"""SendGrid: global suppressions, unsubscribe groups, erasure."""

from .server import Answer, Provider, Violation, address, members, route, window

KEY = "SG.example-key"


class SendGrid(Provider):
    """One account with two unsubscribe groups."""

    base = ""

    def __init__(self):
        super().__init__()
        self.everywhere, self.erased = set(), []
        self.groups = {101: set(), 102: set()}

    def error(self, status, message):
        return {"errors": [{"field": None, "message": message}]}

    def authenticate(self, request):
        if request.headers.get("authorization") != f"Bearer {KEY}":
            raise Answer(401, self.error(401, "authorization required"))

    def recipients(self, request):
        """The addresses of a body, checked."""
        body = members(request.json(), ["recipient_emails"])
        if not isinstance(body["recipient_emails"], list) or not body["recipient_emails"]:
            raise Violation("recipient_emails is not a list")
        return [address(item) for item in body["recipient_emails"]]

    def group(self, text):
        """A group that exists."""
        if not text.isdigit():
            raise Violation("a group has a number")
        if int(text) not in self.groups:
            raise Answer(404, self.error(404, "group id not found"))
        return self.groups[int(text)]

    @route("POST", r"/v3/asm/suppressions/global")
    def add_global(self, request):
        added = self.recipients(request)
        self.everywhere.update(added)
        return 201, {"recipient_emails": added}

    @route("GET", r"/v3/asm/suppressions/global/([^/]+)")
    def get_global(self, request, email):
        return 200, {"recipient_email": email} if email in self.everywhere else {}

    @route("DELETE", r"/v3/asm/suppressions/global/([^/]+)")
    def delete_global(self, request, email):
        self.everywhere.discard(email)
        return 204, None

    @route("GET", r"/v3/suppression/unsubscribes")
    def list_global(self, request):
        self.no_query(request, ["start_time", "end_time", "limit", "offset", "email"])
        start, count = window(request, "limit", "offset", 500)
        shown = sorted(self.everywhere)[start:start + min(count, self.page_maximum)]
        return 200, [{"created": 1769851800, "email": email} for email in shown]

    @route("GET", r"/v3/asm/groups/([^/]+)/suppressions")
    def list_group(self, request, number):
        self.no_query(request)
        return 200, sorted(self.group(number))

    @route("GET", r"/v3/asm/groups")
    def list_groups(self, request):
        return 200, [
            {
                "id": number, "name": f"Group {number}", "description": "", "is_default": False,
                "unsubscribes": len(found),
            }
            for number, found in self.groups.items()
        ]

    @route("POST", r"/v3/asm/groups/([^/]+)/suppressions")
    def add_to_group(self, request, number):
        added = self.recipients(request)
        self.group(number).update(added)
        return 201, {"recipient_emails": added}

    @route("GET", r"/v3/asm/suppressions/([^/]+)")
    def get_groups_of(self, request, email):
        return 200, {"suppressions": [
            {
                "id": number, "name": f"Group {number}", "description": "", "is_default": False,
                "suppressed": email in found,
            }
            for number, found in self.groups.items()
        ]}

    @route("POST", r"/v3/recipients/erasejob")
    def erase(self, request):
        body = members(request.json(), ["email_addresses"])
        self.erased += [address(item) for item in body["email_addresses"]]
        return 202, {"job_id": "example-job"}
