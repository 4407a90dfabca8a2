"""A mail server on a free port of this machine that keeps every message it is handed."""

import email
import email.policy
import re
import socketserver
import threading
import time


class _Conversation(socketserver.StreamRequestHandler):
    """As much SMTP as it takes to be handed messages (RFC 5321)."""

    def _say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self._say("220 sink")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                lines = []
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    lines.append(part)
                self.server.keep(b"".join(lines))
                self._say("250 2.0.0 taken")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")


class MailSink(socketserver.ThreadingTCPServer):
    """Listens until it is closed."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.port = self.server_address[1]
        self._messages, self._arrived = [], threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def keep(self, message):
        """Takes a message."""
        with self._arrived:
            self._messages.append(email.message_from_bytes(message, policy=email.policy.default))
            self._arrived.notify_all()

    def count(self, address):
        """How many messages went to an address so far."""
        return sum(message["To"] == address for message in self._messages)

    def newest(self, address, number):
        """The message of this number, from 1 on, to an address, once it is there."""
        limit = time.monotonic() + 60
        with self._arrived:
            while self.count(address) < number:
                left = limit - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"message {number} did not come")
                self._arrived.wait(left)
            return [m for m in self._messages if m["To"] == address][number - 1]

    def settings(self):
        """The settings by which Heed sends here."""
        return {
            "HEED_MAIL_HOST": "127.0.0.1", "HEED_MAIL_PORT": str(self.port),
            "HEED_MAIL_SECURITY": "none", "HEED_MAIL_FROM": "hello@shop.example",
        }

    def close(self):
        """Ends it."""
        self.shutdown()
        self.server_close()


def link(message):
    """The one link of a message, which its text and its HTML share."""
    text = message.get_body(("plain",)).get_content()
    found = re.findall(r"https?://\S+", text)
    if len(found) != 1:
        raise AssertionError(f"{len(found)} links in a message")
    html = message.get_body(("html",)).get_content()
    if f'href="{found[0]}"' not in html:
        raise AssertionError("text and HTML of a message differ")
    return found[0]
