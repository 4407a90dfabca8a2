"""Amazon SES v2: signatures checked, contact list, suppression list, account."""

import hashlib
import hmac
from urllib.parse import quote

from .server import Answer, Provider, Violation, address, members, route

KEY_ID, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1"


class SES(Provider):
    """One account in one region, with one contact list of two topics."""

    base = ""

    def __init__(self):
        super().__init__()
        self.reasons = ["BOUNCE", "COMPLAINT"]
        self.topics = {"Newsletter", "Offers"}
        self.contacts, self.suppressed, self.tokens = {}, {}, {}

    def error(self, status, message):
        return {"message": message}

    def authenticate(self, request):
        header = request.headers.get("authorization", "")
        prefix = "AWS4-HMAC-SHA256 Credential="
        if not header.startswith(prefix):
            raise Answer(403, self.error(403, "no signature"))
        parts = dict(
            part.strip().split("=", 1) for part in header[len("AWS4-HMAC-SHA256 "):].split(",")
        )
        stamp = request.headers["x-amz-date"]
        scope = f"{stamp[:8]}/{REGION}/ses/aws4_request"
        names = parts["SignedHeaders"].split(";")
        if parts["Credential"] != f"{KEY_ID}/{scope}" or "host" not in names:
            raise Answer(403, self.error(403, "wrong scope"))
        fields = "".join(f"{n}:{' '.join(request.headers[n].split())}\n" for n in names)
        query = "&".join(
            f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in sorted(request.query)
        )
        canonical = "\n".join([
            request.method, quote(request.path, safe="/-_.~"), query, fields, ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ])
        text = "\n".join([
            "AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest(),
        ])
        key = f"AWS4{SECRET}".encode()
        for part in [stamp[:8], REGION, "ses", "aws4_request", text]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(key.hex(), parts["Signature"]):
            raise Answer(403, self.error(403, "the signature does not match"))

    def missing(self):
        """The answer for what is not there."""
        return Answer(404, {"message": "not found"}, [("x-amzn-errortype", "NotFoundException")])

    def preferences(self, body):
        """Checks and stores preferences: an update replaces all of them."""
        kept = {}
        for item in body.get("TopicPreferences", []):
            members(item, ["TopicName", "SubscriptionStatus"])
            if item["TopicName"] not in self.topics:
                raise Violation("unknown topic")
            if item["SubscriptionStatus"] not in ("OPT_IN", "OPT_OUT"):
                raise Violation("unknown status")
            kept[item["TopicName"]] = item["SubscriptionStatus"]
        if not isinstance(body.get("UnsubscribeAll", False), bool):
            raise Violation("UnsubscribeAll is not a flag")
        return {
            "topics": kept, "all": body.get("UnsubscribeAll", False),
            "data": body.get("AttributesData"),
        }

    @route("GET", r"/v2/email/contact-lists/main/contacts/([^/]+)")
    def get_contact(self, request, email):
        contact = self.contacts.get(email)
        if contact is None:
            raise self.missing()
        body = {
            "ContactListName": "main", "EmailAddress": email, "UnsubscribeAll": contact["all"],
            "TopicPreferences": [
                {"TopicName": n, "SubscriptionStatus": s} for n, s in contact["topics"].items()
            ],
            "CreatedTimestamp": 1769851800.0, "LastUpdatedTimestamp": 1769851800.0,
        }
        if contact["data"]:
            body["AttributesData"] = contact["data"]
        return 200, body

    def page(self, items, start, size):
        """One page, and a token for the next that says nothing to whoever reads it."""
        start = 0 if start is None else self.tokens.get(start)
        if start is None:
            raise Answer(
                400, {"message": "bad token"}, [("x-amzn-errortype", "InvalidNextTokenException")]
            )
        if not isinstance(size, int) or not 1 <= size <= 1000:
            raise Violation("PageSize is within 1 and 1000")
        end = start + min(size, self.page_maximum)
        if end >= len(items):
            return items[start:], {}
        token = hashlib.sha256(f"{id(items)}{end}".encode()).hexdigest() + "+/="
        self.tokens[token] = end
        return items[start:end], {"NextToken": token}

    @route("POST", r"/v2/email/contact-lists/main/contacts/list")
    def list_contacts(self, request):
        body = members(request.json(), [], ["Filter", "PageSize", "NextToken"])
        shown = [
            {
                "EmailAddress": email, "UnsubscribeAll": contact["all"],
                "TopicPreferences": [
                    {"TopicName": n, "SubscriptionStatus": s}
                    for n, s in contact["topics"].items()
                ],
                "TopicDefaultPreferences": [
                    {"TopicName": n, "SubscriptionStatus": "OPT_OUT"} for n in sorted(self.topics)
                ],
                "LastUpdatedTimestamp": 1769851800.0,
            }
            for email, contact in self.contacts.items()
        ]
        items, more = self.page(shown, body.get("NextToken"), body.get("PageSize", 1000))
        return 200, {"Contacts": items, **more}

    @route("GET", r"/v2/email/suppression/addresses")
    def list_suppressed(self, request):
        self.no_query(request, ["Reason", "StartDate", "EndDate", "NextToken", "PageSize"])
        fields = dict(request.query)
        shown = [
            {"EmailAddress": email, "Reason": reason, "LastUpdateTime": 1769851800.0}
            for email, reason in self.suppressed.items()
        ]
        size = fields.get("PageSize", "1000")
        if not size.isdigit():
            raise Violation("PageSize is not a number")
        items, more = self.page(shown, fields.get("NextToken"), int(size))
        return 200, {"SuppressedDestinationSummaries": items, **more}

    @route("POST", r"/v2/email/contact-lists/main/contacts")
    def create_contact(self, request):
        body = members(
            request.json(), ["EmailAddress"],
            ["TopicPreferences", "UnsubscribeAll", "AttributesData"],
        )
        email = address(body["EmailAddress"])
        if email in self.contacts:
            raise Answer(
                400, {"message": "exists"}, [("x-amzn-errortype", "AlreadyExistsException")]
            )
        self.contacts[email] = self.preferences(body)
        return 200, {}

    @route("PUT", r"/v2/email/contact-lists/main/contacts/([^/]+)")
    def update_contact(self, request, email):
        body = members(
            request.json(), [], ["TopicPreferences", "UnsubscribeAll", "AttributesData"]
        )
        if email not in self.contacts:
            raise self.missing()
        self.contacts[email] = self.preferences(body)
        return 200, {}

    @route("DELETE", r"/v2/email/contact-lists/main/contacts/([^/]+)")
    def delete_contact(self, request, email):
        if self.contacts.pop(email, None) is None:
            raise self.missing()
        return 200, {}

    @route("PUT", r"/v2/email/suppression/addresses")
    def put_suppressed(self, request):
        body = members(request.json(), ["EmailAddress", "Reason"])
        if body["Reason"] not in ("BOUNCE", "COMPLAINT"):
            raise Violation("unknown reason")
        self.suppressed[address(body["EmailAddress"])] = body["Reason"]
        return 200, {}

    @route("GET", r"/v2/email/suppression/addresses/([^/]+)")
    def get_suppressed(self, request, email):
        if email not in self.suppressed:
            raise self.missing()
        return 200, {"SuppressedDestination": {
            "EmailAddress": email, "Reason": self.suppressed[email],
            "LastUpdateTime": 1769851800.0,
        }}

    @route("DELETE", r"/v2/email/suppression/addresses/([^/]+)")
    def delete_suppressed(self, request, email):
        if self.suppressed.pop(email, None) is None:
            raise self.missing()
        return 200, {}

    @route("GET", r"/v2/email/contact-lists/([^/]+)")
    def get_list(self, request, name):
        if name != "main":
            raise self.missing()
        return 200, {
            "ContactListName": "main", "CreatedTimestamp": 1769851800, "Tags": [],
            "Topics": [
                {"TopicName": name, "DisplayName": name, "DefaultSubscriptionStatus": "OPT_IN"}
                for name in sorted(self.topics)
            ],
        }

    @route("GET", r"/v2/email/account")
    def get_account(self, request):
        return 200, {
            "SendingEnabled": True, "ProductionAccessEnabled": True,
            "SuppressionAttributes": {"SuppressedReasons": self.reasons},
        }
