"""Requests that no provider documents: each fake must refuse them, or it proves nothing."""

import base64
import http.client
import json
from urllib.parse import urlsplit

from fake import brevo, mailchimp, mailgun, postmark, resend, sendgrid, sparkpost

WHO = "ana%40mail.example"
JSON = {"content-type": "application/json", "accept": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def basic(user, password):
    """The header of Basic authentication."""
    text = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {text}"}


#: For each kind: the header with the key, and requests that are wrong in one way each.
BAD = {
    "ses": ({"authorization": "AWS4-HMAC-SHA256 nonsense"}, []),
    "sendgrid": ({"authorization": f"Bearer {sendgrid.KEY}"}, [
        ("POST", "/v3/asm/suppressions/global", {"emails": ["ana@mail.example"]}),
        ("POST", "/v3/asm/suppressions/global", {"recipient_emails": [WHO]}),
        ("POST", "/v3/asm/suppressions/global", {"recipient_emails": "ana@mail.example"}),
        ("POST", "/v3/asm/groups/news/suppressions", {"recipient_emails": ["a@mail.example"]}),
        ("PUT", "/v3/asm/suppressions/global", {"recipient_emails": ["a@mail.example"]}),
        ("GET", "/v3/suppression/unsubscribes?limit=501", None),
        ("GET", "/v3/suppression/unsubscribes?page=2", None),
        ("GET", "/v3/asm/groups/101/suppressions?limit=10", None),
    ]),
    "mailgun": (basic("api", mailgun.KEY), [
        ("POST", f"/v3/{mailgun.DOMAIN}/unsubscribes", b"address=ana%40mail.example&tags=x"),
        ("POST", f"/v3/{mailgun.DOMAIN}/unsubscribes", b"address=ana%2540mail.example"),
        ("POST", "/v3/other.mail.example/unsubscribes", b"address=ana%40mail.example"),
        ("POST", f"/v3/{mailgun.DOMAIN}/unsubscribes", b"tag=x"),
        ("GET", f"/v3/{mailgun.DOMAIN}/unsubscribes?limit=1001", None),
        ("GET", f"/v3/{mailgun.DOMAIN}/unsubscribes?address=a%40mail.example", None),
    ]),
    "postmark": ({"x-postmark-server-token": postmark.TOKEN}, [
        ("POST", "/message-streams/news/suppressions", {"Suppressions": []}),
        ("POST", "/message-streams/news/suppressions", [{"EmailAddress": "a@mail.example"}]),
        ("POST", "/message-streams/none/suppressions",
         {"Suppressions": [{"EmailAddress": "a@mail.example"}]}),
        ("GET", "/message-streams/news/suppressions/dump?emailaddress=a%40mail.example", None),
        ("GET", "/message-streams/news/suppressions/dump?fromdate=2026-1-1", None),
        ("GET", "/message-streams/news/suppressions/dump?count=500", None),
    ]),
    "sparkpost": ({"authorization": sparkpost.KEY}, [
        ("PUT", "/api/v1/suppression-list/", {"recipients": []}),
        ("PUT", "/api/v1/suppression-list/",
         {"recipients": [{"recipient": "a@mail.example", "type": "marketing"}]}),
        ("PUT", "/api/v1/suppression-list/",
         {"recipients": [{"email": "a@mail.example", "type": "transactional"}]}),
        ("GET", "/api/v1/suppression-list?cursor=initial&per_page=10001", None),
        ("GET", "/api/v1/suppression-list?cursor=made-up", None),
        ("GET", "/api/v1/suppression-list?types=marketing", None),
    ]),
    "mailchimp": (basic("x", mailchimp.KEY), [
        ("PATCH", "/3.0/lists/a1b2c3d4e5/members/ana%40mail.example", {"status": "x"}),
        ("PATCH", "/3.0/lists/a1b2c3d4e5/members/" + "A" * 32, {"status": "unsubscribed"}),
        ("PUT", "/3.0/lists/a1b2c3d4e5/members/" + "0" * 32,
         {"email_address": "ana@mail.example", "status_if_new": "unsubscribed"}),
        ("PATCH", "/3.0/lists/none/members/" + "0" * 32, {"status": "unsubscribed"}),
        ("GET", "/3.0/lists/a1b2c3d4e5/members?count=1001", None),
        ("GET", "/3.0/lists/a1b2c3d4e5/members?status=gone", None),
        ("GET", "/3.0/lists/a1b2c3d4e5/members?page=2", None),
    ]),
    "brevo": ({"api-key": brevo.KEY}, [
        ("PUT", f"/v3/contacts/{WHO}?identifierType=email_id", {"emailBlacklisted": True}),
        ("POST", "/v3/contacts", {"email": "ana@mail.example", "emailBlacklisted": "yes"}),
        ("POST", "/v3/contacts", {"email": "ana@mail.example", "blacklisted": True}),
        ("POST", "/v3/contacts", {"email": "ana@mail.example", "listIds": [99]}),
        ("GET", "/v3/contacts?limit=1001", None),
        ("GET", "/v3/contacts?emailBlacklisted=true", None),
    ]),
    "resend": ({"authorization": f"Bearer {resend.KEY}", "user-agent": "x"}, [
        ("PATCH", f"/contacts/{WHO}", {"unsubscribed": True}),
        ("POST", "/contacts", {"email": "ana@mail.example", "subscribed": False}),
        ("POST", "/contacts", {"email": "ana@mail.example", "topics": {"id": "x"}}),
        ("POST", "/suppressions", {"emails": ["ana@mail.example"]}),
        ("GET", "/contacts?limit=101", None),
        ("GET", "/contacts?after=made-up", None),
        ("GET", "/suppressions?offset=2", None),
    ]),
}


def ask(url, method, target, headers, body):
    """Sends one request and gives the status."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request(method, target, body=body, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def prove(kind, fake, url):
    """Sends each bad request, and one good one without the key; gives their number."""
    key, requests = BAD[kind]
    for method, target, body in requests:
        is_form = isinstance(body, bytes)
        payload = body if is_form or body is None else json.dumps(body).encode()
        status = ask(url, method, target, {**(FORM if is_form else JSON), **key}, payload)
        if status < 400:
            raise AssertionError(f"{kind} accepts {method} {target} {body}: {status}")
    # The end of the key is another, and still base64 where it has to be.
    for wrong in ({}, {name: value[:-8] + "QUFBQUFB" for name, value in key.items()}):
        status = ask(url, "GET", "/", {**JSON, **wrong}, None)
        if status not in (401, 403):
            raise AssertionError(f"{kind} answers {status} without the key")
    return len(requests) + 2
