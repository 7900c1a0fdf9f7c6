"""What is no request, or half of one: the service answers in a sentence or hangs up, loses nobody else, and keeps nothing of it."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.apiload import holdings
from tests.conftest import Pydocker, eventually
from tests.service import Api

_WAITING = 4  # processes that wait for a client, at most
_ROUNDS = 400
_SEED = int(os.environ.get("PYDOCKER_SEED", "7"))
_PATHS = ("/_ping", "/version", "/info", "/containers/json", "/containers/create", "/containers/none/start", "/build", "/images/load",
          "/images/create?fromSrc=-", "/events?until=1", "/exec/none/start", "/containers/none/archive?path=/", "/auth", "/networks/create",
          "/volumes/create", "/v1.24/images/json", "/v9.9/info", "/v1.43/../../etc",
          "/%00", "/%ff%fe", "//", "/containers/%2e%2e/json")  # fmt: skip
_BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"Image":"x"}',
    b"\xff\xfe",
    b'{"a":' * 2000,
    b"1e999",
    b'{"Image":1}',
    bytes(512),
    b"PK\3\4",
    b"\x1f\x8b\x08",
)
_CHUNKS = (b"zz\r\n", b"-1\r\n", b"ffffffffffffffffff\r\nx", b"5\r\nab", b"\r\n\r\n")


@pytest.fixture(scope="module")
def api(pydocker: Pydocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    service = Api(pydocker, tmp_path_factory.mktemp("api") / "docker.sock", "--time", "0")
    yield service
    service.end()


def head(chance: random.Random) -> bytes:
    """A request's line and headers, most of them wrong in one place."""
    method = chance.choice(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get", "G\0T", "X" * 5000))
    version = chance.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1 ", ""))
    fields = ["Host: d"]
    for _ in range(chance.randrange(4)):
        fields.append(
            chance.choice(
                (
                    "Content-Type: application/json", "Content-Type: application/x-tar", "Content-Type: ;;", "Expect: 100-continue",
                    "Connection: Upgrade\r\nUpgrade: tcp", "Connection: close", "Connection: Upgrade\r\nUpgrade: h2c", "Host: e",
                    "X-Registry-Auth: !!!", "X-Registry-Config: e30=", " folded: x", "NoColon", "Sec-WebSocket-Key: x", "\x01: y",
                    "X: " + "y" * chance.randrange(70_000), "Transfer-Encoding: gzip, chunked", "Content-Length: 99999999999999999999",
                )
            )
        )  # fmt: skip
    return f"{method} {chance.choice(_PATHS)} {version}\r\n".encode() + "\r\n".join(fields).encode("latin-1")


def request(chance: random.Random) -> bytes:
    """Bytes that a broken client may send: a body in chunks, in part, too long, or nothing of HTTP at all."""
    body = chance.choice(_BODIES)
    form = chance.randrange(8)
    if form == 0:
        return chance.randbytes(chance.randrange(1, 5000))
    if form == 1:
        return head(chance)[: chance.randrange(200)]
    if form == 2:
        return head(chance) + b"\r\nContent-Length: %d\r\n\r\n" % (len(body) + chance.randrange(3)) + body
    if form == 3:
        chunk = chance.choice((b"%x\r\n%s\r\n0\r\n\r\n" % (len(body) or 1, body), *_CHUNKS))
        return head(chance) + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
    if form == 4:
        return head(chance) + b"\r\n\r\n" + head(chance) + b"\r\n\r\n" + body
    if form == 5:
        whole = bytearray(head(chance) + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        for _ in range(chance.randrange(1, 6)):
            whole[chance.randrange(len(whole))] = chance.randrange(256)
        return bytes(whole)
    if form == 6:
        return b"GET /_ping HTTP/1.1\r\nHost: d\r\n" + b"A: b\r\n" * chance.choice((99, 5000)) + b"\r\n"
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + chance.randbytes(64)


def test_garbage(api, pydocker, image):
    """Four hundred broken clients, a dozen at a time, some of whom stay; PYDOCKER_SEED chooses others."""
    chance = random.Random(_SEED)
    api("GET", "/containers/json")
    before = holdings(api.process.pid)
    containers = pydocker("ps", "-aq").stdout
    open_ones: list[socket.socket] = []
    for number in range(_ROUNDS):
        sent = request(chance)
        sock = api.connect()
        with contextlib.suppress(OSError):  # it has hung up before all of it was sent
            sock.sendall(sent)
            if chance.random() < 0.3:
                sock.shutdown(socket.SHUT_WR)
            if chance.random() < 0.3:
                sock.settimeout(0.05)
                said = sock.recv(1 << 16)
                assert said[:5] in (b"", b"HTTP/"), (number, sent[:300], said[:300])
                assert b"internal error" not in said and b"Traceback" not in said, (number, sent[:300], said)
        open_ones.append(sock)
        while len(open_ones) > 12:
            open_ones.pop(chance.randrange(len(open_ones))).close()
        if number % 20 == 0:
            assert api("GET", "/_ping")[0] == 200
    for sock in open_ones:
        sock.close()
    eventually(lambda: len(api.processes()) <= _WAITING, 60, what="the processes of broken clients")
    after = holdings(api.process.pid)
    assert after["descriptors"] == before["descriptors"]
    assert pydocker("ps", "-aq").stdout == containers


HALVES = {
    "a line": (b"GET /_pi", b"408"),
    "headers": (b"GET /_ping HTTP/1.1\r\nHost: d\r\nX: ", b"408"),
    "a document": (b"POST /volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{", b"408"),
    "a body that nobody wants": (b"POST /containers/none/stop HTTP/1.1\r\nHost: d\r\nContent-Length: 5000\r\n\r\n", b"404"),
}


@pytest.mark.parametrize("half", HALVES)
def test_who_drips_is_not_waited_for(pydocker, image, tmp_path, half):
    """A byte now and then makes no wait long, but all of it together has a limit: here of a second."""
    start = (
        f"import sys; exec(open({pydocker.command!r}).read().split('from dockercompat.__main__')[0])\n"
        "from dockercompat.api import http\nhttp._HEAD_S = http._DOCUMENT_S = 1\n"
        "from dockercompat.__main__ import main\nsys.exit(main())\n"
    )
    program = tmp_path / "slow"
    program.write_text("#!" + Path(pydocker.command).read_text().partition("\n")[0].removeprefix("#!") + "\n" + start)
    program.chmod(0o755)
    sent, status = HALVES[half]
    api = Api(SimpleNamespace(command=str(program), env=pydocker.env), tmp_path / "s", "--time", "0")
    try:
        with api.connect() as sock:
            sock.sendall(sent)
            sock.settimeout(0.1)
            said, begun = b"", time.monotonic()
            while time.monotonic() - begun < 60:
                with contextlib.suppress(TimeoutError):
                    piece = sock.recv(1000)
                    said += piece
                    if not piece:
                        break
                with contextlib.suppress(OSError):
                    sock.sendall(b" ")
            else:
                raise AssertionError("it is still waited for")
            assert said.startswith(b"HTTP/1.1 " + status), said
        eventually(lambda: len(api.processes()) <= _WAITING, what="the process of the client that dripped")
    finally:
        api.end()
