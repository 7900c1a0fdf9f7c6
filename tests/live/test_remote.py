"""Commands at another engine: what they say, what they carry, and what is refused.

The other engine is this one's own service at an address that does not mean it, so that both doors are one store.
"""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import termios
from collections.abc import Iterator

import pytest

from tests.conftest import Pydocker, eventually, proves
from tests.service import Api
from tests.there import There


@pytest.fixture(scope="module")
def service(pydocker: Pydocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    found = Api(pydocker, tmp_path_factory.mktemp("there") / "docker.sock", "--time", "0")
    yield found
    found.end()


@pytest.fixture
def there(pydocker: Pydocker, service: Api) -> There:
    return There(pydocker, {"DOCKER_HOST": f"unix://{service.path}"})


@proves("docker --host")
def test_commands_say_the_same_at_both(pydocker, there, image, tmp_path):
    script = "echo out; echo err >&2; sleep 600"
    there("run", "-d", "--name", "both", "--network", "none", "-e", "A=1", image, "sh", "-c", script, check=True)
    eventually(lambda: pydocker("logs", "both").stderr == "err\n", what="its output")
    (tmp_path / "file").write_text("text\n")
    for words in (
        ("ps", "-a", "--format", "{{.Names}} {{.Image}} {{.State}}"),
        ("inspect", "both"),
        ("logs", "both"),
        ("logs", "nobody"),
        ("exec", "-w", "/tmp", "-u", "nobody", "-e", "A=2", "both", "sh", "-c", "echo $A $PWD $(id -u); exit 4"),
        ("exec", "both", "no-program"),
        ("exec", "-u", "stranger", "both", "true"),
        ("cp", f"{tmp_path}/file", "both:/tmp/file"),
        ("cp", "both:/none", "-"),
        ("cp", f"{tmp_path}/file", "both:/none/dir/"),
        ("run", "--rm", "--network", "none", image, "sh", "-c", "echo a; echo b >&2; exit 3"),
        ("run", "--rm", image, "no-program"),
        ("run", "--rm", "--pull", "never", "no.example/image", "true"),
        ("create", "--volumes-from", "nobody", image),
        ("images", "-q"),
        ("network", "inspect", "bridge"),
        ("node", "ls"),
        ("plugin", "ls"),
        ("__complete", "stop", ""),
        ("stop", "nobody"),
    ):
        ours, theirs = pydocker(*words), there(*words)
        assert (theirs.status, theirs.stdout, theirs.stderr) == (ours.status, ours.stdout, ours.stderr), words


def test_terminals(there, image):
    """A shell, the window's size, Ctrl-C, leaving with the keys, coming back, and its end."""
    with there.terminal("run", "-it", "--name", "tty", "--network", "none", image, "sh") as terminal:
        terminal.expect("# ")
        fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
        terminal.send("sleep 600\r")
        terminal.expect("sleep 600")
        eventually(lambda: "sleep 600" in there("top", "tty").stdout, what="the shell's child")
        terminal.send("\x03")
        terminal.expect("# ")
        terminal.send("stty size\r")
        terminal.expect("33 77")
        terminal.send("\x10\x11")
        assert terminal.wait() == 0
    with there.terminal("exec", "-it", "--detach-keys", "ctrl-x,x", "tty", "sh") as terminal:
        terminal.expect("# ")
        terminal.send("\x18x")
        assert terminal.wait() == 1
        assert b"read escape sequence" in terminal.output
    with there.terminal("attach", "tty") as terminal:
        terminal.send("echo o''k; exit 5\r")
        terminal.expect("ok")
        assert terminal.wait() == 5


def test_streams(there, image, tmp_path):
    there.streams(image)
    data = os.urandom(1 << 20) * 8
    there("run", "-d", "--name", "here", "--network", "none", image, "sh", "-c", "echo begun; sleep 600", check=True)
    assert there("exec", "-i", "here", "cat", stdin=data).stdout_bytes == data
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "big").write_bytes(data)
    (tmp_path / "tree" / "link").symlink_to("big")
    there("cp", tmp_path / "tree", "here:/tmp", check=True)
    there("cp", "here:/tmp/tree", tmp_path / "back", check=True)
    assert (tmp_path / "back" / "big").read_bytes() == data and os.readlink(tmp_path / "back" / "link") == "big"
    saved = there("save", image)
    assert f"Loaded image: {image}:latest" in there("load", stdin=saved.stdout_bytes).stdout
    exported = there("export", "here")
    made = there("import", "-c", "CMD x", "-", "imported:1", stdin=exported.stdout_bytes)
    assert made.status == 0 and there("image", "inspect", "-f", "{{.Config.Cmd}}", "imported:1").stdout == "[/bin/sh -c x]\n", made
    followed = there.start("logs", "-f", "here")
    assert followed.stdout is not None and followed.stdout.readline() == b"begun\n"
    there("rm", "-f", "here", check=True)
    assert followed.wait(20) == 0


@proves("container run --sig-proxy")
def test_signals_go_to_the_container(there, image):
    script = "trap 'echo got; exit 9' TERM INT; echo ready; while :; do sleep 0.1; done"
    for number in (signal.SIGTERM, signal.SIGINT):
        running = there.start("run", "--rm", "--network", "none", image, "sh", "-c", script)
        assert running.stdout is not None and running.stdout.readline() == b"ready\n"
        running.send_signal(number)
        assert running.communicate(timeout=30)[0] == b"got\n"
        assert running.returncode == 9


def test_builds(there, image, tmp_path):
    for name, text in (("yes", "yes\n"), ("no", "no\n"), (".dockerignore", "no\n"), ("Dockerfile", f"FROM {image}\nARG A\nCOPY . /c/\n")):
        (tmp_path / name).write_text(text)
    built = there("build", "-t", "built:1", "--build-arg", "A=7", "--iidfile", tmp_path / "id", tmp_path)
    assert built.status == 0, built
    assert built.stdout.startswith("Sending build context to Docker daemon") and built.stdout.endswith("Successfully tagged built:1\n")
    assert there("image", "inspect", "-f", "{{.Id}}", "built:1").stdout.strip() == (tmp_path / "id").read_text()
    listed = there("run", "--rm", "--network", "none", "built:1", "ls", "-A", "/c")
    assert listed.stdout.split() == [".dockerignore", "Dockerfile", "yes"]
    failed = there("build", "-", stdin=f"FROM {image}\nRUN exit 4\n")
    assert (failed.status, failed.stderr) == (4, "The command '/bin/sh -c exit 4' returned a non-zero code: 4\n")
    unknown = there("build", "-f", "-", tmp_path, stdin="FROM x\nNOPE\n").stderr
    assert unknown.startswith("Error response from daemon: dockerfile parse error on line 2")


def test_what_another_engine_is_not_asked_for(there, tmp_path):
    """One sentence that names the engine, status 1."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    for words in (
        ("buildx", "ls"),
        ("buildx", "bake"),
        ("build", "--secret", "id=x", tmp_path),
        ("build", "--output", "x", tmp_path),
        ("volume", "clone", "a", "b"),
        ("system", "reset", "-f"),
        ("doctor",),
    ):
        refused = there(*words)
        assert refused.status == 1 and refused.stdout == "", refused
        assert refused.stderr.count("\n") == 1 and "works on pydocker's own engine alone, not on unix://" in refused.stderr, refused


@proves("system dial-stdio")
def test_a_connection_on_standard_streams(there):
    request = b"GET /v1.44/_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n"
    assert there("system", "dial-stdio", stdin=request).stdout_bytes.endswith(b"\r\n\r\nOK")


_SINCE = (("init", "1.25"), ("platform", "1.32"))


def test_versions(there, image):
    for version, status in (("1.24", 0), ("1.44", 0), ("1.23", 1), ("1.99", 1)):
        ended = there.pydocker("ps", env={**there.env, "DOCKER_API_VERSION": version})
        assert ended.status == status, ended
        assert not status or f"client version {version} is too" in ended.stderr
    for version in ("1.24", "1.29", "1.40"):  # whose /wait knows no conditions, and which have others to remove containers
        env = {**there.env, "DOCKER_API_VERSION": version}
        for words in (("--rm",), ("--name", f"at{version}")):
            ran = there.pydocker("run", *words, "--network", "none", image, "sh", "-c", "echo x; echo y >&2; exit 3", env=env)
            assert (ran.status, ran.stdout, ran.stderr) == (3, "x\n", "y\n")
        assert there.pydocker("start", "-a", f"at{version}", env=env).status == 3
    assert len(there("ps", "-aq").stdout.split()) == 3
    older = {**there.env, "DOCKER_API_VERSION": "1.24"}
    refused = there.pydocker("run", "--init", "--platform", "linux/amd64", image, "true", env=older)
    lines = [f'"--{name}" requires API version {since}, but the Docker daemon API version is 1.24' for name, since in _SINCE]
    assert (refused.status, refused.stderr.splitlines()) == (1, lines)
    assert there.pydocker("system", "df", env=older).stderr.startswith("docker system df requires API version 1.25, but")
