"""Runs the crash and fault drills on the real program: `drill.py HEED [NAME…]`."""

import argparse
import os
import random
import signal
import sys
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
import pages
import servers
from place import Broken

DRILLS = {
    "kill": kill.kill,
    "full-disk": disk.full_disk,
    "read-only": disk.read_only,
    "page": pages.page,
    "clock": clock.clock,
    "master-key": key.master_key,
    "wrong-bodies": bodies.wrong_bodies,
    "slow-clients": connections.slow_clients,
    "ten-thousand": connections.ten_thousand,
    "descriptors": connections.no_descriptors,
    "postgres-restart": servers.restart,
    "postgres-sessions": servers.sessions,
    "postgres-cut": servers.cut,
    "postgres-kill": servers.kill_on_postgres,
}


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
    return found


def main():
    """One line a drill; exit code 1 when one failed."""
    settings = arguments()
    # What is open is closed when the runner is told to end, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"seed {settings.seed}", flush=True)
    failed = []
    for name in settings.names or DRILLS:
        started = time.monotonic()
        try:
            word, result = "ok", DRILLS[name](settings)
        except Broken as broken:
            word, result = "BROKEN", str(broken)
        except Exception:  # pylint: disable=broad-exception-caught
            word, result = "BROKEN", traceback.format_exc()
        if word != "ok":
            failed.append(name)
        print(f"{word:6} {name:18} {time.monotonic() - started:6.1f} s  {result}", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)} (--seed {settings.seed})", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
