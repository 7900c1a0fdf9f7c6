"""Many clients of the Engine API at once, and whether anything is lost or leaks.

python3 -m tests.apiload SOCKET IMAGE [SECONDS]      a service's socket and an image with a shell; prints what was done and what is left
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.apibench import pss_kib, tree


class Load:
    """Clients against one socket. After `run`, `errors` has what went wrong and the other members what was done."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.errors: list[str] = []
        self.lists = 0
        self.lines = 0
        self.echoes = 0
        self._ends_at = 0.0
        self._mine = threading.local()
        self._lock = threading.Lock()

    def connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(120)
        sock.connect(self.path)
        return sock

    def ask(self, method: str, target: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("d")
        connection.sock = self.connect()
        with contextlib.closing(connection):
            fields = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, target, None if body is None else json.dumps(body), fields)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {target}: {answer.status} {text!r}")
        return json.loads(text) if text.strip() else None

    def run(self, image: str, *, listing: int, following: int, attached: int, seconds: float) -> None:
        """All of these clients at once, for a while; containers are made for it and removed."""
        counting = "i=0; while :; do i=$((i+1)); echo $i; usleep 100000; done"
        talks = self._start(image, {"Cmd": ["sh", "-c", counting]})
        hears = [self._start(image, {"Cmd": ["cat"], "OpenStdin": True}) for _ in range(attached)]
        self._ends_at = time.monotonic() + seconds
        jobs: list[tuple[Callable[..., None], str]] = [(self._list, talks)] * listing + [(self._follow, talks)] * following
        jobs += [(self._echo, each) for each in hears]
        threads = [threading.Thread(target=self._guarded, args=job, daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds + 120)
        if any(thread.is_alive() for thread in threads):
            self.errors.append("a client hangs")
        for each in (talks, *hears):
            self.ask("DELETE", f"/containers/{each}?force=1")

    def _start(self, image: str, body: dict[str, Any]) -> str:
        made: str = self.ask("POST", "/containers/create", {"Image": image, "HostConfig": {"NetworkMode": "none"}, **body})["Id"]
        self.ask("POST", f"/containers/{made}/start")
        return made

    def _guarded(self, act: Callable[[str], None], container: str) -> None:
        try:
            act(container)
        except Exception as error:
            self.errors.append(f"{act.__name__}: {type(error).__name__}: {error}")

    def _goes_on(self) -> bool:
        """Whether a client begins another round. Each has one, however long it took to be let in."""
        begun, self._mine.begun = getattr(self._mine, "begun", False), True
        return not begun or time.monotonic() < self._ends_at

    def _count(self, name: str) -> None:
        with self._lock:
            setattr(self, name, getattr(self, name) + 1)

    def _list(self, container: str) -> None:
        while self._goes_on():
            if not any(each["Id"] == container for each in self.ask("GET", "/containers/json")):
                raise RuntimeError("a running container is not listed")
            self._count("lists")

    def _follow(self, container: str) -> None:
        """Every line must come, once and in order."""
        with self.connect() as sock:
            sock.sendall(f"GET /containers/{container}/logs?follow=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: d\r\n\r\n".encode())
            answer = http.client.HTTPResponse(sock)
            answer.begin()
            wanted = 1
            while self._goes_on():
                text = packet(answer.read)
                for line in text.split():
                    if int(line) != wanted:
                        raise RuntimeError(f"line {line!r} where {wanted} should be")
                    wanted += 1
                    self._count("lines")

    def _echo(self, container: str) -> None:
        """What is typed comes back."""
        with self.connect() as sock:
            path = f"/containers/{container}/attach?stream=1&stdin=1&stdout=1"
            sock.sendall(f"POST {path} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n".encode())
            file = sock.makefile("rb")
            while file.readline() not in (b"\r\n", b""):
                continue
            number = 0
            while self._goes_on():
                number += 1
                typed = b"%d " % number + b"x" * 2000 + b"\n"
                sock.sendall(typed)
                got = b""
                while len(got) < len(typed):
                    got += packet(file.read)
                if got != typed:
                    raise RuntimeError(f"typed {typed[:20]!r}, got {got[:20]!r}")
                self._count("echoes")


def packet(read: Callable[[int], bytes]) -> bytes:
    """The next packet's output. Raises EOFError."""
    head = read(8)
    if len(head) < 8:
        raise EOFError("the stream has ended")
    return read(struct.unpack(">I", head[4:])[0])


def holdings(pid: int) -> dict[str, int]:
    """What a service has at this moment: processes, descriptors of the first one, memory of all (PSS, KiB)."""
    pids = list(tree(pid))
    return {"processes": len(pids), "descriptors": len(os.listdir(f"/proc/{pid}/fd")), "pss_kib": sum(pss_kib(each) for each in pids)}


def service_of(path: str) -> int:
    """Pid of the process that listens at a path."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        return int(struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])


def main(path: str, image: str, seconds: str = "60") -> int:
    load = Load(path)
    pid = service_of(path)
    load.ask("GET", "/containers/json")
    time.sleep(12)
    print("before:", holdings(pid), flush=True)
    load.run(image, listing=200, following=50, attached=20, seconds=float(seconds))
    print(f"{load.lists} lists, {load.lines} lines followed, {load.echoes} echoes; errors: {load.errors[:5] or 'none'}", flush=True)
    time.sleep(25)  # processes beyond the usual number leave after a while
    print("after:", holdings(pid), flush=True)
    return bool(load.errors)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
