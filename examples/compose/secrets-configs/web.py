"""Greets everybody, and tells who has the token what the secret is."""

import configparser
import hmac
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

settings = configparser.ConfigParser()
settings.read("/etc/vault/settings.ini")


def text_of(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, f"{settings['page']['title']}: {text_of('/banner')}")
        elif hmac.compare_digest(self.headers.get("Authorization", ""), f"Bearer {text_of(os.environ['TOKEN_FILE'])}"):
            self.answer(200, text_of("/run/secrets/the-answer"))
        else:
            self.answer(403, "no\n")

    def answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
ThreadingHTTPServer(("", 8000), Handler).serve_forever()
