"""Signals to the client while it works: what its status is, what the container gets of them, what is left."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import Pydocker, eventually, proves

LOOP = "echo ok; while :; do sleep 0.1; done"
CATCHES = f"trap 'echo got; exit 5' INT TERM HUP QUIT; {LOOP}"
IGNORES = f"trap 'echo ign' INT TERM; {LOOP}"
FORCED = b"\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n"


@contextlib.contextmanager
def client(pydocker: Pydocker, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = pydocker.start(*words, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stdout is not None
    seen = b""
    while text not in seen:
        assert select.select([process.stdout], [], [], 20)[0], seen
        block = os.read(process.stdout.fileno(), 65536)
        assert block, seen
        seen += block


def state(pydocker, name):
    return pydocker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name).stdout.strip()


@proves("container run --sig-proxy")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
@pytest.mark.parametrize("flags", [(), ("-it",)], ids=["pipe", "terminal"])
def test_run_passes_them_on(pydocker, image, number, flags):
    words = ("run", "--name", "up", *flags, image, "sh", "-c", CATCHES)
    if flags:
        with pydocker.terminal(*words) as terminal:
            terminal.expect("ok")
            os.kill(terminal.pid, number)
            assert terminal.wait() == 5
    else:
        with client(pydocker, *words) as process:
            read_until(process, b"ok")
            process.send_signal(number)
            assert process.wait(20) == 5
    assert state(pydocker, "up") == "exited 5"


@pytest.mark.parametrize("verb", ["run", "attach"])
def test_the_third_ends_the_client_and_not_the_container(pydocker, image, verb):
    if verb == "attach":
        pydocker("run", "-d", "--name", "up", image, "sh", "-c", f"sleep 1; {IGNORES}", check=True)
    words = ("run", "--rm", "--name", "up", image, "sh", "-c", IGNORES) if verb == "run" else ("attach", "up")
    with client(pydocker, *words) as process:
        read_until(process, b"ok")
        for number in (signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
            read_until(process, b"ign")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (1, FORCED)
    assert state(pydocker, "up") == "running 0"


def test_run_without_proxy(pydocker, image):
    with client(pydocker, "run", "--sig-proxy=false", "--name", "up", image, "sh", "-c", CATCHES) as process:
        read_until(process, b"ok")
        process.send_signal(signal.SIGTERM)
        pydocker("exec", "up", "true", check=True)  # some time passes
        assert process.poll() is None
        process.send_signal(signal.SIGQUIT)
        assert process.wait(20) == 2
    assert state(pydocker, "up") == "running 0"


@proves("container exec")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGQUIT, 2), (signal.SIGHUP, -1)])
def test_exec_is_left_alone(pydocker, image, number, status):
    pydocker("run", "-d", "--name", "up", image, "sleep", "1000", check=True)
    with client(pydocker, "exec", "up", "sh", "-c", LOOP) as process:
        read_until(process, b"ok")
        process.send_signal(number)
        assert process.wait(20) == status
    assert "while :" in pydocker("top", "up", "-eo", "pid,args").stdout


@proves("container logs --follow", "container wait", "system events", "container stop")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, -1), (signal.SIGQUIT, 2)])
@pytest.mark.parametrize(
    "words", [("logs", "-f", "up"), ("wait", "up"), ("events", "--since", "1h"), ("stop", "-t", "30", "up")], ids=lambda words: words[0]
)
def test_of_what_waits(pydocker, image, words, number, status):
    pydocker("run", "-d", "--name", "up", image, "sh", "-c", IGNORES, check=True)
    with client(pydocker, *words) as process:
        if words[0] in ("logs", "events"):
            read_until(process, b"ok" if words[0] == "logs" else b"start")
        else:
            eventually(lambda: os.readlink(f"/proc/{process.pid}/exe").endswith(("python3", "python3.11")))
            pydocker("exec", "up", "true", check=True)
            pydocker("exec", "up", "true", check=True)
        process.send_signal(number)
        assert process.wait(20) == status
    assert state(pydocker, "up") == "running 0"


@proves("container start --attach")
@pytest.mark.parametrize(
    ("number", "status", "left"), [(signal.SIGINT, 0, "running 0"), (signal.SIGTERM, 0, "running 0"), (signal.SIGHUP, 5, "exited 5")]
)
def test_start_attached(pydocker, image, number, status, left):
    pydocker("create", "--name", "up", image, "sh", "-c", CATCHES, check=True)
    with client(pydocker, "start", "-a", "up") as process:
        read_until(process, b"ok")
        process.send_signal(number)
        assert process.wait(20) == status
    assert state(pydocker, "up") == left


def test_a_killed_client_leaves_the_container(pydocker, image):
    with client(pydocker, "run", "--rm", "--name", "up", image, "sh", "-c", CATCHES) as process:
        read_until(process, b"ok")
        process.kill()
        process.wait(20)
    assert state(pydocker, "up") == "running 0"
    pydocker("kill", "-s", "TERM", "up", check=True)
    eventually(lambda: not pydocker("ps", "-aq").stdout)
