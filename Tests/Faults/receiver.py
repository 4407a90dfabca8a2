"""Another system that is told by webhooks, and fails now and then."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Answers on a free port; each seventh message is refused, each eleventh left without answer.

    What a message without an answer said was taken: it comes again, under the same id.
    """

    def __init__(self):
        self.count, self.taken, self.lock = 0, set(), threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """One message."""

            protocol_version = "HTTP/1.1"

            def do_POST(self):
                """Takes it, refuses it, or takes it and says nothing."""
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = receiver.take(self.headers.get("webhook-id", ""))
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        class Quiet(ThreadingHTTPServer):
            """A sender that is killed is no error."""

            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                """Says nothing."""

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def take(self, name):
        """The status for a message; None for no answer."""
        with self.lock:
            self.count += 1
            if self.count % 7 == 0:
                return 503
            self.taken.add(name)
            return None if self.count % 11 == 0 else 204

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
