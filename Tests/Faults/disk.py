"""A disk that is full, and one that turns read-only."""

import threading

from load import LOST
from mount import failing_disk, small_disk
from place import Broken, eventually, expect, open_place

PEOPLE = 20


def full_disk(settings):
    """On a full disk no stop is acknowledged, and none that was is lost."""
    with open_place(settings.binary) as place, \
            small_disk(place.path("heed-data"), 8) as disk:
        server = place.serve()
        place.register()
        client = server.client()
        expect(client.grant("yes@mail.example").status == 201, "no consent")
        disk.fill(leave=1_500_000)
        told = until_refused(server)
        disk.fill()
        use_up(client, told)
        refused(client, "not-stored", 100)
        expect(client.check("yes@mail.example").json["allowed"], "a yes is refused")
        no_filter(client)
        stopped = place.run("opt-out", "line@mail.example", "--global")
        expect(stopped.returncode == 2 and "database or disk is full" in stopped.stderr,
               f"at the command line: {stopped.returncode} {stopped.stderr}")
        server.kill()
        client.close()
        server = place.serve()
        client = server.client()
        use_up(client, told)
        refused(client, "not-stored", 100)
        none_allowed(client, told[-PEOPLE:])
        disk.make_room()
        heals(client)
        journal = full_journal(settings)
        expect(not client.allowed(told), "stopped and allowed")
        expect(server.stop() == 0, "the server did not end well")
        place.done("verify", "--no-progress")
    return (f"{len(told)} acknowledged before it was full, all kept; 503 until there is "
            f"room{journal}")


def until_refused(server):
    """Opts people out from several threads until each is refused; gives who was acknowledged."""
    told, wrong = [], []

    def work(number):
        client = server.client()
        for count in range(2000):
            address = f"f{number}.{count}@mail.example"
            reply = client.opt_out(address)
            if reply.status != 202:
                if (reply.status, reply.name) != (503, "not-stored"):
                    wrong.append(str(reply))
                return
            told.append(address)
        wrong.append("the disk does not get full")
    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expect(not wrong, f"on a disk that gets full: {wrong[:2]}")
    return told


def refused(client, name, room=0):
    """No stop is acknowledged, by any door; so many may still find room in files that are there."""
    for ask in (client.opt_out, lambda who: client.opt_out(who, "global"), client.grant):
        for count in range(room + 1):
            reply = ask(f"full{room}.{count}@mail.example")
            if reply.status == 503:
                break
        expect((reply.status, reply.name) == (503, name), f"expected 503 {name}: {reply}")
        expect(reply.headers.get("Retry-After") == "5", f"no Retry-After: {reply.headers}")


def use_up(client, told, most=3000):
    """What a full disk still has room for, in files that are there, is acknowledged and counts."""
    row = 0
    for count in range(most):
        address = f"u{len(told)}.{count}@mail.example"
        reply = client.opt_out(address)
        expect(reply.status in (202, 503), f"on a full disk: {reply}")
        row = row + 1 if reply.status == 503 else 0
        if reply.status == 202:
            told.append(address)
        if row == 3:
            return
    expect(False, f"{most} opt-outs are acknowledged on a full disk")


def none_allowed(client, addresses):
    """Single checks, which need not be written down, refuse all of these."""
    for address in addresses:
        reply = client.check(address)
        expect(reply.status == 200 and not reply.json["allowed"],
               f"{address} stopped, and the check says: {reply}")


def no_filter(client):
    """A list that cannot be written down is cut off, so it is no list; a small note may fit."""
    try:
        reply = client.post("/v1/sends/filter?scope=newsletter", "yes@mail.example\n",
                            {"Content-Type": "text/plain"})
    except LOST:
        return
    expect(reply.status == 503 or '"logged"' in reply.text, f"a list that was not logged: {reply}")


def heals(client):
    """Opt-outs are taken again, without anybody's help."""
    eventually("opt-outs are taken again",
               lambda: client.opt_out("later@mail.example").status == 202, 10)
    expect(client.get("/readyz").status == 200, "/readyz is not 200 afterwards")
    expect(not client.check("later@mail.example").json["allowed"], "not in force")


def full_journal(settings):
    """The same with only the journal's disk full."""
    with open_place(settings.binary) as place, small_disk(place.path("journal"), 1) as disk:
        place.environment["HEED_JOURNAL_FOLDER"] = place.path("journal")
        server = place.serve()
        place.register()
        client = server.client()
        expect(client.opt_out("first@mail.example").status == 202, "no opt-out before")
        disk.fill()
        found = eventually("opt-outs are refused", lambda: stops(client), 20)
        expect(found.name in ("not-stored", "outcome-unknown"), f"refused with {found}")
        ready = client.get("/readyz")
        expect(ready.status == 503 and "the journal of stops" in ready.text, f"/readyz: {ready}")
        expect("\nheed_journal_writable 0\n" in client.get("/metrics").text,
               "heed_journal_writable is not 0")
        disk.make_room()
        heals(client)
    return "; the same with the journal's disk full, and /readyz is 503"


def stops(client):
    """The first opt-out that is not taken, of some."""
    for count in range(PEOPLE):
        reply = client.opt_out(f"j{count}@mail.example")
        if reply.status != 202:
            expect(reply.status == 503, f"a stop the journal has not: {reply}")
            return reply
    return None


def read_only(settings):
    """A disk that turns read-only under a server, and a start on one."""
    with open_place(settings.binary) as place, \
            failing_disk(place.path("heed-data"), place.path("disk.img")) as disk:
        server = place.serve()
        place.register()
        client = server.client()
        told = [f"p{number}@mail.example" for number in range(PEOPLE)]
        for address in told:
            expect(client.opt_out(address).status == 202, "no opt-out")
        expect(client.grant("yes@mail.example").status == 201, "no consent")
        disk.read_only()
        refused(client, "not-stored")
        none_allowed(client, told)
        expect(client.check("yes@mail.example").json["allowed"], "a yes is refused")
        server.kill()
        server = place.start()
        try:
            server.await_start(20)
        except Broken as broken:
            start = f"; no start on it: {last_line(str(broken))}"
        else:
            client = server.client()
            refused(client, "not-stored")
            expect(not client.allowed(told), "stopped and allowed after a start")
            start = "; starts on it, and answers checks"
    return f"opt-outs 503, checks as before{start}"


def last_line(text):
    """What a program said last."""
    return text.strip().splitlines()[-1]
