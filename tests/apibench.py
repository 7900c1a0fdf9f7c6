"""Latency and memory of Engine API services, for scripts/bench: the same requests to each, taking turns."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_VERSION = "v1.41"  # which podman speaks as well


class Service:
    """A service of the API on a socket of its own, and requests to it."""

    def __init__(self, name: str, words: Sequence[str], env: dict[str, str], path: str) -> None:
        self.name = name
        self.path = path
        self.process = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            try:
                self.connection().sock.close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(f"{name}: no service at {path}") from None
                time.sleep(0.05)

    def connection(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("d", timeout=120)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(120)
        connection.sock.connect(self.path)
        return connection

    def __call__(self, method: str, target: str, body: Any = None) -> Any:
        """The document of an answer; RuntimeError for one that is no success."""
        with contextlib.closing(self.connection()) as connection:
            fields = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, f"/{_VERSION}{target}", None if body is None else json.dumps(body), fields)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{self.name}: {method} {target}: {answer.status} {text[:200]!r}")
        return json.loads(text) if text.strip() else None

    def read(self, target: str) -> int:
        """Bytes of the answer to one GET on a connection of its own, head included and not taken apart: the service's time, not ours."""
        with contextlib.closing(self.connection().sock) as sock:
            sock.sendall(f"GET /{_VERSION}{target} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n".encode())
            head, size = sock.recv(1 << 20), 0
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"{self.name}: GET {target}: {head[:200]!r}")
            while data := sock.recv(1 << 20):
                size += len(data)
        return len(head) + size

    def memory_kib(self) -> int:
        """PSS of its processes."""
        return sum(pss_kib(pid) for pid in tree(self.process.pid))

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
    except OSError:
        return
    for child in children:
        yield from tree(int(child))


def pss_kib(pid: int) -> int:
    """PSS where the kernel lets us read it, else resident pages that are not shared with a file."""
    for path, word in ((f"/proc/{pid}/smaps_rollup", "Pss:"), (f"/proc/{pid}/status", "RssAnon:")):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    if line.startswith(word):
                        return int(line.split()[1])
        except OSError:
            continue
    return 0


Row = tuple[str, dict[str, float], str]


def measure(services: Sequence[Service], image: str, *, containers: int, runs: int) -> list[Row]:
    """What was measured, each service's figure (milliseconds, or as the row says), and the goal."""

    def time_each(act: Callable[[Service], object], runs: int) -> dict[str, float]:
        times: dict[str, list[float]] = {service.name: [] for service in services}
        for number in range(runs + 1):  # the first round warms caches up and does not count
            for service in services:
                began = time.perf_counter()
                act(service)
                if number:
                    times[service.name].append((time.perf_counter() - began) * 1000)
        return {name: statistics.median(values) for name, values in times.items()}

    def live(service: Service) -> None:
        body = {"Image": image, "Cmd": ["true"], "HostConfig": {"NetworkMode": "none"}}
        made = service("POST", "/containers/create", body)["Id"]
        service("POST", f"/containers/{made}/start")
        service("POST", f"/containers/{made}/wait")
        service("DELETE", f"/containers/{made}")

    for service in services:
        for number in range(containers):
            service("POST", f"/containers/create?name=bench-{number}", {"Image": image, "Cmd": ["true"]})
        assert len(service("GET", "/containers/json?all=1")) == containers
    size = f"with {containers} containers"
    rows = [
        (f"API: list {size}", time_each(lambda s: s.read("/containers/json?all=1"), runs * 3), "0.5 of podman"),
        (f"API: inspect {size}", time_each(lambda s: s.read("/containers/bench-7/json"), runs * 10), "0.5 of podman"),
        ("API: create, start, wait, remove, no network", time_each(live, runs), "0.5 of podman"),
    ]
    time.sleep(12)  # until processes that wait for clients beyond the usual number have left
    rows.append(("API: memory of the idle service after that (PSS, MB)", {s.name: s.memory_kib() / 1024 for s in services}, "45 MB"))
    return rows


def socket_dir() -> str:
    """A directory for sockets: their paths are short."""
    import tempfile

    path = tempfile.mkdtemp(prefix="pb-", dir="/tmp")
    os.chmod(path, 0o700)
    return path
