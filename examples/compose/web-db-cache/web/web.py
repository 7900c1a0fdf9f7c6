"""Who was here: names in PostgreSQL, the last answer in Redis."""

import html
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import redis

TITLE = "Visitors"

with open(os.environ["DATABASE_PASSWORD_FILE"], encoding="utf-8") as file:
    PASSWORD = file.read()
USER = os.environ["DATABASE_USER"]
cache = redis.Redis(os.environ["CACHE_HOST"], decode_responses=True)


def database():
    return psycopg2.connect(host=os.environ["DATABASE_HOST"], user=USER, dbname=USER, password=PASSWORD)


def names() -> str:
    text = cache.get("names")
    if text is None:
        with database() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT name FROM visitors ORDER BY number")
            text = ", ".join(row[0] for row in cursor.fetchall())
        cache.set("names", text, ex=60)
        cache.incr("queries")
    return text


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health":
            cache.ping()
            database().close()
            self.answer("ok\n")
        else:
            self.answer(f"{TITLE}: {html.escape(names())} ({cache.get('queries')} queries)\n")

    def do_POST(self) -> None:
        name = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with database() as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO visitors (name) VALUES (%s)", (name,))
        cache.delete("names")
        self.answer("welcome\n")

    def answer(self, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


with database() as first, first.cursor() as making:
    making.execute("CREATE TABLE IF NOT EXISTS visitors (number serial PRIMARY KEY, name text NOT NULL)")
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
ThreadingHTTPServer(("", 8000), Handler).serve_forever()
