"""Sums that take their time: an API that takes jobs, and workers that do them, over a queue in Redis."""

import json
import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redis

broker = redis.Redis(os.environ["BROKER"], decode_responses=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        done = {int(number): json.loads(result) for number, result in broker.hgetall("results").items()}
        self.answer({"waiting": broker.llen("jobs"), "done": dict(sorted(done.items()))})

    def do_POST(self) -> None:
        number = broker.incr("number")
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        broker.lpush("jobs", json.dumps([number, text]))
        self.answer({"number": number})

    def answer(self, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def api() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()


def worker() -> None:
    ends = []
    signal.signal(signal.SIGTERM, lambda *_: ends.append(True))
    print("ready", flush=True)
    while not ends:
        job = broker.brpop("jobs", timeout=1)
        if job is None:
            continue
        number, text = json.loads(job[1])
        time.sleep(float(os.environ["SECONDS_A_JOB"]))
        broker.hset("results", number, json.dumps([sum(map(int, text.split("+"))), socket.gethostname()]))
    print("ended in good order", flush=True)


{"api": api, "worker": worker}[sys.argv[1]]()
