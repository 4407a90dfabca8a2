"""PostgreSQL that is restarted, locked by somebody else, or out of connections."""

import contextlib
import os
import signal
import threading
import time

from cluster import open_cluster
from cutter import Cutter
from kill import Rounds, completed, survive, whole
from load import LOST, Load, Memory, imports_end, in_force, replay
from place import Broken, eventually, expect, open_place

# How long an opt-out may wait before it is refused, in seconds: for a session, and for a lock.
BOUND = 20
RESTARTS = 3


def kill_on_postgres(settings):
    """kill -9 of the program, as on SQLite, a tenth as often."""
    starts = []
    rounds = max(1, settings.rounds // 10)
    with open_cluster(settings.binary) as (place, _):
        memory = survive(place, Rounds(settings.seed, rounds), starts)
    return (f"{rounds} rounds, {memory.answers} acknowledgements kept, "
            f"slowest start {max(starts) * 1000:.0f} ms")


def restart(settings):
    """PostgreSQL goes down at once under load, and comes back."""
    with open_cluster(settings.binary) as (place, cluster):
        server = place.serve()
        place.register()
        memory, slowest = Memory(), 0.0
        for number in range(RESTARTS):
            load = Load(server, memory, f"r{number}", f"{settings.seed}.{number}")
            try:
                answered(memory, 20)
                memory.outage.set()
                cluster.stop(signal.SIGQUIT)
                slowest = max(slowest, refusal(server))
                cluster.start()
                answered(memory, 20)
            finally:
                load.end()
            memory.outage.clear()
            expect(not memory.wrong, f"restart {number}: {memory.wrong[:3]}")
        expect(server.alive(), "heed serve ended with PostgreSQL")
        client = server.client()
        eventually("/readyz is 200", lambda: client.get("/readyz").status == 200)
        replay(client, memory)
        in_force(client, memory.stopped, memory.agreed, memory.erased)
        imports_end(client, memory)
        completed(client, memory)
        expect(server.stop() == 0, "the server did not end well")
        whole(place)
    return (f"{RESTARTS} restarts, {memory.answers} acknowledgements kept, {memory.refusals} "
            f"answers 503, the slowest after {slowest:.1f} s; it heals by itself")


def cut(settings):
    """A session that is cut as soon as it is open: a failover, or a restart at that moment."""
    with open_place(settings.binary) as place:
        os.mkdir(place.path("heed-data"))
        with open(place.path("heed-data", "master.key"), "w", encoding="ascii") as file:
            file.write("0f" * 32)
        # A crash ends at once, without a search for its cause.
        place.environment["SWIFT_BACKTRACE"] = "enable=no"
        place.environment["HEED_DATABASE_WAIT_MILLISECONDS"] = "500"
        for after in (0, 1, 100, 400):
            with Cutter(after) as cutter:
                url = f"postgres://heed_node@127.0.0.1:{cutter.port}/heed"
                ran = place.run("check", "a@mail.example", "--scope", "newsletter",
                                "--database", url)
            expect(cutter.count, "no session was opened")
            expect(ran.returncode == 2, f"cut after {after} bytes, `heed check` ends with "
                   f"{ran.returncode}: {(ran.stdout + ran.stderr)[:200]}")
    return f"exit 2: {ran.stderr.strip()}"


def answered(memory, more):
    """Waits until so many more requests of a load have succeeded."""
    before = memory.answers
    eventually(lambda: f"{more} more acknowledgements: {memory.wrong[:2]}",
               lambda: memory.answers >= before + more or memory.wrong)


def refusal(server):
    """While PostgreSQL is away: an opt-out, a check and /readyz are 503; the slowest in seconds."""
    client, slowest = server.client(BOUND), 0.0
    for ask in (lambda: client.opt_out("away@mail.example"), lambda: client.get("/readyz"),
                lambda: client.check("away@mail.example")):
        started = time.monotonic()
        try:
            reply = ask()
        except LOST as error:
            raise Broken(f"without PostgreSQL: {error!r}; heed serve: "
                         f"{server.process.poll()} {server.errors()[-300:]}") from error
        slowest = max(slowest, time.monotonic() - started)
        expect(reply.status == 503, f"without PostgreSQL: {reply}")
    expect(client.get("/healthz").status == 200, "/healthz is not 200")
    client.close()
    return slowest


def sessions(settings):
    """Somebody else has locks, or all connections: refused in time, and healed afterwards."""
    with open_cluster(settings.binary, connections=24) as (place, cluster):
        server = place.serve(environment={"HEED_DATABASE_SESSIONS": "8"})
        place.register()
        client = server.client(BOUND)
        expect(client.opt_out("first@mail.example").status == 202, "no opt-out")
        with cluster.holding("BEGIN; LOCK TABLE heed.opt_outs IN ACCESS EXCLUSIVE MODE;"):
            locked = crowd(server, 40, "l")
            expect(set(locked) == {503}, f"with the table locked: {locked}")
        heals(client)
        with contextlib.ExitStack() as held:
            # A superuser takes those that are kept for superusers, too, until there is no more.
            with contextlib.suppress(Broken):
                for _ in range(24):
                    held.enter_context(cluster.holding("BEGIN;"))
            full = crowd(server, 40, "f")
            expect(set(full) <= {202, 503}, f"with no connection left: {full}")
            ran = place.run("check", "first@mail.example", "--scope", "newsletter")
            expect(ran.returncode == 2, "without a connection, `heed check` ends with "
                   f"{ran.returncode}: {ran.stdout}{ran.stderr}")
            words = ran.stderr.strip()
        heals(client)
        cluster.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE usename = 'heed_node'")
        heals(client)
        expect(not client.check("first@mail.example").json["allowed"], "stopped and allowed")
        expect(server.stop() == 0, "the server did not end well")
        whole(place)
    return (f"locked: 40 of 40 are 503 within {max(locked[503]):.1f} s; no connection left: "
            f"40 answers { {s: len(t) for s, t in full.items()} }; heals by itself; {words[-40:]}")


def heals(client):
    """Opt-outs are taken again without anybody's help."""
    def again():
        try:
            return client.opt_out("again@mail.example").status == 202
        except LOST:
            return False
    eventually("opt-outs are taken again", again)


def crowd(server, count, name):
    """So many opt-outs at once; the seconds they took, by status, None for silence."""
    found, lock = {}, threading.Lock()

    def ask(number):
        started = time.monotonic()
        try:
            status = server.client(BOUND).opt_out(f"{name}{number}@mail.example").status
        except LOST:
            status = None
        with lock:
            found.setdefault(status, []).append(time.monotonic() - started)
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND + 10)
    return found
