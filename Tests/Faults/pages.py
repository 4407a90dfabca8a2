"""A page of the database's file that is not what was written."""

import os
import random
import shutil
import sqlite3

from place import expect, open_place

PAGE = 4096
DAMAGED = "database disk image is malformed"
# A table and an index that the guard reads, and a table it reads first.
SPOILED = ("opt_outs", "opt_outs_by_contact", "suppressions")
# What the guard reads, one page each of an older state: what a disk does that loses a write.
STALE = ("suppressions", "opt_outs", "opt_outs_by_contact", "permissions")


def page(settings):
    """Nobody who stopped is allowed, whichever page is spoiled, before a start or after it."""
    dice = random.Random(settings.seed)
    with open_place(settings.binary) as place:
        stopped = people(place)
        shutil.copytree(place.path("heed-data"), place.path("good"))
        for name in SPOILED:
            for moment in ("stopped", "running"):
                renew(place, "good")
                spoiled(place, stopped, (name, moment, dice))
        stale = lost_writes(place, stopped)
    return (f"{2 * len(SPOILED)} spoiled pages: 503, no wrong yes, verify and backup exit 2; "
            f"{stale} pages of an older state: no wrong yes")


def people(place):
    """Makes people, stops some of them, and keeps the state before the last of these stops."""
    server = place.serve()
    place.register()
    client = server.client()
    for number in range(90):
        expect(client.grant(f"p{number}@mail.example").status == 201, "no consent")
    stopped = [f"p{number}@mail.example" for number in range(0, 90, 3)]
    for address in stopped:
        expect(client.opt_out(address).status == 202, "no opt-out")
    expect(server.stop() == 0, "the server did not end well")
    shutil.copy(place.path("heed-data", "heed.sqlite"), place.path("older.sqlite"))
    client = place.serve().client()
    for address, scope in (("p1@mail.example", "newsletter"), ("p2@mail.example", "global")):
        expect(client.opt_out(address, scope).status == 202, "no opt-out")
        stopped.append(address)
    client.close()
    expect(place.servers[-1].stop() == 0, "the server did not end well")
    place.done("log", "checkpoint")
    place.done("verify", "--no-progress")
    return stopped


def renew(place, name):
    """Puts the good state back."""
    shutil.rmtree(place.path("heed-data"))
    shutil.copytree(place.path(name), place.path("heed-data"))


def leaves(path):
    """The pages at the ends of each table's and index's tree."""
    session = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    try:
        rows = session.execute("SELECT name, pageno FROM dbstat WHERE pagetype = 'leaf'")
        found = {}
        for name, number in rows:
            found.setdefault(name, []).append(number)
        return found
    finally:
        session.close()


def write_page(path, number, content):
    """Writes a page into the file, past SQLite."""
    with open(path, "r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def spoiled(place, stopped, how):
    """One page of noise."""
    name, moment, dice = how
    file = place.path("heed-data", "heed.sqlite")
    number = dice.choice(leaves(file)[name])
    noise = dice.randbytes(PAGE)
    if moment == "stopped":
        write_page(file, number, noise)
    server = place.serve()
    if moment == "running":
        write_page(file, number, noise)
    client = server.client()
    answers = {}
    for address in stopped:
        reply = client.check(address)
        answers[reply.status] = answers.get(reply.status, 0) + 1
        yes = reply.status == 200 and reply.json["allowed"]
        expect(not yes and reply.status in (200, 503),
               f"page {number} of {name}, {moment}: {address} stopped: {reply}")
    # The index is read when somebody stops, by no check.
    noticed = answers.get(503, 0) > 0
    expect(noticed or name == "opt_outs_by_contact", f"{name}: nobody notices: {answers}")
    for scope in ("newsletter", "global"):
        address = f"new.{scope}@mail.example"
        reply = client.opt_out(address, scope)
        expect(reply.status in (202, 503), f"an opt-out: {reply}")
        if reply.status == 202:
            found = client.check(address)
            expect(found.status != 200 or not found.json["allowed"], f"stopped, yet: {found}")
    expect(DAMAGED in server.errors(), f"nothing in the log: {server.errors()[-300:]}")
    server.kill()
    for command in (("verify", "--no-progress"), ("backup", f"{name}-{moment}.sqlite")):
        ran = place.run(*command)
        expect(ran.returncode == 2 and DAMAGED in ran.stderr,
               f"heed {command[0]} with a spoiled page of {name}: {ran.returncode} {ran.stderr}")


def lost_writes(place, stopped):
    """One page each as it was before the last stops; gives how many differ."""
    file, older = place.path("heed-data", "heed.sqlite"), place.path("older.sqlite")
    before, after = leaves(older), leaves(place.path("good", "heed.sqlite"))
    count = 0
    for name in STALE:
        for number in sorted(set(before[name]) & set(after[name])):
            renew(place, "good")
            content = read_page(older, number)
            if content == read_page(file, number):
                continue
            count += 1
            write_page(file, number, content)
            for address in stopped[-2:]:
                ran = place.run("check", address, "--scope", "newsletter")
                expect(ran.returncode in (1, 2), f"page {number} of {name} of an older state: "
                       f"{address} stopped, and is {ran.stdout}")
            ran = place.run("verify", "--no-progress")
            expect(ran.returncode != 0, f"heed verify passes over page {number} of {name}")
    expect(count, "no page differs")
    return count


def read_page(path, number):
    """A page of the file."""
    with open(path, "rb") as file:
        file.seek((number - 1) * PAGE)
        return file.read(PAGE)
