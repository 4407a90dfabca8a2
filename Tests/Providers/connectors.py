"""What our connectors do with the same fakes: scenes, each a task and the answer it must end in."""

import base64
import http.client
import json
import subprocess
from urllib.parse import urlsplit

from fake import brevo, mailchimp, mailgun, postmark, resend, sendgrid, ses, sparkpost

NOW = 1769851800
WHO = "Ana.Núñez+tag@mail.example"

#: Not there, told, there: what every provider must show for a scope, and for everything.
LISTED, EVERYTHING = (
    [
        ("read-back", extent, "absent", None), ("suppress", extent, "done", None),
        ("read-back", extent, "done", None),
    ]
    for extent in ("newsletter", "global")
)

#: For each kind: the fake, the options of a connector, and the scenes in order.
#: A scene is (task, extent, expected answer, and what is prepared before it).
CASES = {
    "ses": (ses.SES, {
        "region": ses.REGION, "access-key-id": ses.KEY_ID, "secret": ses.SECRET,
        "contact-list": "main", "scope.newsletter": "Newsletter", "scope.offers": "Offers",
        "scope.receipts": "none",
    }, [
        ("check", None, "done", None),
        *LISTED,
        ("suppress", "newsletter", "already-done", None),
        ("read-back", "offers", "absent", None),
        ("suppress", "offers", "done", None),
        ("read-back", "newsletter", "done", None),
        ("suppress", "receipts", "already-done", None),
        ("suppress", "unknown", "refused", None),
        *EVERYTHING,
        ("erase", None, "done", None),
        ("erase", None, "already-done", None),
        ("suppress", "global", "retry", lambda fake: fake.reasons.remove("COMPLAINT")),
        ("check", None, "give-up", None),
        ("suppress", "global", "done", lambda fake: fake.reasons.append("COMPLAINT")),
        ("check", None, "give-up", lambda fake: fake.topics.remove("Offers")),
    ]),
    "sendgrid": (sendgrid.SendGrid, {
        "secret": sendgrid.KEY, "scope.newsletter": "101", "scope.offers": "101,102",
        "scope.lost": "999",
    }, [
        *LISTED,
        ("read-back", "offers", "absent", None),
        ("suppress", "offers", "done", None),
        ("read-back", "offers", "done", None),
        ("suppress", "lost", "give-up", None),
        *EVERYTHING,
        ("erase", None, "done", None),
        ("check", None, "give-up", None),
        ("check", None, "done", lambda fake: fake.groups.update({999: set()})),
    ]),
    "mailgun": (mailgun.Mailgun, {
        "secret": mailgun.KEY, "global": f"{mailgun.DOMAIN}/*",
        "scope.newsletter": f"{mailgun.DOMAIN}/news",
    }, [
        ("check", None, "done", None),
        *LISTED, *EVERYTHING,
        ("erase", None, "done", None),
        ("erase", None, "already-done", None),
    ]),
    "postmark": (postmark.Postmark, {
        "secret": postmark.TOKEN, "global": "broadcast,news", "scope.newsletter": "news",
    }, [
        ("check", None, "done", None),
        *LISTED,
        ("suppress", "global", "retry", lambda fake: setattr(fake, "delay", 1)),
        ("suppress", "global", "done", None),
        ("read-back", "global", "done", None),
        ("erase", None, "done", None),
        ("erase", None, "give-up",
         lambda fake: fake.streams["news"].update({WHO: "SpamComplaint"})),
    ]),
    "sparkpost": (sparkpost.SparkPost, {
        "secret": sparkpost.KEY, "scope.newsletter": "news.mail.example",
    }, [
        ("check", None, "done", None),
        *LISTED, *EVERYTHING,
        ("erase", None, "done", None),
        ("erase", None, "already-done", None),
        ("erase", None, "give-up", lambda fake: fake.compliance.add(WHO)),
    ]),
    "mailchimp": (mailchimp.Mailchimp, {
        "secret": mailchimp.KEY, "global": "a1b2c3d4e5,f6a7b8c9d0",
        "scope.newsletter": "a1b2c3d4e5",
    }, [
        ("check", None, "done", None),
        *LISTED, *EVERYTHING,
        ("suppress", "newsletter", "already-done",
         lambda fake: fake.stuck.update(fake.lists["a1b2c3d4e5"])),
        ("erase", None, "done", None),
        ("erase", None, "already-done", None),
        ("suppress", "global", "already-done", None),
    ]),
    "brevo": (brevo.Brevo, {
        "secret": brevo.KEY, "scope.newsletter": "7", "scope.offers": "8",
    }, [
        ("check", None, "done", None),
        ("suppress", "newsletter", "already-done", None),
        ("read-back", "newsletter", "done", None),
        *EVERYTHING,
        ("suppress", "newsletter", "done",
         lambda fake: fake.contacts.update({WHO: {"blocked": False, "lists": {7, 8}}})),
        ("read-back", "newsletter", "done", None),
        ("read-back", "offers", "absent", None),
        ("erase", None, "done", None),
        ("erase", None, "already-done", None),
        ("check", None, "give-up", lambda fake: fake.lists.remove(8)),
    ]),
    "resend": (resend.Resend, {
        "secret": resend.KEY, "scope.newsletter": resend.TOPIC, "suppression": "global",
    }, [
        ("check", None, "done", None),
        *LISTED, *EVERYTHING,
        ("erase", None, "done", None),
        ("erase", None, "already-done", None),
        ("suppress", "newsletter", "done", None),
        ("read-back", "newsletter", "done", None),
    ]),
}

#: Answers that come from any provider, and what they mean.
FAULTS = [
    ((429, None, [("retry-after", "7")]), ("retry", 7)),
    ((503, None, []), ("retry", None)),
    ((401, None, []), ("retry", None)),
    ((403, None, []), ("retry", None)),
    ((413, None, []), ("give-up", None)),
]


class Driver:
    """The program that speaks for our connectors, and the wire it lacks."""

    def __init__(self, binary):
        self.process = subprocess.Popen(
            [binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.transcript = []

    def run(self, order, carry):
        """Walks one conversation; `carry` takes a request and gives status, headers, body."""
        self.say(order)
        while True:
            line = json.loads(self.process.stdout.readline())
            if "method" not in line:
                return line
            status, headers, body = carry(line)
            self.transcript.append({
                "kind": order["kind"], "task": order["task"], "request": line, "status": status,
            })
            self.say({
                "status": status, "headers": headers, "body": base64.b64encode(body).decode(),
            })

    def say(self, value):
        """Writes one line."""
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def close(self):
        """Ends the program."""
        self.process.stdin.close()
        return self.process.wait(timeout=10)


def carry(line):
    """Sends a request byte for byte, as the worker would."""
    url = urlsplit(line["url"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    target = url.path + (f"?{url.query}" if url.query else "")
    body = base64.b64decode(line.get("body", ""))
    connection.putrequest(line["method"], target, skip_accept_encoding=True)
    for name, value in line["headers"]:
        connection.putheader(name, value)
    if body or line["method"] in ("POST", "PUT", "PATCH"):
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body or None)
    response = connection.getresponse()
    found = response.status, [list(pair) for pair in response.getheaders()], response.read()
    connection.close()
    return found


def prove(driver, kind, fake, url):
    """Plays the scenes of one kind, then the faults; gives the number of both."""
    _, options, scenes = CASES[kind]
    options = {**options, "url": url}

    def order(task, extent):
        return {
            "kind": kind, "options": options, "task": task, "address": WHO, "extent": extent,
            "now": NOW,
        }

    for number, (task, extent, expected, prepare) in enumerate(scenes):
        if prepare:
            prepare(fake)
        line = driver.run(order(task, extent), carry)
        found = "refused" if "refused" in line else line["answer"]
        if found != expected:
            raise AssertionError(f"{kind} scene {number} ({task} {extent}): {line}")
        if WHO in json.dumps(line, ensure_ascii=False):
            raise AssertionError(f"{kind} scene {number}: the answer repeats the address")
    for planned, (expected, after) in FAULTS:
        fake.plan(*planned)
        line = driver.run(order("suppress", "newsletter"), carry)
        if (line["answer"], line.get("after")) != (expected, after):
            raise AssertionError(f"{kind} fault {planned[0]}: {line}")
    return len(scenes) + len(FAULTS)
