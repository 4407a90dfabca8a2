"""A throwaway installation for fuzzing: something of every kind, and a key for every role."""

import http.client
import http.server
import json
import os
import pathlib
import sys
import threading
import time
from urllib.parse import urlsplit

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Browser"))
from installation import Installation  # noqa: E402
from mail_sink import MailSink, link  # noqa: E402

ROLES = ("admin", "collector", "sender", "auditor")
PEOPLE = [f"{name}@mail.example" for name in ("ada", "bob", "eve", "grace", "kurt", "zoë")]
WEBHOOK_SECRET = "a-secret-of-mails"
SETTINGS = {
    # Each request names a client of its own, or there would be little but limits of sign-ups.
    "HEED_TRUSTED_PROXIES": "1",
    "HEED_CONTROLLER_NAME": "Shop Ltd", "HEED_CONTROLLER_CONTACT": "Privacy team",
    "HEED_CONTROLLER_EMAIL": "privacy@shop.example", "HEED_CONTROLLER_PHONE": "+43 1 0000000",
    "HEED_CONTROLLER_ADDRESS": "1 Road, Vienna", "HEED_CONTROLLER_JURISDICTION": "AT",
}


class System(http.server.ThreadingHTTPServer):
    """Another system on a free port, which takes whatever it is told."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        """Reads a request and says 204."""

        def do_POST(self):
            """The one thing that is told."""
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Nobody reads it."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Fuzzed:
    """A running installation; `known` has what is there, by the name of what it is for."""

    def __init__(self, binary, folder):
        self.mail, self.system = MailSink(), System()
        settings = {**SETTINGS, **self.mail.settings(), "HEED_LOG_LEVEL": "error"}
        self.heed = Installation(binary, folder, settings)
        self.base, self.known = self.heed.base, {"people": PEOPLE}
        try:
            self.keys = {role: self.heed.run("key", "create", "--role", role).split()[-1]
                         for role in ROLES}
            self._connect(folder)
            self._fill()
        except BaseException:
            self.stop()
            raise

    def _connect(self, folder):
        """Two systems that are told and one that also reports; nothing leaves this machine."""
        place = f"http://127.0.0.1:{self.system.server_address[1]}"
        self.heed.run("connector", "add", "webhook", "crm", "--url", place + "/hook")
        # Nobody listens there: attempts fail, and are tried again.
        self.heed.run("connector", "add", "webhook", "gone", "--url", "http://127.0.0.1:1/hook")
        with open(os.path.join(folder, "secret"), "w", encoding="utf-8") as file:
            file.write(WEBHOOK_SECRET)
        self.heed.run("connector", "add", "brevo", "mails", "--url", place,
                      "--secret-file", "secret", "--option-file", "webhook-secret=secret")
        self.known["connectors"] = ["mails", "crm"]

    def _send(self, method, path, body, headers):
        """One request; gives the bytes that were answered, which has to be good."""
        connection = http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=60)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if response.status >= 300:
            raise AssertionError(f"{method} {path}: {response.status} {answer}")
        return answer

    def ask(self, method, path, body=None, kind="application/json"):
        """One request as admin; gives the JSON that was answered."""
        sent = json.dumps(body) if isinstance(body, dict) else body
        headers = {"Authorization": f"Bearer {self.heed.key}", "Content-Type": kind}
        return json.loads(self._send(method, path, sent, headers))

    def _fill(self):
        """Consents, opt-outs, requests, an import, and links of every kind."""
        ada, bob, eve, grace, kurt, zoe = PEOPLE
        contacts, consents = [], []
        for person in PEOPLE:
            made = self.ask("POST", "/v1/consents", {
                "address": person, "scope": "newsletter", "decision": "granted",
                "basis": "consent", "source": "form", "policyVersion": "2026-01",
            })
            contacts.append(made["contactId"])
            consents.append(made["id"])
        self._links(ada)
        optouts = [
            self.ask("POST", "/v1/opt-outs", {"address": who, "scope": scope})["id"]
            for who, scope in ((bob, "newsletter"), (eve, "global"))
        ]
        self.known |= {"contacts": contacts, "consents": consents, "opt-outs": optouts}
        self._ask_by_right((ada, "access"), (grace, "restriction"), (kurt, "rectification"))
        made = self.ask("POST", "/v1/erasures", {"address": eve, "verifiedBy": "account-login"})
        self.known["erasures"] = [made["id"]]
        self._import(zoe)
        self._log()

    def _ask_by_right(self, *requests):
        """One request of each kind, the last of them with who asks shown."""
        made = [self.ask("POST", "/v1/requests", {"address": who, "kind": kind})
                for who, kind in requests]
        self.ask("POST", f"/v1/requests/{made[-1]['id']}/verify", {"verifiedBy": "account-login"})
        self.ask("POST", f"/v1/requests/{made[1]['id']}/refuse", {"reason": "not-shown"})
        self.known["requests"] = [request["id"] for request in made]
        self.known["receipts"] = [made[1]["receiptToken"], made[0]["receiptToken"]]

    def _import(self, person):
        """A list of two rows, one of which cannot be taken."""
        path = "/v1/imports?scope=newsletter&policyVersion=2026-01&status=subscribed"
        made = self.ask("POST", path, f"email\n{person}\nnobody\n".encode(), "text/csv")
        limit = time.monotonic() + 60
        while self.ask("GET", f"/v1/imports/{made['id']}")["state"] == "running":
            if time.monotonic() > limit:
                raise AssertionError("the import does not end")
            time.sleep(0.1)
        self.known["imports"] = [made["id"]]

    def _links(self, person):
        """The tokens of links as they stand in messages."""
        unsubscribe = [self.heed.unsubscribe_link(who) for who in PEOPLE[:4]]
        preferences = [self.heed.preference_link(who) for who in PEOPLE[:4]]
        self.ask("POST", "/v1/double-opt-ins", {
            "address": "new@mail.example", "scope": "newsletter", "policyVersion": "2026-01",
        })
        confirmation = link(self.mail.newest("new@mail.example", 1))
        self._press(preferences[0], "do=send-data")
        data = link(self.mail.newest(person, 1))
        for name, links in (("unsubscribe", unsubscribe), ("preferences", preferences),
                            ("confirmation", [confirmation]), ("data", [data])):
            self.known[name] = [urlsplit(found).path.split("/")[-1] for found in links]

    def _press(self, url, form):
        """Sends a page's form."""
        self._send("POST", urlsplit(url).path, form, {
            "Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "192.0.2.1",
        })

    def _log(self):
        """What of the log can be asked for: ids of events, and places of tiles."""
        size = int(self._send("GET", "/log/checkpoint", None, {}).split(b"\n")[1])
        headers = {"Authorization": f"Bearer {self.heed.key}"}
        entries = self._send("GET", f"/log/tile/entries/000.p/{size}", None, headers)
        events = []
        while entries:
            length = int.from_bytes(entries[:2], "big")
            events.append(json.loads(entries[2:2 + length])["id"])
            entries = entries[2 + length:]
        self.known |= {"events": events, "entries": [f"000.p/{size}", "000.p/1"],
                       "tiles": [f"0/000.p/{size}", "0/000.p/1"]}

    def stop(self):
        """Ends everything."""
        try:
            self.heed.stop()
        finally:
            self.mail.close()
            self.system.shutdown()
            self.system.server_close()

