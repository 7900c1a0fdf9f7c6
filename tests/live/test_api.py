"""The Engine API on a socket: answers, versions and errors, and that it is one engine with the command line."""

from __future__ import annotations

import os
import signal
import socket
import stat
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Request, TextMessage

from tests.conftest import Pydocker, eventually, proves
from tests.service import Api


@pytest.fixture(scope="module")
def api(pydocker: Pydocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    service = Api(pydocker, tmp_path_factory.mktemp("api") / "docker.sock", "--time", "0")
    yield service
    service.process.terminate()
    service.process.wait(10)
    assert not service.path.exists()


@proves("system service", "system service --host", "system service --time")
def test_the_socket_is_private_and_goes_with_an_idle_service(pydocker, tmp_path):
    service = Api(pydocker, tmp_path / "s.sock", "--time", "500ms")
    assert stat.S_IMODE(os.stat(service.path).st_mode) == 0o600
    assert service("GET", "/_ping")[:2] == (200, b"OK")
    assert service.process.wait(10) == 0
    assert not service.path.exists()


def test_versions_and_errors(api):
    status, body, headers = api("GET", "/v1.44/_ping")
    assert (status, body, headers["Builder-Version"], headers["Ostype"]) == (200, b"OK", "1", "linux")
    assert parsedate_to_datetime(headers["Date"]).tzinfo is not None and headers["Date"].endswith(" GMT")
    status, body, headers = api("HEAD", "/_ping")
    assert (status, body, headers["Api-Version"]) == (200, b"", api("GET", "/version")[1]["ApiVersion"])
    assert api("GET", "/nothing")[:2] == (404, {"message": "page not found"})
    assert api("GET", "/v1.10/_ping")[0] == api("GET", "/v1.99/_ping")[0] == 400
    assert api("GET", "/containers/none/json")[:2] == (404, {"message": "No such container: none"})
    assert api("POST", "/containers/create", b"{", {"Content-Type": "application/json"})[:2] == (
        400,
        {"message": "invalid JSON: unexpected EOF"},
    )
    sock = api.connect()
    sock.sendall(b"\x00\xff garbage\r\n\r\n")
    assert sock.recv(100).startswith(b"HTTP/1.1 400")


def test_one_engine(api, pydocker, image):
    """What one door makes the other one sees."""
    status, made, _ = api("POST", "/containers/create?name=by-api", {"Image": image, "Cmd": ["sh", "-c", "echo out; echo err >&2; exit 3"]})
    assert status == 201 and made["Warnings"] == []
    assert pydocker("ps", "-aq", "--no-trunc").stdout.strip() == made["Id"]
    assert api("POST", "/containers/by-api/start")[0] == 204
    assert api("POST", "/containers/by-api/wait")[1] == {"StatusCode": 3}
    assert pydocker("inspect", "-f", "{{.State.ExitCode}}", "by-api").stdout == "3\n"
    logs = api("GET", "/containers/by-api/logs?stdout=1&stderr=1")[1]
    assert logs == b"\1\0\0\0\0\0\0\4out\n\2\0\0\0\0\0\0\4err\n"
    pydocker("rename", "by-api", "renamed", check=True)
    assert api("DELETE", "/containers/renamed?force=1")[0] == 204
    assert pydocker("ps", "-aq").stdout == ""


def test_attached_before_the_start(api, pydocker, image):
    """Nothing that a container says is lost to one who attached before it began; what is typed arrives; the end is waited for."""
    body = {"Image": image, "Cmd": ["sh", "-c", "echo begun; cat"], "OpenStdin": True, "StdinOnce": True, "AttachStdin": True}
    made = api("POST", "/containers/create", body)[1]["Id"]
    attached = api.connect()
    attached.sendall(
        f"POST /v1.44/containers/{made}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\n"
        "Host: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n".encode()
    )
    head = attached.recv(4096)
    assert head.startswith(b"HTTP/1.1 101 ") and b"application/vnd.docker.multiplexed-stream" in head
    waiting = api.connect()
    waiting.sendall(f"POST /v1.44/containers/{made}/wait?condition=next-exit HTTP/1.1\r\nHost: d\r\n\r\n".encode())
    assert waiting.recv(4096).startswith(b"HTTP/1.1 200")
    pydocker("start", made, check=True)
    attached.sendall(b"typed\n")
    attached.shutdown(socket.SHUT_WR)
    received = b""
    while data := attached.recv(4096):
        received += data
    said = b""
    while received:  # in one packet or two
        size = int.from_bytes(received[4:8], "big")
        assert received[:4] == b"\1\0\0\0"
        said, received = said + received[8 : 8 + size], received[8 + size :]
    assert said == b"begun\ntyped\n"
    assert b'{"StatusCode":0}' in waiting.recv(4096)


def test_clients_that_vanish_and_a_service_that_is_killed(api, pydocker, image, tmp_path):
    """A follower that goes takes its process along; killing the service leaves the containers alone."""
    service = Api(pydocker, tmp_path / "k.sock", "--time", "0")
    pydocker("run", "-d", "--name", "stays", image, "sleep", "60", check=True)
    followers = [service.connect() for _ in range(3)]
    for sock in followers:
        sock.sendall(b"GET /containers/stays/logs?follow=1&stdout=1 HTTP/1.1\r\nHost: d\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 200")

    def processes() -> int:
        return len(Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split())

    eventually(lambda: processes() >= 5, what="a few wait for the next client")
    for sock in followers:
        sock.close()
    eventually(lambda: processes() <= 4, what="the processes of clients that went")
    service.process.send_signal(signal.SIGKILL)
    service.process.wait()
    eventually(lambda: not service.answers(), what="the end of the processes of a service that was killed")
    again = Api(pydocker, tmp_path / "k.sock", "--time", "0")
    assert [each["State"] for each in again("GET", "/containers/json")[1]] == ["running"]
    again.process.terminate()
    again.process.wait()


def test_output_of_an_exec_is_sent_as_its_start_says(api, pydocker, image):
    """A process with a terminal, asked for without: its output comes in packets, as docker sends it."""
    pydocker("run", "-d", "--name", "runs", image, "sleep", "60", check=True)
    body = {"Cmd": ["tty"], "Tty": True, "AttachStdout": True}
    packets = []
    for is_raw in (False, True):
        made = api("POST", "/containers/runs/exec", body)[1]["Id"]
        status, said, _ = api("POST", f"/exec/{made}/start", {"Tty": is_raw})
        assert status == 200 and b"/dev/pts/" in said
        packets.append(said[:4] == b"\1\0\0\0")
    assert packets == [True, False]


def test_attached_over_a_websocket(api, pydocker, image):
    """Output in binary messages, in text for older clients; what is typed arrives; a close ends standard input alone; keys detach."""

    def talk(target: str, *sent: bytes | str, ends: bool = False, start: str = "") -> tuple[list[Any], int | None]:
        """The pieces of what was said, and the code that it was closed with."""
        sock, socket_events = api.connect(), WSConnection(ConnectionType.CLIENT)
        sock.sendall(socket_events.send(Request(host="d", target=target)))
        said: list[Any] = []
        code = None
        while data := sock.recv(65536):
            socket_events.receive_data(data)
            for event in socket_events.events():
                if isinstance(event, AcceptConnection):
                    if start:
                        assert api("POST", f"/containers/{start}/start")[0] == 204
                    for each in sent:
                        sock.sendall(socket_events.send(TextMessage(each) if isinstance(each, str) else BytesMessage(each)))
                    if ends:
                        sock.sendall(socket_events.send(CloseConnection(1000)))
                elif isinstance(event, (TextMessage, BytesMessage)):
                    said.append(event.data)
                elif isinstance(event, CloseConnection):
                    code = event.code
        sock.close()
        return said, code

    pydocker("create", "-i", "--name", "typed", image, "sh", "-c", "echo begun; cat; echo done", check=True)
    said, code = talk("/v1.44/containers/typed/attach/ws?stream=1&stdin=1&stdout=1", b"one\n", "tw\u00f6\n", ends=True, start="typed")
    assert (b"".join(said), code) == ("begun\none\ntw\u00f6\ndone\n".encode(), 1000)
    assert talk("/v1.27/containers/typed/attach/ws?logs=1")[0][0] == "begun\n"
    pydocker("run", "-dit", "--name", "keys", image, "cat", check=True)
    assert talk("/v1.44/containers/keys/attach/ws?stream=1&stdin=1&stdout=1&detachKeys=a,b", b"ab")[1] == 1000
    assert pydocker("inspect", "-f", "{{.State.Running}}", "keys").stdout == "true\n"
    assert api("GET", "/containers/keys/attach/ws")[:2] == (400, b"not websocket protocol")
    pydocker("rm", "-f", "keys", "typed", check=True)
