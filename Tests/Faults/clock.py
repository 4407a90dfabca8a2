"""A clock that is set back, and one that was ahead, by libfaketime (Debian: `faketime`)."""

import glob
import os

from place import Broken, expect, open_place

LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"
BACK, AHEAD = "-30d", "+30d"


def clock(settings):
    """Whatever the clock says, who stopped stays stopped, and the log only grows."""
    with open_place(settings.binary) as place:
        server = place.serve()
        place.register()
        client = server.client()
        for name in ("stopped", "later", "global", "forward"):
            expect(client.grant(f"{name}@mail.example").status == 201, "no consent")
        stop(client, "stopped")
        expect(server.stop() == 0, "the server did not end well")
        keep_head(place, "before", {})
        back(place)
        ahead(place)
        client = place.serve().client()
        refused(client, "stopped", "later", "global", "new", "forward")
        # The yes of now is older than the stop of a clock that was ahead.
        reply = client.grant("forward@mail.example")
        expect(reply.status == 409, f"a yes before the stop of a clock that was ahead: {reply}")
        refused(client, "forward")
        client.close()
        expect(place.servers[-1].stop() == 0, "the server did not end well")
        place.done("log", "checkpoint")
        for kept in ("before", "back", "ahead"):
            place.done("log", "verify", "--checkpoint", f"{kept}.checkpoint")
        place.done("verify", "--no-progress")
    return "30 days back and ahead: stops hold, an older yes is 409, each kept head is extended"


def back(place):
    """Days that were there before: a start, stops, and no yes that lifts them."""
    client = faked(place, BACK).client()
    refused(client, "stopped")
    for name, scope in (("later", "newsletter"), ("global", "global"), ("new", "newsletter")):
        stop(client, name, scope)
    for name in ("stopped", "global"):
        reply = client.grant(f"{name}@mail.example")
        if name == "stopped":
            expect(reply.status == 409, f"a yes 30 days before the stop: {reply}")
    refused(client, "stopped", "later", "new")
    client.close()
    expect(place.servers[-1].stop() == 0, "the server did not end well")
    keep_head(place, "back", fake(BACK))
    # The yes that came after the global stop, by that clock, counts again; a new stop ends it.
    stop(place.serve().client(), "global", "global")
    place.servers[-1].stop()


def ahead(place):
    """A stop that was written down with a date to come."""
    client = faked(place, AHEAD).client()
    refused(client, "stopped", "later", "global", "new")
    stop(client, "forward")
    client.close()
    expect(place.servers[-1].stop() == 0, "the server did not end well")
    keep_head(place, "ahead", fake(AHEAD))


def stop(client, name, scope="newsletter"):
    """An opt-out that is in force at once."""
    reply = client.opt_out(f"{name}@mail.example", scope)
    expect(reply.status == 202, f"an opt-out: {reply}")
    refused(client, name)


def refused(client, *names):
    """The guard allows none of these."""
    for name in names:
        reply = client.check(f"{name}@mail.example")
        expect(reply.status == 200 and not reply.json["allowed"], f"{name} stopped: {reply}")


def fake(offset):
    """The environment of a program whose clock is off; waits are not."""
    found = glob.glob(LIBRARIES)
    if not found:
        raise Broken("there is no libfaketime: apt-get install faketime")
    return {"LD_PRELOAD": found[0], "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def through_env(place):
    """libfaketime adds a variable when a program starts, and Swift then finds no arguments.

    Started by another program that has it already, Swift does.
    """
    path = place.path("heed-by-env")
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec env "{place.binary}" "$@"\n')
        os.chmod(path, 0o755)
    return path


def faked(place, offset):
    """A server with another clock."""
    real, place.binary = place.binary, through_env(place)
    try:
        return place.serve(environment=fake(offset))
    finally:
        place.binary = real


def keep_head(place, name, environment):
    """Signs a head over everything, and keeps it."""
    real = place.binary
    if environment:
        place.binary = through_env(place)
    try:
        ran = place.run("log", "checkpoint", environment=environment)
    finally:
        place.binary = real
    expect(ran.returncode == 0 and "\n\n" in ran.stdout,
           f"heed log checkpoint: {ran.returncode} {ran.stdout}{ran.stderr}")
    with open(place.path(f"{name}.checkpoint"), "w", encoding="utf-8") as file:
        file.write(ran.stdout)
