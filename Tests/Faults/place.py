"""A throwaway installation: its folder, the commands run in it, and its servers."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

POLICY = "2026-01"
SCOPES = ("newsletter", "offers")
LISTENING = "Heed is listening on "
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Broken(Exception):
    """What had to hold, and did not."""


def expect(holds, what):
    """Ends the drill unless this holds."""
    if not holds:
        raise Broken(what)


def eventually(what, condition, seconds=30, step=0.01):
    """Polls until the condition gives something; that is the answer."""
    limit = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > limit:
            raise Broken(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(step)


class Reply:
    """An answer over HTTP."""

    def __init__(self, status, body, headers=None):
        self.status, self.body, self.headers = status, body, headers or {}

    @property
    def text(self):
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        """The body as a value; an empty object when it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def name(self):
        """The last part of a problem's type, such as `not-stored`."""
        return str(self.json.get("type", "")).rsplit("/", 1)[-1]

    def __str__(self):
        return f"{self.status} {self.text[:300]}"


class Client:
    """One kept connection to a server; not for two threads."""

    def __init__(self, port, key, timeout=30):
        self.port, self.key, self.timeout, self.link = port, key, timeout, None

    def call(self, method, path, body=None, headers=None):
        """One request; raises OSError or HTTPException when there is no answer."""
        if self.link is None:
            self.link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        head = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            head.setdefault("Content-Type", JSON)
        elif isinstance(body, str):
            body = body.encode()
        try:
            self.link.request(method, path, body, head)
            answer = self.link.getresponse()
            reply = Reply(answer.status, answer.read(), dict(answer.getheaders()))
            if answer.will_close:
                self.close()
            return reply
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def post(self, path, body, headers=None):
        """One POST."""
        return self.call("POST", path, body, headers)

    def get(self, path):
        """One GET."""
        return self.call("GET", path)

    def opt_out(self, address, scope="newsletter", key=None):
        """Asks for an opt-out."""
        body = {"address": address, "scope": scope, "source": "api"}
        return self.post("/v1/opt-outs", body, {"Idempotency-Key": key} if key else None)

    def press(self, token):
        """What a mail program does when its reader presses "unsubscribe"."""
        return self.post(f"/u/{token}", "List-Unsubscribe=One-Click", {"Content-Type": FORM})

    def grant(self, address, scope="newsletter"):
        """Records a yes."""
        return self.post("/v1/consents", {
            "address": address, "scope": scope, "decision": "granted", "basis": "consent",
            "source": "form", "policyVersion": POLICY,
        })

    def check(self, address, scope="newsletter", links=False):
        """What the guard says about one address."""
        body = {"scope": scope, "address": address}
        return self.post("/v1/sends/check", {**body, "links": True} if links else body)

    def token(self, address, scope="newsletter"):
        """The token of a link for somebody who may be written to."""
        answer = self.check(address, scope, links=True)
        expect(answer.status == 200, f"no link: {answer}")
        return urlsplit(answer.json["unsubscribe"]["url"]).path.rsplit("/", 1)[-1]

    def allowed(self, addresses, scope="newsletter"):
        """Those of these whom the guard allows."""
        found = set()
        addresses = sorted(addresses)
        for start in range(0, len(addresses), 2000):
            part = addresses[start:start + 2000]
            answer = self.post("/v1/sends/check", {"scope": scope, "recipients": part})
            expect(answer.status == 200, f"a batch of checks: {answer}")
            found |= {d["recipient"] for d in answer.json["decisions"] if d["allowed"]}
        return found

    def close(self):
        """Gives the connection up."""
        if self.link:
            self.link.close()
        self.link = None


class Server:
    """A `heed serve`."""

    def __init__(self, place, process, log):
        self.place, self.process, self.log, self.port = place, process, log, 0

    def errors(self):
        """What it wrote to standard error."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def await_start(self, seconds=60):
        """Waits until it says where it listens."""
        def line():
            # The order matters: what it wrote before its end is read after it.
            ended = self.process.poll() is not None
            text = self.errors()
            found = [l for l in text.splitlines(True) if l.startswith(LISTENING)]
            if found and found[0].endswith("\n"):
                return found[0][len(LISTENING):].strip()
            if ended:
                raise Broken(f"heed serve ended with {self.process.returncode}: {text[-600:]}")
            return None
        self.port = urlsplit(eventually("heed serve listens", line, seconds)).port
        return self

    def client(self, timeout=30):
        """A connection with the admin key."""
        return Client(self.port, self.place.key(), timeout)

    def alive(self):
        """Whether the process runs."""
        return self.process.poll() is None

    def kill(self):
        """Ends it as a power cut does."""
        self.process.kill()
        self.process.wait(30)

    def stop(self, seconds=60):
        """Ends it as an operator does; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise Broken(f"heed serve did not end within {seconds} s of SIGTERM") from error


class Place:
    """A folder with an installation in it."""

    def __init__(self, binary, folder):
        self.binary, self.folder = os.path.realpath(binary), folder
        self.servers, self.flags, self.started = [], [], 0
        given = {k: v for k, v in os.environ.items() if not k.startswith("HEED_")}
        self.environment = {**given, "HEED_LOG_LEVEL": "warning", "HEED_RETRY_SCALE": "0.01",
                            "HEED_LEASE_SECONDS": "20"}

    def path(self, *names):
        """A path in the folder."""
        return os.path.join(self.folder, *names)

    def key(self):
        """The admin's API key."""
        with open(self.path("heed-data", "admin.key"), encoding="utf-8") as file:
            return file.read().strip()

    def run(self, *arguments, **settings):
        """Runs a command to its end; `environment` is added to the place's own."""
        return subprocess.run(
            [self.binary, *arguments, *self.flags], cwd=self.folder, capture_output=True,
            text=True, errors="replace", timeout=180, check=False,
            env={**self.environment, **settings.get("environment", {})},
        )

    def done(self, *arguments):
        """Runs a command that has to succeed; gives what it printed."""
        ran = self.run(*arguments)
        expect(ran.returncode == 0,
               f"heed {' '.join(arguments)}: exit {ran.returncode}: {ran.stderr}{ran.stdout}")
        return ran.stdout.strip()

    def start(self, *arguments, **settings):
        """Starts a server without waiting for it."""
        self.started += 1
        log = self.path(f"serve-{self.started}.err")
        with open(log, "w", encoding="utf-8") as file:
            process = subprocess.Popen(
                [self.binary, "serve", "--port", "0", *arguments, *self.flags], cwd=self.folder,
                env={**self.environment, **settings.get("environment", {})},
                stdout=subprocess.DEVNULL, stderr=file, start_new_session=True,
            )
        server = Server(self, process, log)
        self.servers = [s for s in self.servers if s.alive()] + [server]
        return server

    def serve(self, *arguments, **settings):
        """Starts a server and waits until it listens."""
        return self.start(*arguments, **settings).await_start()

    def register(self):
        """Scopes, and a policy to agree to."""
        with open(self.path("privacy.txt"), "w", encoding="utf-8") as file:
            file.write("What we do with your data.\n")
        for scope in SCOPES:
            self.done("scope", "add", scope, "--kind", "campaign")
        self.done("policy", "publish", POLICY, "--text-file", "privacy.txt")

    def close(self):
        """Ends whatever runs."""
        for server in self.servers:
            if server.alive():
                # With what it has started: a crash is looked into by another program.
                os.killpg(server.process.pid, signal.SIGKILL)
                server.process.wait(30)


@contextmanager
def open_place(binary):
    """A new installation's folder; nothing of it is left afterwards."""
    folder = tempfile.mkdtemp(prefix="heed-drill-")
    place = Place(binary, folder)
    try:
        yield place
    finally:
        place.close()
        shutil.rmtree(folder, ignore_errors=True)
