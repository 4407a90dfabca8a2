"""Clients that are slow, that do not read, and ten thousand of them at once."""

import resource
import select
import socket
import threading
import time

from place import FORM, JSON, eventually, expect, open_place
from wire import Line, head

MANY = 10_000
# An opt-out beside all this, in seconds; alone it takes some hundredths.
BOUND = 5
# How long a request may take to arrive before its connection is closed.
PATIENCE = 75


def slow_clients(settings):
    """Who is slow waits; an opt-out does not wait for them."""
    with open_place(settings.binary) as place:
        server = place.serve()
        place.register()
        client = server.client(BOUND)
        expect(client.grant("yes@mail.example").status == 201, "no consent")
        slow = [Slow(server.port, *how) for how in habits(place.key()) for _ in range(10)]
        reader = Unread(server.port, place.key())
        limit, slowest, count = time.monotonic() + PATIENCE, 0.0, 0
        before = memory(server)
        try:
            while time.monotonic() < limit and not all(s.is_over for s in slow):
                count += 1
                slowest = max(slowest, timed(client, f"s{count}@mail.example"))
                for each in slow:
                    each.drip()
                select.select([], [], [], 0.25)
            open_still = sorted({s.what for s in slow if not s.is_over})
            grown = memory(server) - before
            expect(grown < 100_000, f"memory has grown by {grown} KB")
            expect(reader.sent < 64 << 20, f"{reader.sent} bytes were taken from who reads nothing")
            expect(not open_still, f"still open after {PATIENCE} s: {'; '.join(open_still)}")
        finally:
            reader.close()
            for each in slow:
                each.close()
    return f"{len(slow)} slow clients are closed; opt-outs beside them at most {slowest:.2f} s"


def habits(key):
    """What is sent at first, and what once in a while."""
    form = "Content-Length: 4000"
    return (("a head, a byte now and then", b"POST /v1/opt-outs HTTP/1.1\r\nX-A: ", b"a"),
            ("a request line that does not end", b"GET /", b"a"),
            ("a body, a byte now and then", head("/u/abc", FORM, "", form), b"a"),
            ("a body that does not come", head("/v1/opt-outs", JSON, key, form), b""),
            ("nothing", b"", b""))


class Slow:
    """A client who takes their time."""

    def __init__(self, port, what, first, piece):
        self.what, self.piece, self.is_over = what, piece, False
        self.line = Line(port)
        self.line.send(first)
        self.line.link.setblocking(False)
        self.next = 0.0

    def drip(self):
        """Sends a little once a second, and looks whether the server still listens."""
        if self.is_over:
            return
        try:
            # An answer, such as 408, or the end.
            self.is_over = self.line.link.recv(1000) is not None
        except BlockingIOError:
            pass
        except OSError:
            self.is_over = True
        if self.piece and not self.is_over and time.monotonic() > self.next:
            self.next = time.monotonic() + 1
            self.is_over = not self.line.send(self.piece)

    def close(self):
        """Goes away."""
        self.line.link.close()


class Unread:
    """Sends a list without end and reads no answer."""

    def __init__(self, port, key):
        self.sent = 0
        self.link = socket.socket()
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.link.connect(("127.0.0.1", port))
        self.link.sendall(head("/v1/sends/filter?scope=newsletter", "text/plain", key,
                               "Transfer-Encoding: chunked"))
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self):
        part = b"nobody-of-this-name@mail.example\n" * 1000
        try:
            while True:
                self.link.sendall(b"%x\r\n%s\r\n" % (len(part), part))
                self.sent += len(part)
        except OSError:
            return

    def close(self):
        """Goes away."""
        try:
            self.link.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.link.close()
        self.thread.join(10)


def timed(client, address):
    """Seconds that an opt-out takes."""
    started = time.monotonic()
    reply = client.opt_out(address)
    expect(reply.status == 202, f"an opt-out beside slow clients: {reply}")
    return time.monotonic() - started


def memory(server):
    """Kilobytes that the server has in memory."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def processor(server):
    """Seconds of processor time that the server has used."""
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def ten_thousand(settings):
    """Ten thousand connections that are open and silent, and an opt-out beside them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    expect(hard == resource.RLIM_INFINITY or hard >= MANY + 500,
           f"needs {MANY + 500} open files; the limit is {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with open_place(settings.binary) as place:
        server = place.serve()
        place.register()
        client = server.client(BOUND)
        timed(client, "first@mail.example")
        started, before = time.monotonic(), memory(server)
        links = crowd(server.port, MANY)
        took = time.monotonic() - started
        try:
            kept = timed(client, "kept@mail.example")
            fresh = timed(server.client(BOUND), "fresh@mail.example")
            grown = memory(server) - before
        finally:
            for link in links:
                link.close()
        eventually("an opt-out after them", lambda: timed(client, "after@mail.example") < 1)
        expect(server.stop() == 0, "the server did not end well")
    return (f"opened in {took:.0f} s; opt-out on a kept connection {kept:.2f} s, on a new one "
            f"{fresh:.2f} s; {grown // MANY} KB each")


def crowd(port, count):
    """Connections that say nothing, opened by several threads."""
    links, lock = [], threading.Lock()

    def work():
        while True:
            with lock:
                if len(links) >= count:
                    return
            link = socket.create_connection(("127.0.0.1", port), timeout=30)
            with lock:
                links.append(link)
    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    expect(len(links) >= count, f"{len(links)} connections of {count} are open")
    return links


def no_descriptors(settings):
    """More connections than the server may have open files: who is there is served."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open_place(settings.binary) as place:
        place.register()
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200 if hard < 200 else hard))
        try:
            server = place.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        server.await_start()
        client = server.client(BOUND)
        timed(client, "first@mail.example")
        links = crowd(server.port, 400)
        try:
            timed(client, "kept@mail.example")
            used = processor(server)
            limit = time.monotonic() + 3
            eventually("3 s have passed", lambda: time.monotonic() > limit, 10, 0.1)
            used = processor(server) - used
            expect(used < 1, f"out of descriptors, the server spins: {used:.1f} s of 3 s")
        finally:
            for link in links:
                link.close()
        eventually("a new client is served", lambda: served(server), 30, 0.1)
    return f"kept connections are served; {used:.1f} s of processor in 3 s"


def served(server):
    """Whether a new connection is answered."""
    try:
        return server.client(2).opt_out("new@mail.example").status == 202
    except OSError:
        return False
