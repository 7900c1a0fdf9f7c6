"""Serves the pages of a directory."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEADER = "Pages"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = os.path.join("pages", os.path.basename(self.path) or "index.txt")
        try:
            with open(path, encoding="utf-8") as file:
                status, text = 200, f"{HEADER}: {file.read().strip()} ({os.environ['FOOTER']})\n"
        except FileNotFoundError:
            status, text = 404, "no such page\n"
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
ThreadingHTTPServer(("", 8000), Handler).serve_forever()
