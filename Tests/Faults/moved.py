"""The database's file taken away from under a running server."""

import os

from disk import heals, none_allowed, refused
from place import expect, open_place

FILES = ("heed.sqlite", "heed.sqlite-wal", "heed.sqlite-shm")


def moved(settings):
    """Nothing is acknowledged that nobody would find again; with the file back all goes on."""
    with open_place(settings.binary) as place:
        server = place.serve()
        place.register()
        client = server.client()
        expect(client.grant("yes@mail.example").status == 201, "no consent")
        expect(client.opt_out("told@mail.example").status == 202, "no opt-out")
        there = [name for name in FILES if os.path.exists(place.path("heed-data", name))]
        for name in there:
            os.rename(place.path("heed-data", name), place.path("heed-data", name + ".away"))
        refused(client, "not-stored")
        expect(client.get("/readyz").status == 503, "/readyz says that all is well")
        none_allowed(client, ["told@mail.example"])
        for name in there:
            os.rename(place.path("heed-data", name + ".away"), place.path("heed-data", name))
        heals(client)
        none_allowed(client, ["told@mail.example", "later@mail.example"])
        expect(server.stop() == 0, "the server did not end well")
        place.done("verify", "--no-progress")
    return "without its file 503 and not ready; with it back all goes on"
