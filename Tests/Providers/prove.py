#!/usr/bin/env python3
"""Proves the fakes by the official client libraries, then our connectors by the same fakes.

    python prove.py PATH-TO-ConnectorTranscripts [--transcript FILE]

Needs the packages of requirements.txt. No network: every fake listens on loopback.
"""

import argparse
import json
import sys

import clients
import connectors
import listings
import strictness
import webhooks
from fake.server import serve


def session(kind, run, strict=True):
    """Runs against a new fake of a kind; when strict, an unexpected request is a failure."""
    make = connectors.CASES[kind][0]
    fake = make()
    server, url = serve(fake)
    try:
        result = run(fake, url + fake.base)
    finally:
        server.shutdown()
        server.server_close()
    faults = [text for text in fake.violations if strict or "itself failed" in text]
    if faults:
        raise AssertionError(f"{kind}: {faults}")
    return result, len(fake.seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", help="the built ConnectorTranscripts")
    parser.add_argument("--transcript", help="where to write the requests as JSON")
    options = parser.parse_args()
    passed = failed = 0

    def attempt(name, run):
        nonlocal passed, failed
        try:
            print(f"ok      {name}: {run()}")
            passed += 1
        except Exception as error:
            print(f"FAILED  {name}: {type(error).__name__}: {error}")
            failed += 1

    for kind, proof in clients.PROOFS.items():
        def by_client(kind=kind, proof=proof):
            return f"{session(kind, proof)[1]} requests of the official library"

        attempt(f"{kind} fake", by_client)
    for kind in strictness.BAD:
        def by_bad_samples(kind=kind):
            refused, _ = session(
                kind, lambda fake, url: strictness.prove(kind, fake, url), strict=False
            )
            return f"refuses {refused} wrong requests"

        attempt(f"{kind} strictness", by_bad_samples)
    driver = connectors.Driver(options.binary)
    for kind in connectors.CASES:
        def by_connector(kind=kind):
            scenes, requests = session(
                kind, lambda fake, url: connectors.prove(driver, kind, fake, url)
            )
            return f"{scenes} scenes, {requests} requests"

        attempt(f"{kind} connector", by_connector)
    for kind in connectors.CASES:
        def by_listing(kind=kind):
            people, requests = session(
                kind, lambda fake, url: listings.prove(driver, kind, fake, url)
            )
            return f"{people} people found, {requests} requests"

        attempt(f"{kind} listing", by_listing)
    attempt("webhooks", lambda: f"{webhooks.prove(driver)} messages")
    driver.close()
    if options.transcript:
        with open(options.transcript, "w", encoding="utf-8") as file:
            json.dump(driver.transcript, file, indent=1, ensure_ascii=False)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
