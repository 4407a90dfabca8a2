"""Reads one JSON line {"secret", "headers", "body"} and says by its exit code whether the package
standardwebhooks accepts the message: 0 accepted, 1 refused, 2 not understood."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def main() -> int:
    try:
        message = json.loads(sys.stdin.readline())
        secret, headers, body = message["secret"], message["headers"], message["body"]
    except (ValueError, KeyError, TypeError) as error:
        print(f"not understood: {error!r}", file=sys.stderr)
        return 2
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
