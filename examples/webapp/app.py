"""A guest book on the standard library alone: entries in SQLite, a page, a health check, an orderly end on SIGTERM."""

import html
import os
import signal
import socket
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

DATABASE = os.environ.get("DATABASE", "guestbook.db")
PAGE = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.html"), encoding="utf-8").read()


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(DATABASE, timeout=5)
    connection.execute("CREATE TABLE IF NOT EXISTS entries (name TEXT NOT NULL, text TEXT NOT NULL)")
    return connection


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health":
            with database() as connection:
                connection.execute("SELECT count(*) FROM entries")
            self.answer(200, "ok\n", "text/plain")
        elif self.path == "/":
            rows = database().execute("SELECT name, text FROM entries ORDER BY rowid").fetchall()
            entries = "".join(f"<li><b>{html.escape(name)}</b>: {html.escape(text)}</li>" for name, text in rows)
            self.answer(200, PAGE.format(entries=entries, count=len(rows), host=socket.gethostname()))
        else:
            self.answer(404, "not found\n", "text/plain")

    def do_POST(self) -> None:
        fields = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        with database() as connection:
            connection.execute("INSERT INTO entries VALUES (?, ?)", (fields.get("name", ["?"])[0], fields.get("text", [""])[0]))
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, status: int, text: str, kind: str = "text/html; charset=utf-8") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "8000"))), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening on port {server.server_port} as uid {os.getuid()}", flush=True)
    server.serve_forever()
    print("stopped in good order", flush=True)


main()
