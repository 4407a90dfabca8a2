#!/usr/bin/env python3
"""Serves one fake until it is ended, for tests that need a whole provider; or asks one something.

    python serve.py KIND                          prints its URL, then serves
    python serve.py ask URL METHOD PATH [JSON]    with SendGrid's key; prints the answer
"""

import sys
import threading
import urllib.request

from fake import brevo, mailchimp, mailgun, postmark, resend, sendgrid, ses, sparkpost
from fake.server import serve

KINDS = {
    "ses": ses.SES, "sendgrid": sendgrid.SendGrid, "mailgun": mailgun.Mailgun,
    "postmark": postmark.Postmark, "sparkpost": sparkpost.SparkPost,
    "mailchimp": mailchimp.Mailchimp, "brevo": brevo.Brevo, "resend": resend.Resend,
}


def ask(url, method, path, body=None):
    """Sends one request and prints what comes back."""
    request = urllib.request.Request(
        url + path, method=method, data=body.encode() if body else None,
        headers={"authorization": f"Bearer {sendgrid.KEY}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        print(response.read().decode())


def main():
    if sys.argv[1] == "ask":
        return ask(*sys.argv[2:])
    fake = KINDS[sys.argv[1]]()
    _, url = serve(fake)
    print(url + fake.base, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
