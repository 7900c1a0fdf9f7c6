"""The service of the Engine API: when it comes and goes, whom it serves, what it bears, and what the death of any part of it costs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.answers import Answer, answering
from tests.apiload import Load, holdings
from tests.certificates import certificates
from tests.conftest import Pydocker, eventually, free_port, proves
from tests.processes import helpers
from tests.service import Api, archive

_WAITING = 4  # processes that wait for a client, at most


@pytest.fixture(scope="module")
def api(pydocker: Pydocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    service = Api(pydocker, tmp_path_factory.mktemp("api") / "docker.sock", "--time", "0")
    yield service
    service.end()


def files(pydocker: Pydocker) -> set[str]:
    """What there is in the store and the runtime directory, but what every command may make."""
    found = set()
    for top in (pydocker.root, pydocker.runtime_dir):
        for parent, _, names in os.walk(top):
            found |= {f"{parent}/{name}" for name in names if "/locks/" not in f"{parent}/" and not name.startswith("state.db")}
    return found


def rested(api: Api) -> bool:
    return len(api.processes()) <= _WAITING


def test_a_socket_of_systemd_is_served_while_somebody_comes(pydocker, tmp_path):
    """Nobody is refused between two services: who comes then waits for the next one. The socket is not ours to remove."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        start = (
            f"import os; os.dup2({listener.fileno()}, 3); os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); "
            f"os.execv({pydocker.command!r}, ['pydocker', 'system', 'service', '--time', '300ms'])"
        )
        for _ in range(2):
            connection = http.client.HTTPConnection("d")
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(path))
            connection.request("GET", "/_ping")
            process = subprocess.Popen([sys.executable, "-c", start], env=pydocker.env, pass_fds=[listener.fileno()])
            assert connection.getresponse().read() == b"OK"
            connection.close()
            assert process.wait(20) == 0
            assert path.exists()


@proves("system service --tlsverify", "system service --tlscacert", "system service --tlscert", "system service --tlskey")
def test_who_is_let_in(pydocker, tmp_path):
    """A socket in a directory of others, TCP without certificates: refused. With them, those that the authority has signed get in."""
    public = tmp_path / "public"
    public.mkdir()
    public.chmod(0o777)
    for words, said in (
        (("-H", f"unix://{public}/s"), "other users may write to it"),
        (("-H", "tcp://127.0.0.1:0"), "would let anybody in"),
        (("-H", "tcp://127.0.0.1:0", "--tlscert", "x"), "need --tlsverify"),
        (("-H", "tcp://127.0.0.1:0", "--tlsverify", "--tlscert", "x"), "needs --tlscacert, --tlskey"),
    ):
        refused = pydocker("system", "service", *words)
        assert refused.status == 1 and said in refused.stderr, refused
    certificates(tmp_path)
    port = free_port()
    words = ["--tlsverify", "--tlscacert", "ca.pem", "--tlscert", "server.pem", "--tlskey", "server.key", "--time", "0"]
    service = subprocess.Popen(
        [pydocker.command, "system", "service", "-H", f"tcp://127.0.0.1:{port}", *words], env=pydocker.env, cwd=tmp_path
    )
    known = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    known.load_cert_chain(tmp_path / "client.pem", tmp_path / "client.key")
    stranger = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))

    def ping(context: ssl.SSLContext) -> bytes:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", "/_ping")
            return connection.getresponse().read()

    try:
        eventually(lambda: _is_open(port), what="the service answers")
        assert ping(known) == b"OK"
        with pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)):
            ping(stranger)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
            plain.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n")
            assert b"OK" not in plain.recv(1000)
        assert ping(known) == b"OK"
    finally:
        service.terminate()
        service.wait(10)


def _is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_another_user_is_not_served(pydocker, tmp_path_factory):
    """Even where somebody has made the socket writable for all: the kernel tells who is at the other end."""
    place = tmp_path_factory.mktemp("open")
    service = Api(pydocker, place / "s.sock", "--time", "0")
    ask = (
        "import socket, os, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(20); os.chdir(f'/proc/self/fd/{sys.argv[1]}')\n"
        "s.connect('s.sock')\n"
        "try:\n s.sendall(b'GET /_ping HTTP/1.1\\r\\nHost: d\\r\\nConnection: close\\r\\n\\r\\n'); print(s.makefile('rb').read()[-2:])\n"
        "except OSError:\n print(b'')\n"
    )
    os.chmod(service.path, 0o666)
    place.chmod(0o711)
    directory_fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        inside = ["unshare", "-U", "--map-auto", "--map-root-user"] if os.getuid() else []
        if inside and subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
            pytest.skip("no user namespace with subordinate ids")

        def said_to(uid: int) -> str:
            words = ["setpriv", "--reuid", str(uid), "--clear-groups", "/usr/bin/python3", "-c", ask, str(directory_fd)]
            return subprocess.run([*inside, *words], pass_fds=[directory_fd], capture_output=True, text=True, timeout=30, check=True).stdout

        assert (said_to(0), said_to(7)) == ("b'OK'\n", "b''\n")
        assert service("GET", "/containers/json")[0] == 200  # processes that have joined the namespaces ask the first one who it is
        assert (said_to(0), said_to(7)) == ("b'OK'\n", "b''\n")
    finally:
        os.close(directory_fd)
        service.end()


def test_what_is_too_much_or_no_request(api):
    """Heads and documents have bounds; what is no HTTP is refused; half of a request costs nobody else anything."""
    assert stat.S_IMODE(os.stat(api.path).st_mode) == 0o600
    assert api("GET", "/_ping", None, {"X": "x" * 900_000})[0] == 200
    for text, status in (
        (b"GET /_ping HTTP/1.1\r\nHost: d\r\nX: " + b"x" * 1_300_000 + b"\r\n\r\n", 431),
        (b"GET /_ping HTTP/1.1\r\nHost: d\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(120_000)) + b"\r\n", 431),
        (b"GET /" + b"x" * 1_300_000 + b" HTTP/1.1\r\nHost: d\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n", 400),
        (b"GET /_ping HTTP/1.1\r\n\r\n", 400),
        (b"GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /containers/create HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ):
        sock = api.connect()
        with contextlib.suppress(OSError):  # it has been refused before all of it was sent
            sock.sendall(text)
        assert sock.recv(100).startswith(b"HTTP/1.1 %d " % status) or status == 400, text[:80]
        sock.close()
    fields = "Content-Type: application/json\nContent-Length: 17000000"
    sock = api.send(f"POST /containers/create\n{fields}")
    with contextlib.suppress(OSError):
        sock.sendall(b'{"Image": "' + b"x" * 16_999_980)
    assert sock.recv(100).startswith(b"HTTP/1.1 413 ")
    sock.close()
    halves = [api.connect() for _ in range(20)]
    for number, sock in enumerate(halves):
        sock.sendall(
            b"POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"[
                : 20 + number * 5
            ]
        )
    assert api("GET", "/_ping")[0] == 200
    for sock in halves:
        sock.close()
    eventually(lambda: rested(api), what="the processes of clients that went")


def test_archives_stay_in_their_container(api, pydocker, image, tmp_path):
    """Neither a path nor what stands in an archive leads to the host."""
    secret = tmp_path / "secret"
    secret.write_text("host")
    pydocker("run", "-d", "--name", "box", image, "sleep", "100", check=True)
    up = "../" * 12
    pydocker("exec", "box", "ln", "-s", f"{up}{secret}", "/link", check=True)
    pydocker("exec", "box", "ln", "-s", str(tmp_path), "/dir", check=True)
    for path in (f"/{up}{secret}", "/link", "/dir/secret", f"/dir/{up}{secret}"):
        assert api("GET", f"/containers/box/archive?path={path}")[0] in (200, 404), path
        assert b"host" not in api("GET", f"/containers/box/archive?path={path}")[1] if path != "/link" else True
    for members in (
        ((f"{up}{tmp_path}/a", b"out"),),
        ((f"{tmp_path}/b", b"out"),),
        (("l->", str(tmp_path).encode()), ("l/c", b"out")),
        (("h=>", str(secret).encode()), ("h", b"out")),
        (("h=>", f"{up}{secret}".encode()), ("h", b"out")),
    ):
        api("PUT", "/containers/box/archive?path=/", archive(*members))
        api("PUT", "/containers/box/archive?path=/dir", archive(*members))
    assert secret.read_text() == "host"
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_clients_that_vanish_in_the_middle(api, pydocker, image, tmp_path):
    """Each leaves neither a process nor a file, whatever was under way; what runs in a container goes on."""
    pydocker("run", "-d", "--name", "talks", image, "sh", "-c", "while echo line; do usleep 20000; done", check=True)
    pydocker("exec", "talks", "dd", "if=/dev/zero", "of=/big", "bs=1M", "count=8", check=True)
    pydocker("run", "-di", "--name", "hears", image, "cat", check=True)
    talk = ["sh", "-c", "while echo line; do usleep 20000; done"]
    execs = [
        api("POST", "/containers/hears/exec", {"Cmd": talk, "AttachStdin": True, "AttachStdout": True, "Tty": tty})[1]["Id"]
        for tty in (True, False)
    ]
    eventually(lambda: rested(api))
    before = files(pydocker)
    chunked = "Transfer-Encoding: chunked\nContent-Type: application/x-tar"
    half = archive(("Dockerfile", f"FROM {image}\nRUN sleep 20\n".encode()), ("a", bytes(50_000)))[:30_000]
    piece = b"%x\r\n%s\r\n" % (len(half), half)
    whole = archive(("Dockerfile", f"FROM {image}\nRUN echo step; sleep 20\n".encode()))
    with answering(lambda request: Answer(200, {}) if request.path == "/v2/" else Answer(200, {"errors": []}, stall_after=3)) as slow:
        clients = [
            api.send("GET /containers/talks/logs?follow=1&stdout=1"),
            api.send("GET /events"),
            api.send("GET /containers/talks/stats"),
            api.send("POST /containers/talks/wait"),
            api.send("POST /containers/talks/attach?stream=1&stdout=1\nConnection: Upgrade\nUpgrade: tcp"),
            api.send("POST /containers/hears/attach?stream=1&stdin=1&stdout=1\nConnection: Upgrade\nUpgrade: tcp"),
            *(api.send(f"POST /exec/{made}/start\nContent-Type: application/json\nContent-Length: 2", b"{}") for made in execs),
            api.send("GET /containers/talks/export"),
            api.send("GET /containers/talks/archive?path=/big"),
            api.send(f"POST /build?t=whole\nContent-Type: application/x-tar\nContent-Length: {len(whole)}", whole),
            api.send(f"POST /images/create?fromImage={slow.address}/slow&tag=1"),
        ]
        for sock in clients[:-1]:
            assert sock.recv(1000).startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 101 "))
        eventually(lambda: len(slow.seen) > 1, what="the registry is asked")
        clients += [
            api.send(f"PUT /containers/hears/archive?path=/tmp\n{chunked}", piece),
            api.send(f"POST /build?t=half\n{chunked}", piece),
            api.send(f"POST /images/load\n{chunked}", piece),
            api.send(f"POST /images/create?fromSrc=-&repo=half\n{chunked}", piece),
        ]
        eventually(lambda: len(api.processes()) >= len(clients), what="each has a process")
        for sock in clients:
            sock.close()
        eventually(lambda: len(api.processes()) <= _WAITING + len(execs), what="the processes of clients that went")
    assert all(api("GET", f"/exec/{each}/json")[1]["Running"] for each in execs)

    def have_ended() -> bool:
        pydocker("exec", "hears", "killall", "sh")
        return not any(api("GET", f"/exec/{each}/json")[1]["Running"] for each in execs)

    eventually(have_ended)
    eventually(lambda: rested(api), what="the processes of execs that ended")
    assert sorted(pydocker("ps", "--format", "{{.Names}}").stdout.split()) == ["hears", "talks"]
    assert {path for path in files(pydocker) - before if "/containers/" not in path} == set()
    assert pydocker("images", "-q", "--filter", "reference=half").stdout == ""


def test_a_service_that_is_killed_in_the_middle(pydocker, image, tmp_path):
    """Containers and what runs in them go on, a pull and a build are gone, and the next commands find nothing of them."""
    api = Api(pydocker, tmp_path / "s.sock", "--time", "0")
    pydocker("run", "-di", "--name", "hears", image, "cat", check=True)
    made = api(
        "POST",
        "/containers/hears/exec",
        {"Cmd": ["sh", "-c", "echo go; read x; echo $x > /done"], "AttachStdin": True, "AttachStdout": True},
    )
    before, monitors = files(pydocker), helpers(pydocker, "conmon")
    whole = archive(("Dockerfile", f"FROM {image}\nRUN echo step; sleep 30\n".encode()))
    with answering(lambda request: Answer(200, {}) if request.path == "/v2/" else Answer(200, {"errors": []}, stall_after=3)) as slow:
        clients = [
            api.send("POST /containers/hears/attach?stream=1&stdin=1&stdout=1\nConnection: Upgrade\nUpgrade: tcp"),
            api.send(f"POST /exec/{made[1]['Id']}/start\nContent-Type: application/json\nContent-Length: 2", b"{}"),
            api.send(f"POST /build?t=whole\nContent-Type: application/x-tar\nContent-Length: {len(whole)}", whole),
        ]
        clients.append(api.send(f"POST /images/create?fromImage={slow.address}/slow&tag=1"))
        eventually(lambda: len(slow.seen) > 1, what="the registry is asked")
        for sock, wanted in zip(clients, (b"101", b"go", b"Running in"), strict=False):
            said = b""
            while wanted not in said:
                said += sock.recv(1000)
        api.kill()
    again = Api(pydocker, tmp_path / "s.sock", "--time", "0")
    assert [each["Names"] for each in again("GET", "/containers/json")[1]] == [["/hears"]]
    attached = again.send("POST /containers/hears/attach?stream=1&stdin=1&stdout=1\nConnection: Upgrade\nUpgrade: tcp")
    attached.sendall(b"typed\n")
    said = b""
    while b"typed" not in said:
        said += attached.recv(1000)
    attached.close()
    pydocker("build", "-q", "-t", "next", "-", stdin=f"FROM {image}\nRUN echo next\n", check=True)
    pydocker("rmi", "next", check=True)
    pydocker("builder", "prune", "-af", check=True)
    eventually(lambda: helpers(pydocker, "conmon") == monitors, what="the end of what the build ran")
    left = {path for path in files(pydocker) - before if "/containers/" not in path}
    assert left == set()
    again.end()


@proves("container run --volume")
def test_the_socket_of_containers_outlives_its_servers(pydocker, image):
    """Keeper or service or both are killed: who is in the container can ask again, at the latest after the next command."""
    pydocker("run", "-d", "--name", "asks", "-v", "/var/run/docker.sock:/var/run/docker.sock", image, "sleep", "100", check=True)
    pid = pydocker("inspect", "-f", "{{.State.Pid}}", "asks").stdout.strip()

    def names() -> list[str]:
        connection = http.client.HTTPConnection("d")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(20)
        with contextlib.closing(connection):
            connection.sock.connect(f"/proc/{pid}/root/var/run/docker.sock")
            connection.request("GET", "/containers/json")
            return [name for each in json.loads(connection.getresponse().read()) for name in each["Names"]]

    def kill(name: str) -> None:
        for each in helpers(pydocker, name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        eventually(lambda: not helpers(pydocker, name))

    assert names() == ["/asks"]
    kill("serve-socket")
    assert names() == ["/asks"]
    kill("pydocker-socket")
    assert names() == ["/asks"]
    kill("serve-socket")
    with pytest.raises(OSError):
        names()
    pydocker("ps", check=True)
    assert names() == ["/asks"]
    assert pydocker("exec", "asks", "ls", "-l", "/var/run/docker.sock").stdout.startswith("srw")


def test_many_clients_at_once(api, image):
    """Nothing is lost on the way, and nothing stays: the first process has the descriptors it had, and few others wait."""
    api("GET", "/containers/json")
    before = holdings(api.process.pid)
    load = Load(str(api.path))
    load.run(image, listing=30, following=8, attached=5, seconds=2)
    assert load.errors == []
    assert min(load.lists, load.lines, load.echoes) > 0
    eventually(lambda: rested(api), 40, what="the processes of clients that went")
    after = holdings(api.process.pid)
    assert after["descriptors"] == before["descriptors"]
    assert after["pss_kib"] < 60_000
