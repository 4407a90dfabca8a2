"""Something that looks like PostgreSQL until a session is open, and then hangs up."""

import socket
import struct
import threading

READ_WRITE = {"server_version": "15.4", "client_encoding": "UTF8", "in_hot_standby": "off",
              "default_transaction_read_only": "off", "standard_conforming_strings": "on",
              "integer_datetimes": "on", "server_encoding": "UTF8", "DateStyle": "ISO, MDY"}
# SSLRequest and GSSENCRequest, which are answered with "no".
ASKS = (80877103, 80877104)


def message(kind, content):
    """A message of the server's: its kind, its length, its content."""
    return kind + struct.pack("!I", len(content) + 4) + content


class Cutter:
    """Listens on a free port; each session is cut after so many bytes of its first statements."""

    def __init__(self, after):
        self.after, self.count = after, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        while True:
            try:
                link, _ = self.socket.accept()
            except OSError:
                return
            with link:
                link.settimeout(10)
                try:
                    self._open(link)
                except OSError:
                    continue

    def _open(self, link):
        while True:
            size, code = struct.unpack("!II", link.recv(8, socket.MSG_WAITALL))
            link.recv(size - 8, socket.MSG_WAITALL)
            if code not in ASKS:
                break
            link.sendall(b"N")
        greeting = message(b"R", struct.pack("!I", 0))
        for name, value in READ_WRITE.items():
            greeting += message(b"S", f"{name}\0{value}\0".encode())
        greeting += message(b"K", struct.pack("!II", 1, 2)) + message(b"Z", b"I")
        link.sendall(greeting)
        if self.after:
            link.recv(self.after, socket.MSG_WAITALL)
        self.count += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
