"""Has schemathesis fuzz every operation of openapi.yaml on a running server, once for each role.

Usage: fuzz.py HEED DOCUMENT SEED EXAMPLES FOLDER [ROLE...]
"""

import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

from fuzz_installation import ROLES, WEBHOOK_SECRET, Fuzzed
from fuzz_settings import toml, settings

HERE = pathlib.Path(__file__).parent
# A key that was never made, and none at all.
STRANGERS = {"stranger": "heed_0123456789ab_" + "0" * 64, "nobody": None}
# Fewer than so many of a hundred operations that say yes to an admin: what is sent is not real.
REACHED_MINIMUM = 85


@dataclasses.dataclass
class Round:
    """One role's turn with its key."""

    role: str
    key: str | None
    document: str
    seed: str
    examples: int
    folder: pathlib.Path

    def file(self, suffix):
        """A file of this round."""
        return self.folder / f"fuzz-{self.role}{suffix}"

    def run(self, fuzzed):
        """Whether all was well; says how much there was, and everything where it was not."""
        self.file(".toml").write_text("".join(
            f"{name} = {toml(value)}\n" for name, value in
            settings(fuzzed.known, self.key, self.role, self.document).items()
        ), encoding="utf-8")
        start = time.monotonic()
        try:
            # Whatever does not end is as wrong as whatever fails.
            done = subprocess.run(
                self._command(fuzzed.base), env=self._environment(), capture_output=True,
                text=True, check=False, timeout=max(300, 30 * self.examples),
            )
        except subprocess.TimeoutExpired:
            print(f"fuzz: {self.role}: no end after {time.monotonic() - start:.0f} s", flush=True)
            return False
        self._tell(done.stdout, time.monotonic() - start)
        good = done.returncode == 0 and self._is_real()
        if not good:
            print(done.stdout, done.stderr, flush=True)
        return good

    def _command(self, base):
        return [
            str(pathlib.Path(sys.executable).parent / "st"),
            "--config-file", str(self.file(".toml")), "run", self.document, "--url", base,
            "--seed", self.seed, "--max-examples", str(self.examples), "--phases",
            "examples,coverage,fuzzing", "--checks", "all", "--no-color",
        ]

    def _environment(self):
        return os.environ | {
            "FUZZ_ROLE": self.role, "FUZZ_KEY": self.key or "",
            "FUZZ_WEBHOOK_SECRET": WEBHOOK_SECRET, "FUZZ_COUNTS": str(self.file(".json")),
            "SCHEMATHESIS_HOOKS": "fuzz_hooks", "PYTHONPATH": str(HERE),
        }

    def _counts(self):
        try:
            return json.loads(self.file(".json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"answers": {}, "slowest": [0, "nothing"]}

    def _reached(self):
        answers = self._counts()["answers"]
        return sum(any(status[0] in "23" for status in found) for found in answers.values())

    def _tell(self, output, seconds):
        counts = self._counts()
        cases = re.search(r"(\d+) generated", output)
        print(f"fuzz: {self.role}: {cases[1] if cases else 0} cases in {seconds:.0f} s, "
              f"{self._reached()} of {len(counts['answers'])} operations said yes, "
              f"slowest {counts['slowest'][0]:.1f} s ({counts['slowest'][1]})", flush=True)

    def _is_real(self):
        if self.role != "admin":
            return True
        enough = 100 * self._reached() >= REACHED_MINIMUM * len(self._counts()["answers"]) > 0
        if not enough:
            print("fuzz: too few operations said yes to an admin")
        return enough


def healthy(fuzzed):
    """Whether the installation is what its log says, and nothing failed inside it."""
    for command in (("verify",), ("log", "verify")):
        print("fuzz:", fuzzed.heed.run(*command).splitlines()[-1])
    path = pathlib.Path(fuzzed.heed.folder) / "serve.err"
    lines = path.read_text(encoding="utf-8").splitlines()
    failed = [line for line in lines if "request failed" in line or "Fatal error" in line]
    print("\n".join(failed), end="\n" if failed else "")
    return not failed


def main(binary, document, seed, examples, folder, *wanted):
    """All rounds on one installation, which has to be whole afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    fuzzed = Fuzzed(binary, folder)
    try:
        keys = {role: fuzzed.keys[role] for role in ROLES} | STRANGERS
        rounds = [Round(role, keys[role], document, seed, int(examples), pathlib.Path(folder))
                  for role in wanted or keys]
        good = [one.run(fuzzed) for one in rounds]
    finally:
        fuzzed.stop()
    return 0 if healthy(fuzzed) and all(good) else 1


sys.exit(main(*sys.argv[1:]))
