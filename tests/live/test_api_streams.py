"""Streams of the Engine API: much of it without growth in memory, slow readers, half-closed connections, keys, sizes, logs, stats."""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import json
import socket
import tarfile
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import Pydocker, eventually
from tests.service import Api

_SIZE = 48 << 20
_MUCH = 320 << 20
_MOST_KIB = 80_000  # of a process at its peak, what it shares with others included
_PIECE = bytes(range(256)) * 256


@pytest.fixture(scope="module")
def api(pydocker: Pydocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    service = Api(pydocker, tmp_path_factory.mktemp("api") / "docker.sock", "--time", "0")
    yield service
    service.end()


def below(pid: int) -> Iterator[int]:
    """A process and all that come from it."""
    yield pid
    with contextlib.suppress(OSError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from below(int(child))


def monitor(pydocker: Pydocker, name: str) -> int:
    """The process that a container's streams pass through besides."""
    pid = pydocker("inspect", "-f", "{{.State.Pid}}", name, check=True).stdout.strip()
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@contextlib.contextmanager
def peak(api: Api, *others: int) -> Iterator[list[int]]:
    """The highest resident memory of any process of the service, and of the others named, meanwhile, in KiB."""
    found, ends = [0], threading.Event()

    def look() -> None:
        while not ends.wait(0.02):
            for pid in (*below(api.process.pid), *others):
                with contextlib.suppress(OSError, StopIteration, IndexError), open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    found[0] = max(found[0], int(next(line for line in file if line.startswith("VmHWM:")).split()[1]))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    yield found
    ends.set()
    watcher.join()


def upgraded(api: Api, target: str, body: bytes = b"") -> socket.socket:
    """A connection that has become a stream; its first bytes of output are the next to be read."""
    fields = f"\nContent-Type: application/json\nContent-Length: {len(body)}" if body else ""
    sock = api.send(f"POST {target}\nConnection: Upgrade\nUpgrade: tcp{fields}", body)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    assert head.startswith(b"HTTP/1.1 101 "), head
    return sock


def executed(api: Api, name: str, words: list[str], **more: object) -> str:
    body = {"Cmd": words, "AttachStdin": True, "AttachStdout": True, "AttachStderr": True, **more}
    made: str = api("POST", f"/containers/{name}/exec", body)[1]["Id"]
    return made


def payload(file: io.BufferedReader) -> Iterator[bytes]:
    """The output in docker's packets."""
    while head := file.read(8):
        yield file.read(int.from_bytes(head[4:], "big"))


@pytest.mark.parametrize("size", [_SIZE, pytest.param(_MUCH, marks=pytest.mark.slow)])
def test_much_of_it_both_ways(api, pydocker, image, size):
    """Through attach and exec, into archives and out of them, through save and load: nothing changes on the way, and nothing is kept."""
    whole = hashlib.sha256()
    for _ in range(size // len(_PIECE)):
        whole.update(_PIECE)
    expected = whole.hexdigest()

    def send(sock: socket.socket) -> None:
        for _ in range(size // len(_PIECE)):
            sock.sendall(_PIECE)
        sock.shutdown(socket.SHUT_WR)

    def through(sock: socket.socket) -> str:
        sender = threading.Thread(target=send, args=(sock,), daemon=True)
        sender.start()
        digest = hashlib.sha256()
        for data in payload(sock.makefile("rb")):
            digest.update(data)
        sender.join()
        return digest.hexdigest()

    pydocker("run", "-di", "--name", "box", image, "sh", "-c", "cat > /big; exec cat", check=True)
    body = {
        "Image": image,
        "Cmd": ["cat"],
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "HostConfig": {"LogConfig": {"Type": "none"}} if size > _SIZE else {},
    }
    made = api("POST", "/containers/create?name=catches", body)
    attached = upgraded(api, "/containers/catches/attach?stream=1&stdin=1&stdout=1")
    assert api("POST", "/containers/catches/start")[0] == 204
    with peak(api, monitor(pydocker, "catches")) as most:
        assert through(attached) == expected
        assert through(upgraded(api, f"/exec/{executed(api, 'box', ['cat'])}/start", b"{}")) == expected
        put(api, "box", size)
        assert pydocker("exec", "box", "sha256sum", "/put", check=True).stdout.split()[0] == expected
        with api.send("GET /containers/box/archive?path=/put") as sock, tarfile.open(fileobj=Chunks(sock), mode="r|") as archive:
            assert hashed(archive, "put") == expected
        with api.send("GET /containers/box/export") as sock, tarfile.open(fileobj=Chunks(sock), mode="r|") as archive:
            assert hashed(archive, "put") == expected
        made = api("POST", "/commit?container=box&repo=big")
        assert made[0] == 201
        with (
            api.send("GET /images/big/get") as saved,
            api.send("POST /images/load\nContent-Type: application/x-tar\nTransfer-Encoding: chunked") as sock,
        ):
            chunks = Chunks(saved)
            while data := chunks.read(1 << 16):
                sock.sendall(b"%x\r\n%s\r\n" % (len(data), data))
            sock.sendall(b"0\r\n\r\n")
            assert b"Loaded image: big:latest" in Chunks(sock).read(-1)
    assert 0 < most[0] < _MOST_KIB, f"{most[0]} KiB"
    api("DELETE", "/images/big")


class Chunks(io.RawIOBase):
    """The body of an answer on a socket."""

    def __init__(self, sock: socket.socket) -> None:
        import http.client

        self._answer = http.client.HTTPResponse(sock)
        self._answer.begin()
        assert self._answer.status == 200, self._answer.read()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._answer.read(size) if size >= 0 else self._answer.read()


def put(api: Api, name: str, size: int) -> None:
    info = tarfile.TarInfo("put")
    info.size = size
    with api.send(f"PUT /containers/{name}/archive?path=/\nContent-Type: application/x-tar\nTransfer-Encoding: chunked") as sock:
        for data in (info.tobuf(), *([_PIECE] * (size // len(_PIECE))), bytes(10240)):
            sock.sendall(b"%x\r\n%s\r\n" % (len(data), data))
        sock.sendall(b"0\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 200 ")


def hashed(archive: tarfile.TarFile, name: str) -> str:
    digest = hashlib.sha256()
    for member in archive:
        if member.name == name:
            file = archive.extractfile(member)
            while data := file.read(1 << 16):
                digest.update(data)
    return digest.hexdigest()


def test_a_slow_reader_holds_up_the_writer_alone(api, pydocker, image):
    """Output waits where it is made; others are served meanwhile, and the reader gets all of it in the end."""
    pydocker("run", "-d", "--name", "box", image, "sleep", "100", check=True)
    with peak(api) as most:
        made = executed(api, "box", ["sh", "-c", f"dd if=/dev/zero bs=1M count={_SIZE >> 20} 2>/dev/null; echo > /done"])
        sock = upgraded(api, f"/exec/{made}/start", b"{}")
        assert sock.recv(8)[:4] == b"\1\0\0\0"
        for _ in range(5):
            assert api("GET", "/containers/box/json")[1]["State"]["Running"]
        assert pydocker("exec", "box", "ls", "/done").status == 1
        assert api("GET", f"/exec/{made}/json")[1]["Running"]
        size = 8
        while data := sock.recv(1 << 16):
            size += len(data)
        assert size > _SIZE
    assert pydocker("exec", "box", "ls", "/done").status == 0
    assert most[0] < _MOST_KIB


def test_terminals(api, pydocker, image):
    """Sizes arrive, in execs and in containers; the detach keys of the request end the stream and nothing else."""
    pydocker("run", "-dit", "--name", "box", image, "sh", check=True)
    made = executed(api, "box", ["sh", "-c", "while read x; do stty size; done"], Tty=True, DetachKeys="ctrl-x,x")
    sock = upgraded(api, f"/exec/{made}/start", b'{"Tty":true,"ConsoleSize":[11,22]}')
    file = sock.makefile("rb")
    for size in ("11 22", "33 101"):
        if size != "11 22":
            assert api("POST", f"/exec/{made}/resize?h=33&w=101")[0] == 200
        sock.sendall(b"\n")
        assert [file.readline().strip() for _ in range(2)] == [b"", size.encode()]
    sock.sendall(b"\x18x")
    assert file.read() == b""
    assert api("GET", f"/exec/{made}/json")[1]["Running"]
    assert api("POST", "/containers/box/resize?h=44&w=55")[0] == 200
    attached = upgraded(api, "/containers/box/attach?stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,b")
    attached.sendall(b"stty size\n")
    said = b""
    while b"44 55" not in said:
        said += attached.recv(1000)
    attached.sendall(b"\x01b")
    while attached.recv(1000):
        continue
    assert api("GET", "/containers/box/json")[1]["State"]["Running"]


def test_logs_and_stats(api, pydocker, image):
    """Logs from, until, the last ones, with times, followed to the end of the container; stats once a second until the client goes."""
    script = "for i in 1 2 3 4; do echo line$i; usleep 30000; done; echo bad >&2; read x; echo end"
    pydocker("run", "-di", "--name", "box", image, "sh", "-c", script, check=True)

    def lines(query: str) -> list[str]:
        text = api("GET", f"/containers/box/logs?stdout=1{query}")[1]
        return [line for data in payload(io.BufferedReader(io.BytesIO(text))) for line in data.decode().splitlines()]

    eventually(lambda: "bad" in lines("&stderr=1"))
    assert lines("") == ["line1", "line2", "line3", "line4"]
    assert lines("&tail=2&stderr=1") == ["line4", "bad"]
    times = [line.split()[0] for line in lines("&timestamps=1")]
    second, third = (f"{int(datetime.fromisoformat(text[:19] + '+00:00').timestamp())}.{text[20:-1]}" for text in times[1:3])
    assert lines(f"&since={third}") == ["line3", "line4"]
    assert lines(f"&until={second}") == ["line1", "line2"]
    assert lines(f"&since={second}&until={third}&timestamps=1") == [f"{times[1]} line2", f"{times[2]} line3"]
    with api.send("GET /containers/box/logs?stdout=1&follow=1&tail=2") as followed, api.send("GET /containers/box/stats") as stats:
        samples = Chunks(stats)._answer
        seen = [json.loads(samples.readline()) for _ in range(3)]
        assert seen[1]["precpu_stats"] == seen[0]["cpu_stats"] and seen[2]["preread"] == seen[1]["read"]
        assert sorted(seen[2]["cpu_stats"]) == ["cpu_usage", "online_cpus", "system_cpu_usage", "throttling_data"]
        assert sorted(seen[2]["cpu_stats"]["throttling_data"]) == ["periods", "throttled_periods", "throttled_time"]
        assert len(seen[2]["blkio_stats"]) == 8 and seen[2]["blkio_stats"]["io_serviced_recursive"] is None
        assert "inactive_file" in seen[2]["memory_stats"]["stats"]
        read = [datetime.fromisoformat(each["read"][:26] + "+00:00") for each in seen]
        assert min((later - earlier).total_seconds() for earlier, later in itertools.pairwise(read)) > 0.9
        sock = upgraded(api, "/containers/box/attach?stream=1&stdin=1")
        sock.sendall(b"\n")
        said = Chunks(followed)
        text = b"".join(payload(io.BufferedReader(io.BytesIO(said.read(-1)))))
        assert text == b"line4\nend\n"
    assert api("GET", "/containers/box/stats?stream=0&one-shot=1")[1]["pids_stats"] == {}
