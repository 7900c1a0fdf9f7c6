"""Ways to another engine: TLS by certificates, ssh; what is said when it goes, answers oddly, or lets nobody in."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import certificates
from tests.conftest import Pydocker, eventually, free_port, proves
from tests.service import Api
from tests.sshd import sshd
from tests.there import There


def test_an_engine_that_goes(pydocker, image, tmp_path):
    """docker's words and statuses; and nothing of the containers is lost."""
    pydocker("create", "--name", "early", "--network", "none", image, "true", check=True)
    pydocker("run", "-d", "--name", "stays", "--network", "none", image, "sh", "-c", "echo first; sleep 600", check=True)
    service = Api(pydocker, tmp_path / "s.sock", "--time", "0")
    there = There(pydocker, {"DOCKER_HOST": f"unix://{service.path}"})
    commands = {
        ("logs", "-f", "stays"): (1, "unexpected EOF\n"),
        ("events",): (1, "unexpected EOF\n"),
        ("wait", "stays"): (1, "unexpected EOF\n"),
        ("exec", "stays", "sleep", "601"): (255, ""),
        ("run", "--name", "run", "--network", "none", image, "sleep", "600"): (125, 'waiting for container: unexpected EOF"\n'),
    }
    started = {words: there.start(*words) for words in commands}
    eventually(lambda: len(service.processes()) >= len(commands), what="the service has them all")
    eventually(lambda: "Up" in pydocker("ps", "-f", "name=run").stdout, what="the container runs")
    eventually(lambda: "sleep 601" in pydocker("top", "stays").stdout, what="the command in it")
    service.kill()
    for words, (status, said) in commands.items():
        _, errors = started[words].communicate(timeout=30)
        assert (started[words].returncode, errors.decode().endswith(said)) == (status, True), (words, errors)
    nobody = f"Cannot connect to the Docker daemon at unix://{service.path}. Is the docker daemon running?\n"
    assert (there("ps").status, there("ps").stderr) == (1, nobody)
    assert there("run", image, "true").status == 125
    assert sorted(pydocker("ps", "--format", "{{.Names}}").stdout.split()) == ["run", "stays"]


def _answering(path: Path, answer: bytes) -> socket.socket:
    """A server that answers _ping, and everything else with these bytes."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(9)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    while head := client.recv(65536):
                        if b"/_ping" not in head.partition(b"\r\n")[0]:
                            client.sendall(answer)
                            break
                        client.sendall(b"HTTP/1.1 200 OK\r\nApi-Version: 1.30\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    return listener


def test_odd_answers(pydocker, tmp_path):
    """What docker's client says of an engine that breaks off, speaks something else, or an older version."""
    url = f"http://{str(tmp_path / 's').replace('/', '%2F')}/v1.30/containers/json"
    for number, (answer, said) in enumerate(
        (
            (b"", f'error during connect: Get "{url}": EOF'),
            (b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{"I', "unexpected EOF"),
            (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[", "unexpected EOF"),
            (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\nabc",
                "invalid character 'a' looking for beginning of value",
            ),
            (b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<b>", "Error response from daemon: <b>"),
            (
                b"HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                "Error response from daemon: API returned a 500 (Internal Server Error) but provided no error-message",
            ),
            (
                b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
                f"request returned 500 Internal Server Error for API route and version {url}, "
                "check if the server supports the requested API version",
            ),
        )
    ):
        path = tmp_path / f"s{number}"
        with contextlib.closing(_answering(path, answer)):
            ended = pydocker("-H", f"unix://{path}", "ps")
            assert (ended.status, ended.stderr) == (1, said.replace("%2Fs/", f"%2Fs{number}/") + "\n"), answer
    if os.getuid():
        (tmp_path / "s0").chmod(0)
        said = f"permission denied while trying to connect to the Docker daemon socket at unix://{tmp_path}/s0: Get "
        assert pydocker("-H", f"unix://{tmp_path}/s0", "ps").stderr.startswith(said)


@pytest.fixture(scope="module")
def tls(pydocker: Pydocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a service that speaks TLS, and the directory with its certificates, and a client's as DOCKER_CERT_PATH has them."""
    directory = tmp_path_factory.mktemp("tls")
    certificates(directory)
    for name, target in (("client.pem", "cert.pem"), ("client.key", "key.pem")):
        shutil.copy(directory / name, directory / target)
    port = free_port()
    files = ("--tlscacert", "ca.pem", "--tlscert", "server.pem", "--tlskey", "server.key")
    words = [pydocker.command, "system", "service", "-H", f"tcp://127.0.0.1:{port}", "--tlsverify", *files, "--time", "0"]
    process = subprocess.Popen(words, env=pydocker.env, cwd=directory)

    def answers() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    try:
        eventually(answers, what="the service answers")
        yield f"tcp://127.0.0.1:{port}", directory
    finally:
        process.terminate()
        process.wait(10)


@proves("docker --tlsverify", "docker --tls", "docker --tlscacert", "docker --tlscert", "docker --tlskey", "docker --context")
def test_tls(pydocker, tls, image, tmp_path):
    host, files = tls
    there = There(pydocker, {"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(files)})
    there.streams(image)
    with there.terminal("run", "-it", "--rm", "--network", "none", image, "sh") as terminal:
        terminal.expect("# ")
        terminal.send("exit 6\r")
        assert terminal.wait() == 6
    given = ("--tlscacert", files / "ca.pem", "--tlscert", files / "cert.pem", "--tlskey", files / "key.pem")
    assert pydocker("-H", host, "--tlsverify", *given, "version", "-f", "{{.Server.Os}}").stdout == "linux\n"
    material = f"host={host},ca={files}/ca.pem,cert={files}/cert.pem,key={files}/key.pem"
    pydocker("context", "create", "far", "--docker", material, check=True)
    assert pydocker("--context", "far", "ps", "-q").status == 0
    pydocker("context", "rm", "far", check=True)
    certificates(tmp_path)
    unknown = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    for words, said in (
        ((*given[2:], "--tlscacert", tmp_path / "ca.pem", "--tlsverify"), f": {unknown}\n"),
        (("--tlsverify", *given[:2], "--tlscert", "", "--tlskey", ""), ": remote error: tls: certificate required\n"),
        (("--tlsverify", *given[:4], "--tlskey", tmp_path / "client.key"), "tls: private key does not match public key\n"),
        ((), ""),
    ):
        refused = pydocker("-H", host, *words, "ps")
        assert refused.status == 1 and refused.stderr.endswith(said) and refused.stderr.count("\n") == 1, refused
    assert (
        f'Head "https://{host.removeprefix("tcp://")}/_ping": {unknown}'
        in pydocker("-H", host, "--tlsverify", *given[2:], "--tlscacert", tmp_path / "ca.pem", "run", image).stderr
    )


@proves("system dial-stdio")
def test_ssh(pydocker, image, tmp_path):
    """The ssh program and `docker system dial-stdio` at its other end, with no service there; and one at a path."""
    environ = {name: pydocker.env[name] for name in ("PATH", "HOME", "PYDOCKER_ROOT", "XDG_RUNTIME_DIR")}
    with sshd(tmp_path / "ssh", environ) as (host, bin_dir, lines):
        env = {"DOCKER_HOST": host, "PATH": f"{bin_dir}:{pydocker.env['PATH']}"}
        there = There(pydocker, env)
        there.streams(image)
        script = "trap 'echo got; exit 9' INT; echo ready; while :; do sleep 0.1; done"
        running = pydocker.start("run", "--rm", "--network", "none", image, "sh", "-c", script, env=env, start_new_session=True)
        assert running.stdout is not None and running.stdout.readline() == b"ready\n"
        os.killpg(running.pid, signal.SIGINT)  # as Ctrl-C: it is for the container, ssh goes on
        assert (running.communicate(timeout=30)[0], running.returncode) == (b"got\n", 9)
        user, port = host.removeprefix("ssh://").partition("@")[0], host.rpartition(":")[2]
        assert lines.read_text().split("\n")[0] == f"-o ConnectTimeout=30 -T -l {user} -p {port} -- 127.0.0.1 docker system dial-stdio"
        service = Api(pydocker, tmp_path / "s.sock", "--time", "0")
        assert pydocker("-H", f"{host}{service.path}", "ps", "-q", env=env).status == 0
        service.end()
        nobody = pydocker("-H", f"{host}/no.sock", "ps", env=env)
        assert nobody.stderr == "Cannot connect to the Docker daemon at http://docker.example.com. Is the docker daemon running?\n"
        closed = pydocker("-H", f"ssh://{user}@127.0.0.1:{free_port()}", "ps", env=env)
        assert closed.status == 1 and "has exited with exit status 255, make sure the URL is valid" in closed.stderr, closed
        assert "stderr=ssh: connect to host" in closed.stderr
