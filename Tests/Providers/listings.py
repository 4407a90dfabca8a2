"""Whom a connector has suppressed, its listing must show; and nobody else."""

import json

from connectors import CASES, NOW, carry

EXTENTS = ("newsletter", "global")
BYSTANDER = "bystander@mail.example"

#: People who must be known before they can leave, and whom nobody suppressed.
KNOWN = {
    "brevo": lambda fake, who: fake.contacts.update({who: {"blocked": False, "lists": {7, 8}}}),
    "resend": lambda fake, who: fake.contacts.update({who: {"unsubscribed": False, "topics": {}}}),
    "ses": lambda fake, who: fake.contacts.update(
        {who: {"all": False, "topics": {}, "data": None}}
    ),
}


def shown(line, who):
    """True when the listing shows the sign of an opt-out for an address."""
    places = {
        place
        for entry in line["listed"] if entry["address"] == who
        for place in entry["places"].split(",") if place
    }
    kind, _, wanted = line["sign"].partition(" ")
    wanted = set(wanted.split(","))
    return wanted <= places if kind == "seen" else not wanted & places


def extents(line, who):
    """What the other system says no to for an address."""
    return {
        extent
        for entry in line["listed"] if entry["address"] == who
        for extent in entry["extents"].split(",") if extent
    }


def expect(condition, kind, text, *facts):
    """Stops with what was found."""
    if not condition:
        raise AssertionError(f"{kind} listing: {text}: {facts}")


def prove(driver, kind, fake, url):
    """Suppresses some people through the connector, lists, and compares."""
    options = {**CASES[kind][1], "url": url}
    for other in ("scope.lost", "scope.offers"):
        options.pop(other, None)

    def order(task, extent, who=None):
        return {
            "kind": kind, "options": options, "task": task, "address": who, "extent": extent,
            "now": NOW,
        }

    empty = driver.run(order("list", "global"), carry)
    expect(empty.get("listed") == [], kind, "not empty at first", empty)
    people = {f"Person{n}+x@mail.example": EXTENTS[n % 3 == 0] for n in range(7)}
    for who in [*people, BYSTANDER]:
        KNOWN.get(kind, lambda fake, who: None)(fake, who)
    for who, extent in people.items():
        line = driver.run(order("suppress", extent, who), carry)
        expect(line.get("answer") == "done", kind, "not suppressed", line)
    for asked in EXTENTS:
        before = len(fake.seen)
        line = driver.run(order("list", asked), carry)
        expect("listed" in line, kind, "no list", line)
        expect(len(fake.seen) - before >= (2 if kind == "postmark" else 3), kind, "one page only")
        for who, extent in people.items():
            found = shown(line, who)
            expect(found == (asked in ("newsletter", extent)), kind, "wrong", asked, extent, line)
            said = extents(line, who)
            expect(said <= {extent, "newsletter"}, kind, "says more than was told", said)
            expect("global" not in said or extent == "global", kind, "widened", said)
        expect(not shown(line, BYSTANDER), kind, "shows a bystander", line)
        expect(not extents(line, BYSTANDER), kind, "a bystander said no", line)
    for planned, expected in [
        ((429, None, [("retry-after", "7")]), "retry"), ((503, None, []), "retry"),
        ((401, None, []), "retry"), ((413, None, []), "give-up"),
        ((200, {"message": "welcome"}, []), "give-up"),
    ]:
        fake.plan(*planned)
        line = driver.run(order("list", "global"), carry)
        expect(line.get("answer") == expected, kind, "taken for a list", planned, line)
        expect("Person" not in json.dumps(line), kind, "an answer with an address", line)
    fake.plan(204, None, [])
    line = driver.run(order("list", "global"), carry)
    expect("listed" not in line, kind, "nothing taken for a list", line)
    return len(people)
