"""Runs the crash and fault drills on the real program: `drill.py HEED [NAME…]`."""

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
import bodies
import clock
import connections
import disk
import key
import kill
import moved
import pages
import servers
from place import Broken

DRILLS = {
    "kill": kill.kill,
    "full-disk": disk.full_disk,
    "read-only": disk.read_only,
    "page": pages.page,
    "moved": moved.moved,
    "clock": clock.clock,
    "master-key": key.master_key,
    "wrong-bodies": bodies.wrong_bodies,
    "ten-thousand": connections.ten_thousand,
    "descriptors": connections.no_descriptors,
    "slow-clients": connections.slow_clients,
    "postgres-restart": servers.restart,
    "postgres-sessions": servers.sessions,
    "postgres-cut": servers.cut,
    "postgres-kill": servers.kill_on_postgres,
}
# They wait more than they work, and are run beside the others.
WAITING = ("slow-clients", "ten-thousand", "descriptors", "postgres-restart",
           "postgres-sessions", "postgres-cut", "postgres-kill")


def arguments():
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", metavar="HEED", help="the program to drill")
    parser.add_argument("names", metavar="NAME", nargs="*", help=", ".join(DRILLS))
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--rounds", type=int, default=200, help="of kill; a tenth on PostgreSQL")
    found = parser.parse_args()
    wrong = [name for name in found.names if name not in DRILLS]
    if wrong:
        parser.error(f"there is no drill {', '.join(wrong)}; there are {', '.join(DRILLS)}")
    if not os.access(found.binary, os.X_OK):
        parser.error(f"{found.binary} is no program")
    found.names = found.names or list(DRILLS)
    return found


def run(name, settings):
    """One drill and its line; True when all holds."""
    started = time.monotonic()
    try:
        word, result = "ok", DRILLS[name](settings)
    except Broken as broken:
        word, result = "BROKEN", str(broken)
    except Exception:  # pylint: disable=broad-exception-caught
        word, result = "BROKEN", traceback.format_exc()
    print(f"{word:6} {name:18} {time.monotonic() - started:6.1f} s  {result}", flush=True)
    return word == "ok"


class Lane(threading.Thread):
    """Drills one after the other, each in a process of its own with limits of its own."""

    def __init__(self, names, settings):
        super().__init__(daemon=True)
        self.names, self.settings, self.failed, self.process = names, settings, [], None

    def run(self):
        """Runs them all, until there are none left."""
        while self.names:
            name = self.names.pop(0)
            self.process = subprocess.Popen(
                [sys.executable, __file__, self.settings.binary, name, "--seed",
                 str(self.settings.seed), "--rounds", str(self.settings.rounds)],
                stdout=subprocess.PIPE, text=True)
            # The seed is printed once, for all.
            print(self.process.stdout.read().split("\n", 1)[-1], end="", flush=True)
            if self.process.wait() != 0:
                self.failed.append(name)


def run_all(settings):
    """Two lanes of drills; the names of those that failed."""
    print(f"seed {settings.seed}", flush=True)
    lanes = [Lane([n for n in settings.names if (n in WAITING) == waits], settings)
             for waits in (False, True)]
    for lane in lanes:
        lane.start()
    try:
        for lane in lanes:
            lane.join()
    finally:
        for lane in lanes:
            lane.names.clear()
            if lane.process and lane.process.poll() is None:
                lane.process.terminate()
                lane.process.wait(60)
    return [name for lane in lanes for name in lane.failed]


def main():
    """One line a drill; exit code 1 when one failed."""
    settings = arguments()
    # What is open is closed when the runner is told to end, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if len(settings.names) == 1:
        print(f"seed {settings.seed}", flush=True)
        return 0 if run(settings.names[0], settings) else 1
    failed = run_all(settings)
    if failed:
        print(f"failed: {', '.join(failed)} (--seed {settings.seed})", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
