"""A small HTTP server that a test describes with one function: indexes, registries and realms that no real program would be."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Request:
    """What was asked: method, path, query (first values), headers, body."""

    def __init__(self, method: str, target: str, headers: Any, body: bytes) -> None:
        parts = urllib.parse.urlsplit(target)
        self.method = method
        self.path = parts.path
        self.query = {name: values[0] for name, values in urllib.parse.parse_qs(parts.query, keep_blank_values=True).items()}
        self.headers = headers
        self.body = body


class Answer:
    """A status, a document (bytes, or what becomes JSON) and headers; stall_after: bytes that are sent before there is silence."""

    def __init__(self, status: int, document: Any = b"", *, stall_after: int = -1, **headers: str) -> None:
        self.status = status
        self.is_json = not isinstance(document, bytes)
        self.content = json.dumps(document).encode() if self.is_json else document
        self.stall_after = stall_after
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Server:
    """address is host:port; seen has every request so far."""

    def __init__(self) -> None:
        self.address = ""
        self.seen: list[Request] = []
        self.closing = threading.Event()


def refusal(status: int, code: str, message: str, **headers: str) -> Answer:
    """An error of the distribution protocol."""
    return Answer(status, {"errors": [{"code": code, "message": message, "detail": {}}]}, **headers)


@contextmanager
def answering(answer: Callable[[Request], Answer | None]) -> Iterator[Server]:
    """A server on loopback; a function that returns None leaves the client without an answer."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            return None

        def _handle(self) -> None:
            request = Request(self.command, self.path, self.headers, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            state.seen.append(request)
            found = answer(request)
            if found is None:
                state.closing.wait(60)
                self.close_connection = True
                return
            self.send_response(found.status)
            for name, value in {**({"Content-Type": "application/json"} if found.is_json else {}), **found.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.content)))
            self.end_headers()
            if self.command == "HEAD":
                return
            if found.stall_after >= 0:
                self.wfile.write(found.content[: found.stall_after])
                self.wfile.flush()
                state.closing.wait(60)
                self.close_connection = True
                return
            self.wfile.write(found.content)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    state.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
