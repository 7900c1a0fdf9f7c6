"""Throughput and latency of networks, for scripts/bench: containers among themselves, to the host, from the host to a published port.

iperf3 and a little program that answers run in busybox containers that see the host's /usr; the subjects take turns in every round.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

SEEN = ["-v", "/usr:/usr:ro", "-v", "/lib:/lib:ro", "-v", "/lib64:/lib64:ro", "--tmpfs", "/tmp"]
ECHO = (
    "import socket,threading\ns=socket.socket();s.setsockopt(1,2,1);s.bind(('0.0.0.0',5202));s.listen(64)\n"
    "def f(c):\n c.setsockopt(6,1,1)\n while d:=c.recv(65536): c.send(d)\n"
    "while 1: threading.Thread(target=f,args=(s.accept()[0],),daemon=True).start()\n"
)
ASK = (
    "import socket,sys,time\nc=socket.create_connection((sys.argv[1],int(sys.argv[2])));c.setsockopt(6,1,1);t=[]\n"
    "for i in range(1500):\n a=time.perf_counter();c.send(b'x'*64);c.recv(64);t.append(time.perf_counter()-a)\n"
    "print(sorted(t)[len(t)//2]*1e6)\n"
)
SERVE = ["sh", "-c", f'/usr/bin/iperf3 -s -D; exec /usr/bin/python3 -c "{ECHO}"']
ROWS = (
    ("container to container, Gbit/s", "among"),
    ("container to host, Gbit/s", "out"),
    ("host to published port, Gbit/s", "in"),
    ("published port to host (the answer), Gbit/s", "back"),
    ("container to container, round trip, microseconds", "among_us"),
    ("container to host, round trip, microseconds", "out_us"),
    ("host to published port, round trip, microseconds", "in_us"),
)

Run = Callable[[list[str]], str]


def _here(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)[:80]}: {(done.stderr or done.stdout).strip()[-160:]}")
    return done.stdout


def _gbits(run: Run, address: str, port: int, *more: str) -> float:
    answer = json.loads(run(["/usr/bin/iperf3", "-J", "-t", "1", "-c", address, "-p", str(port), *more]))
    return float(answer["end"]["sum_received"]["bits_per_second"]) / 1e9


def _microseconds(run: Run, address: str, port: int) -> float:
    return float(run(["/usr/bin/python3", "-c", ASK, address, str(port)]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _host_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.254", 9))
        return str(probe.getsockname()[0])


class Subject:
    """One engine with one kind of network: a container that serves and one that asks."""

    def __init__(self, name: str, peer: Any, image: str, network: list[str], *, among: bool = True) -> None:
        self.name, self.peer, self.among = name, peer, among
        self.stream, self.echo = _free_port(), _free_port()
        self.names = f"bench-{name.replace(' ', '-').replace(',', '')}-a", f"bench-{name.replace(' ', '-').replace(',', '')}-b"
        ports = ["-p", f"127.0.0.1:{self.stream}:5201", "-p", f"127.0.0.1:{self.echo}:5202"]
        peer("run", "-d", "--name", self.names[0], *network, *ports, *SEEN, image, *SERVE)
        peer("run", "-d", "--name", self.names[1], *network, *SEEN, image, "sleep", "1000")
        shown = peer("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", self.names[0]).split()
        self.address = shown[0] if shown else ""

    def within(self, argv: list[str]) -> str:
        return str(self.peer("exec", self.names[1], *argv))

    def round(self, host: str, host_stream: int, host_echo: int) -> dict[str, float]:
        found = {
            "out": _gbits(self.within, host, host_stream),
            "in": _gbits(_here, "127.0.0.1", self.stream),
            "back": _gbits(_here, "127.0.0.1", self.stream, "-R"),
            "out_us": _microseconds(self.within, host, host_echo),
            "in_us": _microseconds(_here, "127.0.0.1", self.echo),
        }
        if self.among:
            found |= {"among": _gbits(self.within, self.address, 5201), "among_us": _microseconds(self.within, self.address, 5202)}
        return found

    def close(self) -> None:
        self.peer("rm", "-f", *self.names, check=False)


class Pair:
    """The yardstick: two network namespaces and a veth pair between them, nothing else."""

    name = "veth pair"

    def __init__(self) -> None:
        script = "ip link set lo up; ip addr add 10.77.0.{n}/24 dev v{n}; ip link set v{n} mtu 65520 up"
        self._top = subprocess.Popen(["unshare", "-Urn", "--fork", "--kill-child", "sleep", "1000"])
        self._first = self._child(self._top.pid)
        self._enter = ["nsenter", "-t", str(self._first), "-U", "-n", "--preserve-credentials"]
        self._low = subprocess.Popen([*self._enter, "unshare", "-n", "sleep", "1000"])
        self._until_own(self._low.pid)
        self._other = ["nsenter", "-t", str(self._low.pid), "-U", "-n", "--preserve-credentials"]
        _here([*self._enter, "ip", "link", "add", "v1", "type", "veth", "peer", "name", "v2", "netns", str(self._low.pid)])
        _here([*self._enter, "sh", "-c", script.format(n=1)])
        _here([*self._other, "sh", "-c", script.format(n=2)])
        self._servers = [
            subprocess.Popen([*self._other, *each], stdout=subprocess.DEVNULL) for each in (["iperf3", "-s"], ["python3", "-c", ECHO])
        ]
        time.sleep(0.5)

    def _child(self, pid: int) -> int:
        for _ in range(100):
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                found = file.read().split()
            if found:
                return int(found[0])
            time.sleep(0.05)
        raise RuntimeError("no child")

    def _until_own(self, pid: int) -> None:
        for _ in range(100):
            if (
                os.stat(f"/proc/{pid}/ns/net").st_ino != os.stat(f"/proc/{self._first}/ns/net").st_ino
                and "sleep" in open(f"/proc/{pid}/comm").read()
            ):
                return
            time.sleep(0.05)

    def round(self, host: str, host_stream: int, host_echo: int) -> dict[str, float]:
        def run(argv: list[str]) -> str:
            return _here([*self._enter, *argv])

        return {"among": _gbits(run, "10.77.0.2", 5201), "among_us": _microseconds(run, "10.77.0.2", 5202)}

    def close(self) -> None:
        for each in (*self._servers, self._low, self._top):
            each.kill()
            each.wait()


def measure(peers: list[Any], image: str, rounds: int) -> str:
    """The table, as markdown. peers: pydocker first; one that is podman takes part with its networks."""
    host, stream, echo = _host_address(), _free_port(), _free_port()
    servers = [
        subprocess.Popen(["iperf3", "-s", "-p", str(stream)], stdout=subprocess.DEVNULL),
        subprocess.Popen(["python3", "-c", ECHO.replace("5202", str(echo))]),
    ]
    subjects: list[Any] = []
    notes: list[str] = []
    made: list[tuple[str, Callable[[], Any]]] = [("veth pair", Pair)]
    for peer in peers:
        if peer.name.startswith("pydocker") or peer.name == "podman":
            peer("network", "create", "bench-traffic", check=False)
            made.append((peer.name, lambda peer=peer: Subject(peer.name, peer, image, ["--network", "bench-traffic"])))
        if peer.name == "podman":
            for handler in ("slirp4netns", "rootlesskit"):
                words = ["--network", f"slirp4netns:port_handler={handler}"]
                name = f"podman, slirp4netns, {handler}"
                made.append((name, lambda peer=peer, name=name, words=words: Subject(name, peer, image, words, among=False)))
    figures: dict[str, dict[str, list[float]]] = {}
    try:
        for name, make in made:
            try:
                subjects.append(make())
            except (RuntimeError, OSError) as error:
                notes.append(f"{name}: {error}")
        time.sleep(1)
        for _ in range(rounds):
            for each in list(subjects):
                try:
                    for key, value in each.round(host, stream, echo).items():
                        figures.setdefault(each.name, {}).setdefault(key, []).append(value)
                except (RuntimeError, KeyError, ValueError) as error:
                    notes.append(f"{each.name}: {error}")
    finally:
        for each in subjects:
            each.close()
        for server in servers:
            server.kill()
            server.wait()
    names = list(figures)
    lines = ["| what | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for title, key in ROWS:
        cells = [f"{statistics.median(figures[name][key]):.1f}" if key in figures[name] else "-" for name in names]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    load = os.getloadavg()[0]
    return "\n".join([*lines, "", f"Medians of {rounds} rounds of a second each; load {load:.1f} at the end.", *notes])


def can_measure() -> bool:
    return shutil.which("iperf3") is not None
