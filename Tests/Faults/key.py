"""The master key's file is gone, under a server and at its start, or is another one."""

import os

from place import Broken, expect, open_place

MISSING = "the master key is missing: expected in ./heed-data/master.key, "


def master_key(settings):
    """Without its key nothing starts and nothing new is made; a server that has it goes on."""
    with open_place(settings.binary) as place:
        server = place.serve()
        place.register()
        client = server.client()
        expect(client.opt_out("stopped@mail.example").status == 202, "no opt-out")
        file, kept = place.path("heed-data", "master.key"), place.path("kept.key")
        os.rename(file, kept)
        expect(client.opt_out("new@mail.example").status == 202, "a server that has the key stops")
        for name in ("stopped", "new"):
            reply = client.check(f"{name}@mail.example")
            expect(reply.status == 200 and not reply.json["allowed"], f"{name} stopped: {reply}")
        for command in (("check", "new@mail.example", "--scope", "newsletter"),
                        ("opt-out", "line@mail.example", "--global"), ("verify", "--no-progress"),
                        ("backup", "copy.sqlite")):
            ran = place.run(*command)
            expect(ran.returncode == 2 and MISSING in ran.stderr,
                   f"heed {command[0]} without the key: {ran.returncode} {ran.stderr}")
        expect(server.stop() == 0, "the server did not end well")
        no_start(place, MISSING)
        expect(not os.path.exists(file), "a new key was made beside a database that needs another")
        for content, words in (("0f" * 32, "the master key does not open this database: it needs"),
                               ("", "the master key has to be 64 hexadecimal digits"),
                               ("nonsense", "the master key has to be 64 hexadecimal digits")):
            with open(file, "w", encoding="ascii") as other:
                other.write(content)
            no_start(place, words)
        os.replace(kept, file)
        client = place.serve().client()
        for name in ("stopped", "new"):
            expect(not client.check(f"{name}@mail.example").json["allowed"], f"{name} is allowed")
    return "a running server goes on; starts and commands refuse with exit 2; the key back, all is"


def no_start(place, words):
    """A start ends at once and says why."""
    server = place.start()
    try:
        server.await_start(20)
    except Broken:
        pass
    else:
        raise Broken(f"the server starts, without: {words}")
    expect(server.process.returncode == 2 and words in server.errors(),
           f"the start ends with {server.process.returncode}: {server.errors()}")
