"""Bytes on a connection as a careless or hostile client sends them, and the status that comes."""

import socket

NO_ANSWER = 0


class Line:
    """A connection of bytes."""

    def __init__(self, port, seconds=20):
        self.link = socket.create_connection(("127.0.0.1", port), timeout=seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def send(self, content):
        """Sends bytes; False when the server has closed."""
        try:
            self.link.sendall(content)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def half_close(self):
        """Says that nothing more comes."""
        try:
            self.link.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def status(self):
        """The status of the answer; NO_ANSWER when the server closes; None when it is silent."""
        found = b""
        try:
            while b"\r\n" not in found:
                more = self.link.recv(4096)
                if not more:
                    return NO_ANSWER
                found += more
        except socket.timeout:
            return None
        except ConnectionResetError:
            return NO_ANSWER
        return int(found.split(b" ", 2)[1])


def head(path, kind, key, *fields):
    """The head of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    return ("\r\n".join([*lines, *fields]) + "\r\n\r\n").encode()
