"""kill -9 at a random moment under mixed load, again and again."""

import random
import time

from load import Load, Memory, imports_end, in_force, replay
from place import eventually, expect, open_place
from receiver import Receiver

# The log is verified anew by each start, so an installation that grew for ever would slow down.
ROUNDS_OF_ONE = 200


def kill(settings):
    """Nothing that was acknowledged is lost, whenever the server dies."""
    done, answers, starts, left = 0, 0, [], settings.rounds
    while left > 0:
        part = min(left, ROUNDS_OF_ONE)
        with open_place(settings.binary) as place:
            memory = survive(place, Rounds(f"{settings.seed}.{done}", part), starts)
        done, left, answers = done + part, left - part, answers + memory.answers
    slowest = max(starts)
    return (f"{done} rounds, {answers} acknowledgements kept, "
            f"slowest start {slowest * 1000:.0f} ms")


class Rounds:
    """How many times, and from which seed."""

    def __init__(self, seed, count):
        self.seed, self.count, self.dice = seed, count, random.Random(seed)


def survive(place, rounds, starts):
    """Some rounds on one installation, and what holds at the end; gives what was told."""
    memory = Memory()
    # An attempt that died with its server counts. The eighth waits ten hours, at a hundredth of the
    # delays still six minutes; at a thousandth every opt-out is told before the drill gives up.
    place.environment["HEED_RETRY_SCALE"] = "0.001"
    with Receiver() as receiver:
        server = place.serve()
        place.register()
        place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
        for number in range(rounds.count):
            server = one_round(place, server, memory, (rounds, number))
            starts.append(server.seconds)
        client = server.client()
        in_force(client, memory.stopped, memory.agreed, memory.erased)
        imports_end(client, memory)
        completed(client, memory)
        expect(receiver.taken, "the other system was told nothing")
        client.close()
        expect(server.stop() == 0, f"the last server did not end well: {server.errors()[-400:]}")
    whole(place)
    return memory


def one_round(place, server, memory, which):
    """Load, a kill, a start, and what has to hold at once; gives the new server."""
    rounds, number = which
    before = marks(memory)
    load = Load(server, memory, f"r{number}", f"{rounds.seed}.{number}")
    limit = time.monotonic() + rounds.dice.uniform(0.02, 0.35)
    try:
        eventually("the moment has come",
                   lambda: time.monotonic() > limit or memory.wrong, step=0.002)
        memory.cut.set()
        server.kill()
    finally:
        load.end()
    expect(not memory.wrong, f"round {number}: {memory.wrong[:3]}")
    started = time.monotonic()
    server = place.serve()
    server.seconds = time.monotonic() - started
    client = server.client()
    replay(client, memory)
    new = [found - old for found, old in zip(marks(memory), before)]
    in_force(client, *new)
    client.close()
    return server


def marks(memory):
    """What was told until now."""
    return set(memory.stopped), set(memory.agreed), set(memory.erased)


def metric(client, name):
    """The sum of a measurement's values."""
    lines = client.get("/metrics").text.splitlines()
    expect(f"# TYPE {name} gauge" in lines, f"/metrics has no {name}")
    return sum(float(l.rsplit(" ", 1)[1]) for l in lines if l.startswith((name + "{", name + " ")))


def completed(client, memory):
    """Everybody was told of every opt-out, and every erasure is done."""
    def is_open():
        return metric(client, "heed_optouts_open")
    eventually(lambda: f"all opt-outs are completed: {is_open():.0f} are not",
               lambda: not is_open(), 240, 0.1)
    for _, name in list(memory.keys.values())[-100:]:
        found = client.get(f"/v1/opt-outs/{name}").json
        states = [target["state"] for target in found["targets"]]
        expect(found["status"] == "completed" and set(states) <= {"confirmed"},
               f"opt-out {name} is {found['status']}, {states}")
    for address, name in memory.erased.items():
        def status(name=name):
            return client.get(f"/v1/erasures/{name}").json["status"]
        eventually(lambda: f"the erasure of {address} is done: {status()}",
                   lambda: status() == "completed", 60, 0.05)


def whole(place):
    """The log and everything that follows from it is good."""
    place.done("log", "verify")
    place.done("verify", "--no-progress")
