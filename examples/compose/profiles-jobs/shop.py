"""A shop in one file: its migrations, its web service and a report, each a command."""

import glob
import os
import signal
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATABASE = "/data/shop.db"


def migrate() -> None:
    """Apply the migrations that have not been, in the order of their names."""
    with sqlite3.connect(DATABASE) as database:
        database.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
        done = {row[0] for row in database.execute("SELECT name FROM migrations")}
        for path in sorted(glob.glob("migrations/*.sql")):
            name = os.path.basename(path)
            if name not in done:
                with open(path, encoding="utf-8") as file:
                    database.executescript(file.read())
                database.execute("INSERT INTO migrations VALUES (?)", (name,))
                print("applied", name, flush=True)


def rows() -> list[tuple[str, int]]:
    return sqlite3.connect(DATABASE).execute("SELECT name, cents FROM goods ORDER BY name").fetchall()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = "".join(f"{name} {cents / 100:.2f}\n" for name, cents in rows()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()


def report() -> None:
    print(f"{len(rows())} goods, {sum(cents for _, cents in rows()) / 100:.2f} in all")


{"migrate": migrate, "serve": serve, "report": report}[sys.argv[1]]()
