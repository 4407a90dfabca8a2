"""A strict HTTP server: it knows few requests and remembers each one it did not expect."""

import base64
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote


class Answer(Exception):
    """An answer that ends the handling of a request."""

    def __init__(self, status, body=None, headers=()):
        super().__init__(status)
        self.status, self.body, self.headers = status, body, list(headers)


class Request:
    """A request as it came: the path stays escaped, since signatures cover it."""

    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query_text = target.partition("?")
        self.query = parse_qsl(self.query_text, keep_blank_values=True)

    def json(self):
        """The body as JSON; a text sent in quotes with no content type is not accepted."""
        try:
            return json.loads(self.body.decode("utf-8"))
        except ValueError as error:
            raise Violation("the body is not JSON") from error

    def form(self):
        """The body as form fields."""
        if not self.headers.get("content-type", "").startswith(
            "application/x-www-form-urlencoded"
        ):
            raise Violation("the body is not announced as a form")
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True))


class Violation(Exception):
    """Something no documented request has."""


def members(value, required, optional=()):
    """Checks that an object has what it must have and nothing that is not documented."""
    if not isinstance(value, dict):
        raise Violation("the body is not an object")
    missing = set(required) - set(value)
    unknown = set(value) - set(required) - set(optional)
    if missing or unknown:
        raise Violation(f"missing members {sorted(missing)}, unknown members {sorted(unknown)}")
    return value


def address(text):
    """Checks that a text is one address, unescaped."""
    if not isinstance(text, str) or text.count("@") != 1 or "%" in text or " " in text:
        raise Violation("not one plain address")
    return text


def route(method, pattern):
    """Marks a method as the handler of a path; groups of the pattern arrive unescaped."""

    def mark(handler):
        handler.route = (method, re.compile(pattern + r"\Z"))
        return handler

    return mark


def window(request, size, first, maximum):
    """Where a page begins and how long it is, checked against the provider's limits."""
    fields = dict(request.query)
    count, start = fields.get(size, str(maximum)), fields.get(first, "0")
    if not count.isdigit() or not 1 <= int(count) <= maximum or not start.isdigit():
        raise Violation(f"{size} is within 1 and {maximum}, {first} is a number")
    return int(start), int(count)


class Provider:
    """What the fakes have in common: routing, strictness, and answers that fail on purpose."""

    error_status = 400
    #: Pages are cut to this whatever was asked for, as real ones may be.
    page_maximum = 2

    def __init__(self):
        self.violations, self.seen, self.planned = [], [], []
        handlers = [getattr(type(self), name) for name in dir(type(self))]
        self.routes = [(h.route, h) for h in handlers if hasattr(h, "route")]

    def authenticate(self, request):
        """Raises an Answer unless the request carries the key."""
        raise NotImplementedError

    def error(self, status, message):
        """A body for an error in the provider's own form."""
        return {"message": message, "status": status}

    def plan(self, status, body=None, headers=()):
        """Makes the next request fail in this way."""
        self.planned.append(Answer(status, body, headers))

    def handle(self, request):
        """Finds the handler and turns what it does not expect into an error and a violation."""
        self.seen.append(f"{request.method} {request.path}")
        if self.planned:
            raise self.planned.pop(0)
        self.authenticate(request)
        for (method, pattern), handler in self.routes:
            match = pattern.match(request.path)
            if method != request.method or not match:
                continue
            try:
                groups = [unquote(group, errors="strict") for group in match.groups()]
                return handler(self, request, *groups)
            except Violation as violation:
                self.violations.append(f"{request.method} {request.path}: {violation}")
                raise Answer(
                    self.error_status, self.error(self.error_status, str(violation))
                ) from violation
        self.violations.append(f"{request.method} {request.path}: no such operation")
        raise Answer(404, self.error(404, "no such operation"))

    def no_query(self, request, allowed=()):
        """Refuses query fields that are not documented."""
        unknown = {name for name, _ in request.query} - set(allowed)
        if unknown:
            raise Violation(f"unknown query fields {sorted(unknown)}")


def basic(request):
    """User name and password of Basic authentication, or empty texts."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(text).decode("utf-8").partition(":")
    except ValueError:
        return "", ""
    return user, password


class Server(ThreadingHTTPServer):
    """A server whose own faults count as violations; a client that hangs up is none."""

    daemon_threads = True
    provider = None

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            self.provider.violations.append(f"the fake itself failed: {error!r}")


def serve(provider):
    """Starts a server on loopback for one provider; gives the server and its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            try:
                result = provider.handle(request)
                answer = result if isinstance(result, Answer) else Answer(*result)
            except Answer as raised:
                answer = raised
            body = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.body is not None:
                self.send_header("content-type", "application/json")
            if answer.status != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format, *arguments):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    server.provider = provider
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"
