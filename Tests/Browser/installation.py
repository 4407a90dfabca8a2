"""A throwaway installation with a running server, for a browser to walk through."""

import http.client
import json
import os
import signal
import subprocess
import time
from urllib.parse import urlsplit

TEXTS = {
    "newsletter": ("Newsletter", "News from our shop, twice a month."),
    "offers": ("Offers", "Sales and discounts, at most once a week."),
}


class Installation:
    """`heed serve` in a folder of its own."""

    def __init__(self, binary, folder, settings=None):
        self.binary, self.folder = os.path.realpath(binary), folder
        self.environment = {**os.environ, "HEED_LOG_LEVEL": "critical", **(settings or {})}
        self.server = None
        with open(os.path.join(folder, "privacy.txt"), "w", encoding="utf-8") as file:
            file.write("What we do with your data.\n")
        for name, (title, description) in TEXTS.items():
            self.run("scope", "add", name, "--kind", "campaign", "--title", title,
                     "--description", description)
        self.run("scope", "describe", "offers", "--language", "de", "--title", "Angebote",
                 "--description", "Sonderangebote, höchstens einmal in der Woche.")
        self.run("scope", "add", "receipts", "--kind", "transactional", "--title", "Receipts",
                 "--description", "What you bought and paid.")
        self.run("policy", "publish", "2026-01", "--text-file", "privacy.txt", "--url",
                 "https://shop.example/privacy")
        self.run("form", "add", "footer", "--policy", "2026-01", "--scope", "newsletter",
                 "--wording", "Yes, send me the newsletter.")
        self.run("form", "add", "club", "--policy", "2026-01", "--scope", "newsletter",
                 "--wording", "Yes, send me the newsletter.", "--double-opt-in")
        self._start()

    def run(self, *arguments):
        """Runs a command to its end; gives what it printed."""
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.folder, env=self.environment,
            capture_output=True, text=True, timeout=120, check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"heed {' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip()

    def _start(self):
        errors = os.path.join(self.folder, "serve.err")
        with open(errors, "w", encoding="utf-8") as file:
            self.server = subprocess.Popen(
                [self.binary, "serve", "--port", "0"], cwd=self.folder, env=self.environment,
                stdout=subprocess.DEVNULL, stderr=file,
            )
        start, limit = "Heed is listening on ", time.monotonic() + 60
        found = []
        while not found:
            if time.monotonic() > limit or self.server.poll() is not None:
                with open(errors, encoding="utf-8") as file:
                    raise AssertionError(f"the server does not listen: {file.read()}")
            time.sleep(0.05)
            with open(errors, encoding="utf-8") as file:
                found = [l[len(start):].strip() for l in file if l.startswith(start)]
        self.base = found[0]
        with open(os.path.join(self.folder, "heed-data/admin.key"), encoding="utf-8") as file:
            self.key = file.read().strip()

    def call(self, path, body):
        """One POST with the admin key."""
        connection = http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=60)
        connection.request(
            "POST", path, json.dumps(body),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        response = connection.getresponse()
        found = json.loads(response.read())
        connection.close()
        return found

    def join(self, address, *scopes):
        """Records a yes to each scope."""
        for scope in scopes:
            self.call("/v1/consents", {
                "address": address, "scope": scope, "decision": "granted", "basis": "consent",
                "source": "form", "policyVersion": "2026-01",
            })

    def reason(self, address, scope):
        """What the guard says."""
        return self.call("/v1/sends/check", {"scope": scope, "address": address})["reason"]

    def unsubscribe_link(self, address):
        """A link as it stands in a message."""
        body = {"scope": "newsletter", "address": address, "links": True}
        path = urlsplit(self.call("/v1/sends/check", body)["unsubscribe"]["url"]).path
        return self.base + path

    def show_form(self, driver, name):
        """Opens somebody else's page with a form on it."""
        page = os.path.join(self.folder, "form.html")
        html = self.run("form", "html", name).replace("http://127.0.0.1:8080", self.base)
        with open(page, "w", encoding="utf-8") as file:
            file.write(f"<!DOCTYPE html><html lang=en><title>Shop</title><main><h1>Shop</h1>{html}")
        driver.get("file://" + page)

    def preference_link(self, address):
        """A link to the preference centre."""
        return self.base + urlsplit(self.run("preferences", address)).path

    def stop(self):
        """Ends the server."""
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            if self.server.wait(timeout=60) != 0:
                raise AssertionError("heed serve did not end well")
