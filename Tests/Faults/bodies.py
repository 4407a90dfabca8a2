"""Bodies of every wrong kind at every route that takes one: refused, and nothing changed."""

import copy
import gzip
import json
import re
import sqlite3
import time

from place import FORM, JSON, Client, expect, open_place
from wire import NO_ANSWER, Line, head

WHO = "ada@mail.example"
# Each route that takes JSON, with a body it would take.
JSON_ROUTES = {
    "/v1/contacts": {"addresses": [{"channel": "email", "value": WHO}], "externalId": "c-1"},
    "/v1/consents": {"address": WHO, "scope": "newsletter", "decision": "granted",
                     "basis": "consent", "source": "form", "policyVersion": "2026-01",
                     "evidence": {"ip": "203.0.113.7"}},
    "/v1/double-opt-ins": {"address": WHO, "scope": "newsletter", "policyVersion": "2026-01",
                           "source": "form"},
    "/v1/opt-outs": {"address": WHO, "scope": "newsletter", "source": "api", "reason": "enough"},
    "/v1/erasures": {"address": WHO, "verifiedBy": "account-login"},
    "/v1/requests": {"address": WHO, "kind": "access"},
    "/v1/requests/{id}/verify": {"verifiedBy": "account-login"},
    "/v1/requests/{id}/extend": {"reason": "complex"},
    "/v1/requests/{id}/refuse": {"reason": "identity-not-shown"},
    "/v1/requests/{id}/complete": {"reason": "done"},
    "/v1/requests/{id}/retry": {"connector": "crm"},
    "/v1/requests/{id}/give-up": {"reason": "gone", "connector": "crm"},
    "/v1/requests/{id}/rectify": {"address": "eve@mail.example", "replaces": WHO},
    "/v1/sends/check": {"scope": "newsletter", "address": WHO},
    "/v1/events": {"events": [{"id": "d-1", "kind": "delivered", "address": WHO}]},
    "/v1/evidence": {"address": WHO, "reason": "file 17/26"},
    "/v1/webhooks/crm": {"type": "contact.unsubscribed", "address": WHO},
}
FORM_ROUTES = ("/u/{token}", "/u", "/c/{token}", "/p/{token}", "/d/{token}", "/v1/forms/footer")
LIST_ROUTES = ("/v1/imports?scope=newsletter&policyVersion=2026-01&format=csv",
               "/v1/sends/filter?scope=newsletter")
TABLES = ("contacts", "consent_records", "opt_outs", "suppressions", "requests", "events")
WRONG_VALUES = (None, True, -1, 10 ** 400, [], [[[]]], {}, {"a": {}}, "", "\0", "a\0@b.example",
                "x" * 300_000)
# Documents that are none, whatever the route.
RAW = {
    "nothing": b"", "a space": b" ", "half": b'{"address":', "null": b"null", "a number": b"7",
    "a text": b'"x"', "a list": b"[]", "two": b"{}{}", "an unknown member": b'{"nosuch":1}',
    "invalid UTF-8": b'{"address":"\xff\xfe\xc0\x80@mail.example","scope":"newsletter"}',
    "UTF-16": '{"nosuch":1}'.encode("utf-16"), "NUL": b"\0" * 1000,
    "half a surrogate": b'{"address":"\\ud800@mail.example","scope":"newsletter"}',
    "lists in lists": b"[" * 100_000, "closed lists": b"[" * 100_000 + b"]" * 100_000,
    "objects in objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a huge number": b'{"address":1e999999999}', "many digits": b'{"a":' + b"9" * 200_000 + b"}",
    "a member twice": b'{"address":"ada@mail.example","address":"eve@mail.example",'
                      b'"scope":"newsletter","source":"api","source":"api"}',
    "not a number": b'{"address":NaN}', "gzip": gzip.compress(b"{}" * 100),
}
FORMS = {
    "nothing": b"", "no pair": b"&&&===&", "broken percent": b"List-Unsubscribe=%ZZ%",
    "NUL": b"List-Unsubscribe=%00", "invalid UTF-8": b"do=\xff\xfe&on=\xc0\x80", "JSON": b"{}",
    "many": b"a=b&" * 900, "long": b"do=" + b"x" * 3000, "another value": b"do=nosuch",
}


def wrong_bodies(settings):
    """No 5xx, no silence, and the tables are as before."""
    with open_place(settings.binary) as place:
        server = place.serve()
        place.register()
        place.done("connector", "add", "webhook", "crm", "--url", "http://127.0.0.1:1/")
        place.done("form", "add", "footer", "--policy", "2026-01", "--scope", "newsletter",
                   "--wording", "Yes.")
        client = server.client()
        expect(client.grant(WHO).status == 201, "no consent")
        request = client.post("/v1/requests", {"address": WHO, "kind": "access"}).json["id"]
        names = {"{id}": request, "{token}": client.token(WHO)}
        drill = Wrong(place, server, names)
        before = counts(place)
        drill.documents()
        drill.members()
        drill.forms()
        drill.framing()
        drill.large()
        after = counts(place)
        expect(not drill.faults, f"{len(drill.faults)} faults: " + "; ".join(drill.faults[:12]))
        expect(before == after, f"something changed: {before} before, {after} after")
        drill.lists(client)
        expect(counts(place) == before, f"a list changed something: {before}, {counts(place)}")
        expect(not drill.faults, "; ".join(drill.faults[:12]))
        expect(client.check(WHO).json["allowed"], "somebody was stopped by a wrong body")
        expect(server.stop() == 0, "the server did not end well")
    return f"{drill.count} bodies, all answered with 4xx, slowest {drill.slowest:.2f} s"


def counts(place):
    """How many rows there are, as `heed` itself would count them in a copy of its file."""
    session = sqlite3.connect(place.path("heed-data", "heed.sqlite"))
    try:
        return {t: session.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in TABLES}
    finally:
        session.close()


class Wrong:
    """Sends what is wrong and notes each answer that is wrong, too."""

    def __init__(self, place, server, names):
        self.port, self.key, self.names = server.port, place.key(), names
        self.server, self.count, self.faults, self.slowest = server, 0, [], 0.0
        self.client = Client(self.port, self.key, 30)

    def path(self, route):
        """A route with what is there in the place of its names."""
        return re.sub(r"\{\w+\}", lambda found: self.names[found.group()], route)

    def note(self, what, status, fine):
        """Counts an answer."""
        self.count += 1
        if not fine(status):
            self.faults.append(f"{what}: {'silence' if status is None else status}")
        if not self.server.alive():
            expect(False, f"the server died of {what}: {self.server.errors()[-500:]}")

    def send(self, route, kind, body, what):
        """One whole body; it has to be refused."""
        started = time.monotonic()
        try:
            reply = self.client.post(self.path(route), body, {"Content-Type": kind} if kind else {})
            status = reply.status
        except TimeoutError:
            status = None
        except OSError:
            status = NO_ANSWER
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.note(f"{what} at {route}", status, lambda s: s is not None and 400 <= s < 500)

    def documents(self):
        """What is no JSON, or not this JSON, also under another content type."""
        for route in JSON_ROUTES:
            for what, body in RAW.items():
                if route.endswith(("complete", "retry")) and what in ("nothing", "a space"):
                    continue
                self.send(route, JSON, body, what)
            for kind in ("text/xml", FORM, None):
                self.send(route, kind, b'{"nosuch":1}', f"{kind} with a wrong body")

    def members(self):
        """Each member of a good body with a value of another kind."""
        for route, good in JSON_ROUTES.items():
            for name in good:
                for value in WRONG_VALUES:
                    body = copy.deepcopy(good)
                    body[name] = value
                    what = f"{name}={json.dumps(value)[:20]}"
                    if not fits(route, name, value):
                        self.send(route, JSON, json.dumps(body).encode(), what)

    def forms(self):
        """What is no form, or says nothing."""
        for route in FORM_ROUTES:
            for what, body in FORMS.items():
                try:
                    reply = self.client.post(self.path(route), body, {"Content-Type": FORM})
                    status = reply.status
                except OSError:
                    status = None
                self.note(f"a form, {what}, at {route}", status, lambda s: s and s < 500)

    def framing(self):
        """Lengths that are not true."""
        body = json.dumps(JSON_ROUTES["/v1/opt-outs"]).encode()
        long, short = f"Content-Length: {len(body) + 50}", "Content-Length: 5"
        chunked = "Transfer-Encoding: chunked"
        for route in ("/v1/opt-outs", LIST_ROUTES[1], "/u/{token}"):
            kind = {"/v1/opt-outs": JSON, "/u/{token}": FORM}.get(route, "text/plain")
            for what, fields, content in (
                    ("longer than it is", [long], body), ("shorter than it is", [short], body),
                    ("a negative length", ["Content-Length: -1"], body),
                    ("no number", ["Content-Length: ten"], body),
                    ("a length of 2^64", [f"Content-Length: {2 ** 64}"], body),
                    ("two lengths", [short, long], body),
                    ("a length and chunks", [short, chunked], b"5\r\n{}{}{\r\n0\r\n\r\n"),
                    ("chunks that are none", [chunked], body),
                    ("a chunk of 2^64", [chunked], b"1" + b"0" * 16 + b"\r\n" + body),
                    ("a chunk that is cut off", [chunked], b"ffff\r\n" + body),
                    ("no last chunk", [chunked], b"2\r\n{}\r\n")):
                with Line(self.port) as line:
                    line.send(head(self.path(route), kind, self.key, *fields) + content)
                    line.half_close()
                    # A list is answered while it is read: 200, and then an end without a count.
                    # The page of a link asks again; whether it has done anything is seen later.
                    most = 0 if route == "/v1/opt-outs" else 201
                    self.note(f"{what} at {route}", line.status(), lambda s, most=most:
                              s is not None and (s == NO_ANSWER or 400 <= s < 500 or s < most))

    def large(self):
        """A hundred megabytes, as long as the server takes them."""
        piece = b"x" * 65_536
        for route, kind in [(r, JSON) for r in JSON_ROUTES] + [(r, FORM) for r in FORM_ROUTES]:
            with Line(self.port) as line:
                line.send(head(self.path(route), kind, self.key, f"Content-Length: {100 << 20}"))
                sent = 0
                while sent < 100 << 20 and line.send(piece):
                    sent += len(piece)
                self.note(f"100 MB at {route}", line.status(),
                          lambda s: s is not None and s < 500)

    def lists(self, client):
        """Lists that are none: an import takes the file and fails; a filter allows nobody."""
        bomb = gzip.compress(b"\0" * (64 << 20), 9)
        samples = {"noise": bytes(range(256)) * 100, "NUL": b"\0" * 5000, "nothing": b"",
                   "half a gzip": bomb[:1000], "a bomb": bomb, "a long line": b"x" * 5_000_000,
                   "no columns": b"\n" * 1000, "quotes": b'"' * 9999}
        for route in LIST_ROUTES:
            for what, body in samples.items():
                try:
                    reply = client.post(route, body, {"Content-Type": "text/csv"})
                    status, text = reply.status, reply.text
                except OSError:
                    status, text = None, ""
                except Exception:  # pylint: disable=broad-exception-caught
                    status, text = 200, ""
                self.note(f"a list, {what}, at {route}", status,
                          lambda s, text=text: s and s < 500 and '"allowed":true' not in text)


def fits(route, name, value):
    """Whether a route takes this value after all: many members need not be there."""
    optional = {("externalId", "/v1/contacts"), ("reason", "/v1/opt-outs"),
                ("source", "/v1/opt-outs"), ("evidence", "/v1/consents"),
                ("verifiedBy", "/v1/erasures")}
    return ((value is None or value in ({}, "")) and (name, route) in optional
            or name == "reason" and route == "/v1/opt-outs" and isinstance(value, str)
            or name == "events" and isinstance(value, list))


__all__ = ["wrong_bodies"]
