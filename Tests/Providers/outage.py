#!/usr/bin/env python3
"""Runs the real program against all fakes: they hang, come back, and a long queue waits beside.

    python outage.py PATH-TO-heed PATH-TO-ConnectorTranscripts

While every provider hangs, opt-outs are taken as before; once they answer again each provider has
every person, and `heed explain` tells all stages. Then 200,000 other jobs are put into the queue,
and an opt-out's cascade is over long before they are. Standard library only; loopback only.
"""

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import urlsplit

import connectors
from fake.server import serve

PEOPLE = 20
WAITING = 200_000
#: How long every provider hangs, in seconds: longer than any request is waited for.
HANGING = 60


class Held:
    """Lets requests through, or holds each of them until it does again."""

    def __init__(self, fake):
        self.open = threading.Event()
        self.open.set()
        handle = fake.handle

        def held(request):
            self.open.wait()
            return handle(request)

        fake.handle = held


def until(what, condition, seconds=300):
    """Waits for a condition; the limit bounds a failing run only."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(0.1)


class Heed:
    """An installation in a folder of its own, with a running server."""

    def __init__(self, binary, folder):
        self.binary, self.folder = os.path.realpath(binary), folder
        self.environment = {**os.environ, "HEED_LOG_LEVEL": "critical", "HEED_RETRY_SCALE": "0.2"}
        self.server = None

    def run(self, *arguments):
        """Runs a command to its end; gives what it printed."""
        done = subprocess.run(
            [self.binary, *arguments], cwd=self.folder, env=self.environment,
            capture_output=True, text=True, timeout=120, check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"heed {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def start(self):
        """Starts the server and waits until it listens."""
        errors = os.path.join(self.folder, "serve.err")
        with open(errors, "w", encoding="utf-8") as file:
            self.server = subprocess.Popen(
                [self.binary, "serve", "--port", "0"], cwd=self.folder, env=self.environment,
                stdout=subprocess.DEVNULL, stderr=file,
            )
        start = "Heed is listening on "

        def url():
            with open(errors, encoding="utf-8") as file:
                return [l[len(start):].strip() for l in file if l.startswith(start)]

        until("the server listens", url)
        self.address = urlsplit(url()[0]).netloc
        with open(os.path.join(self.folder, "heed-data/admin.key"), encoding="utf-8") as file:
            self.key = file.read().strip()

    def request(self, method, path, body=None):
        """One request with the admin key."""
        connection = http.client.HTTPConnection(self.address, timeout=120)
        connection.request(
            method, path, body and json.dumps(body),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        response = connection.getresponse()
        found = response.status, json.loads(response.read())
        connection.close()
        return found

    def opt_out(self, address, scope):
        """Takes an opt-out; gives its id and how long the answer took, in seconds."""
        began = time.monotonic()
        status, answer = self.request("POST", "/v1/opt-outs", {"address": address, "scope": scope})
        if status != 202:
            raise AssertionError(f"opt-out answered {status}: {answer}")
        return answer["id"], time.monotonic() - began

    def progress(self, identifier):
        """How far an opt-out has come."""
        return self.request("GET", f"/v1/opt-outs/{identifier}")[1]

    def stop(self):
        """Ends the server, and says so if it did not end well."""
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            if self.server.wait(timeout=60) != 0:
                raise AssertionError("heed serve did not end well")


def add(heed, kind, options, url):
    """Sets a connector up as an operator would: secrets in files."""
    arguments = ["connector", "add", kind, f"my-{kind}", "--url", url]
    secret = os.path.join(heed.folder, f"{kind}.secret")
    with open(secret, "w", encoding="utf-8") as file:
        file.write(options["secret"])
    arguments += ["--secret-file", secret]
    for name, value in options.items():
        # There is one scope here, and an option for another one is refused.
        if name != "secret" and (name == "scope.newsletter" or not name.startswith("scope.")):
            arguments += ["--option", f"{name}={value}"]
    heed.run(*arguments)
    print(heed.run("connector", "test", f"my-{kind}").strip())


def main():
    binary, transcripts = sys.argv[1:]
    driver = connectors.Driver(transcripts)
    fakes = {}
    for kind, (make, options, _) in connectors.CASES.items():
        fake = make()
        fakes[kind] = (fake, Held(fake), dict(options), serve(fake)[1] + fake.base)
    with tempfile.TemporaryDirectory() as folder:
        heed = Heed(binary, folder)
        try:
            play(heed, fakes, driver)
        finally:
            heed.stop()
            driver.close()
    for kind, (fake, *_) in fakes.items():
        if fake.violations:
            raise AssertionError(f"{kind}: {fake.violations}")


def play(heed, fakes, driver):
    """The whole story."""
    heed.run("scope", "add", "newsletter", "--kind", "campaign")
    # SES takes one request a second, so it joins with a few people at the end.
    late = {"ses": fakes.pop("ses")}
    for kind, (_, _, options, url) in fakes.items():
        add(heed, kind, options, url)
    heed.start()

    def leave(numbers):
        return [
            heed.opt_out(f"p{n}@mail.example", "newsletter" if n % 2 else "global")
            for n in numbers
        ]

    leave(range(-20, 0))
    well = leave(range(PEOPLE))
    everybody = [identifier for identifier, _ in well]
    until_told(heed, everybody)

    for _, held, _, _ in fakes.values():
        held.open.clear()
    began = time.monotonic()
    hung = leave(range(PEOPLE, 2 * PEOPLE))

    # Long enough for requests to be given up that the providers then act upon: lost replies.
    def tries():
        return [
            target["attempts"] for i, _ in hung[:8] for target in heed.progress(i)["targets"]
        ]

    until("requests were given up", lambda: max(tries()) > 0)
    until("they have hung for a minute", lambda: time.monotonic() - began > HANGING)
    more = leave(range(2 * PEOPLE, 3 * PEOPLE))
    if any(t["state"] == "confirmed" for i, _ in more for t in heed.progress(i)["targets"]):
        raise AssertionError("a provider that hangs cannot have confirmed")
    for _, held, _, _ in fakes.values():
        held.open.set()
    everybody += [identifier for identifier, _ in hung + more]
    until_told(heed, everybody)

    read_back(driver, fakes, range(3 * PEOPLE))
    confirmations = [
        event["kind"] for i in everybody for event in heed.progress(i)["timeline"]
        if event["kind"] == "optout.esp-confirmed"
    ]
    if len(confirmations) != len(fakes) * 3 * PEOPLE:
        raise AssertionError(f"{len(confirmations)} confirmations")
    before, during = (sorted(seconds for _, seconds in run) for run in (well, hung + more))
    explained = heed.run("explain", f"p{PEOPLE}@mail.example")
    for stage in [
        "optout.requested", "optout.enqueued", "optout.started",
        "optout.local-cascade-completed", "optout.completed", *(f"my-{kind}" for kind in fakes),
    ]:
        if stage not in explained:
            raise AssertionError(f"heed explain does not tell of {stage}:\n{explained}")
    print(explained)
    print(
        f"outage: {len(fakes)} providers, {3 * PEOPLE} people; intake p50 "
        f"{during[len(during) // 2] / before[PEOPLE // 2]:.2f}x, p99 "
        f"{during[-2] / before[-1]:.2f}x of the time before"
    )
    add(heed, "ses", *late["ses"][2:])
    late["ses"][1].open.clear()
    slow = leave(range(3 * PEOPLE, 3 * PEOPLE + 4))
    late["ses"][1].open.set()
    until_told(heed, [identifier for identifier, _ in slow])
    read_back(driver, {**fakes, **late}, range(3 * PEOPLE, 3 * PEOPLE + 4))
    fakes.update(late)
    backlog(heed)


def read_back(driver, fakes, people):
    """Asks every provider for everybody."""
    for kind, (_, _, options, url) in fakes.items():
        for number in people:
            line = driver.run({
                "kind": kind, "options": {**options, "url": url}, "task": "read-back",
                "address": f"p{number}@mail.example",
                "extent": "newsletter" if number % 2 else "global", "now": int(time.time()),
            }, connectors.carry)
            if line.get("answer") != "done":
                raise AssertionError(f"{kind} does not have person {number}: {line}")


def until_told(heed, identifiers):
    """Waits until every system has confirmed; if one never does, says what it answered last."""

    def open_targets():
        answers = {}
        for identifier in identifiers:
            for target in heed.progress(identifier)["targets"]:
                if target["state"] != "confirmed":
                    key = f"{target['connector']} {target['state']} {target.get('answer')}"
                    answers[key] = answers.get(key, 0) + 1
        return answers

    try:
        until("everything is told", lambda: not open_targets())
    except AssertionError as error:
        raise AssertionError(f"{error}: {open_targets()}") from error


def backlog(heed):
    """An opt-out beside a long queue of other work."""
    database = sqlite3.connect(os.path.join(heed.folder, "heed-data/heed.sqlite"), timeout=60)
    with database:
        database.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO jobs (id, kind, subject, lane, connector, priority, run_at, state, "
            "attempts) SELECT randomblob(16), 'start-opt-out', randomblob(16), 'general', '', 0, "
            "0, 'ready', 0 FROM n",
            [WAITING],
        )
    identifier, _ = heed.opt_out("late@mail.example", "global")
    until("it is told", lambda: heed.progress(identifier)["status"] == "completed")
    (left,) = database.execute("SELECT count(*) FROM jobs WHERE lane = 'general'").fetchone()
    database.close()
    if left < WAITING // 2:
        raise AssertionError(f"the cascade was not over before the queue: {left} jobs left")
    print(f"backlog: the cascade was over with {left} of {WAITING} other jobs still waiting")


if __name__ == "__main__":
    main()
