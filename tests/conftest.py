"""Fixtures: the real program in a store of its own, base images made offline, a registry on loopback, a check that nothing stays behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import site
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.rootfs import busybox_tar

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background: commands would inherit that, and not be interrupted
    signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pydocker-tests"
TIMEOUT_S = 60.0

Function = TypeVar("Function", bound=Callable[..., Any])


def proves(*rows: str) -> Callable[[Function], Function]:
    """Claim that a test shows these rows of the command surface to work: proves("container run", "container run --rm")."""

    def mark(function: Function) -> Function:
        function.__proves__ = (*getattr(function, "__proves__", ()), *rows)  # type: ignore[attr-defined]
        return function

    return mark


def eventually(condition: Callable[[], Any], timeout: float = 20.0, what: str = "") -> Any:
    """Wait until the condition gives something true, and return that."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what or condition}")
        time.sleep(0.02)


class Result:
    """What a command that ended left behind: status (128+n after a signal, as a shell says), stdout and stderr as text and as bytes."""

    def __init__(self, argv: Sequence[str], status: int, stdout: bytes, stderr: bytes) -> None:
        self.argv = argv
        self.status = status if status >= 0 else 128 - status
        self.stdout_bytes = stdout
        self.stderr_bytes = stderr
        self.stdout = stdout.decode(errors="replace")
        self.stderr = stderr.decode(errors="replace")

    def __repr__(self) -> str:
        return f"{' '.join(self.argv)} -> {self.status}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"


class Terminal:
    """A command on a pseudo-terminal of its own."""

    def __init__(self, argv: Sequence[str], env: dict[str, str], cwd: str | None) -> None:
        self.argv = list(argv)
        self.output = b""
        self.status: int | None = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                if cwd:
                    os.chdir(cwd)
                os.execve(argv[0], list(argv), env)
            finally:
                os._exit(127)

    def send(self, text: str | bytes) -> None:
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def _read(self, timeout: float) -> bool:
        """Read some output; False at its end."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: the other side is closed
            return False
        self.output += data
        return bool(data)

    def expect(self, text: str, timeout: float = 20.0) -> str:
        """Wait for text in what was written; everything written so far is returned and forgotten."""
        end = time.monotonic() + timeout
        while text.encode() not in self.output:
            if time.monotonic() > end or not self._read(0.1):
                raise AssertionError(f"{self.argv}: {text!r} did not come, but {self.output!r}")
        seen, self.output = self.output, b""
        return seen.decode(errors="replace")

    def wait(self, timeout: float = 20.0) -> int:
        """Wait for the end of the command; its status as a shell says it. What it still wrote is in output."""
        end = time.monotonic() + timeout
        while self.status is None:
            self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.status = code if code >= 0 else 128 - code
            elif time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                self.status = 128 + os.waitpid(self.pid, 0)[1]
                raise AssertionError(f"{self.argv} still runs after {timeout} s: {self.output!r}")
        while select.select([self.fd], [], [], 0)[0] and self._read(0):
            pass
        return self.status

    def close(self) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class Pydocker:
    """The program under test, with a store and a runtime directory of its own."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.root = top / "root"
        self.runtime_dir = top / "run"
        self.home = top / "home"
        self.bin = top / "bin"
        for path in (self.root, self.runtime_dir, self.home, self.bin):
            path.mkdir(mode=0o700)
        self.env = {
            name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "PYDOCKER_", "COMPOSE_", "BUILDKIT_"))
        }
        for name in ("COLUMNS", "NO_COLOR", "XDG_DATA_HOME", "PYTHONPATH"):
            self.env.pop(name, None)
        self.env.update(
            HOME=str(self.home),
            PYDOCKER_ROOT=str(self.root),
            XDG_RUNTIME_DIR=str(self.runtime_dir),
            DOCKER_CONFIG=str(self.home / ".docker"),
            PATH=f"{self.bin}:{os.environ.get('PATH', '')}",
            LC_ALL="C.UTF-8",
            TZ="UTC",
        )
        driver = os.environ.get("PYDOCKER_STORAGE_DRIVER")
        if driver:
            self.env["PYDOCKER_STORAGE_DRIVER"] = driver
        self.command = str(self.bin / "pydocker")
        given = os.environ.get("PYDOCKER_COMMAND")
        text = f'#!/bin/sh\nexec {given} "$@"\n' if given else launcher(REPOSITORY, sys.executable, site.getsitepackages())
        for name in ("pydocker", "docker"):
            path = self.bin / name
            path.write_text(text)
            path.chmod(0o755)

    def environment(self, env: dict[str, str] | None) -> dict[str, str]:
        return {**self.env, **(env or {})}

    def __call__(
        self,
        *args: str | os.PathLike[str],
        stdin: str | bytes | None = None,
        env: dict[str, str] | None = None,
        timeout: float = TIMEOUT_S,
        cwd: str | os.PathLike[str] | None = None,
        check: bool = False,
    ) -> Result:
        """Run `pydocker ARGS` to its end.

        stdin    None is /dev/null
        env      added to the environment of all
        check    fail the test at once when the status is not 0
        """
        argv = [self.command, *map(os.fspath, args)]
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(env),
            cwd=cwd,
        )
        try:
            out, err = process.communicate(stdin.encode() if isinstance(stdin, str) else stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # something else may hold the pipes open
                process.communicate(timeout=2)
            raise AssertionError(f"{' '.join(argv)} did not end within {timeout} s") from None
        result = Result(argv, process.returncode, out, err)
        if check:
            assert result.status == 0, result
        return result

    def start(self, *args: str | os.PathLike[str], env: dict[str, str] | None = None, **kwargs: Any) -> subprocess.Popen[bytes]:
        """Start `pydocker ARGS` with pipes and leave it running; the test ends it."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs}
        return subprocess.Popen([self.command, *map(os.fspath, args)], env=self.environment(env), **pipes)

    @contextlib.contextmanager
    def terminal(self, *args: str | os.PathLike[str], env: dict[str, str] | None = None, cwd: str | None = None) -> Iterator[Terminal]:
        """Run `pydocker ARGS` on a pseudo-terminal."""
        terminal = Terminal([self.command, *map(os.fspath, args)], {**self.environment(env), "TERM": "xterm"}, cwd)
        try:
            yield terminal
        finally:
            terminal.close()

    @contextlib.contextmanager
    def shell_terminal(self, line: str, *, env: dict[str, str] | None = None) -> Iterator[Terminal]:
        """Run a line of shell on a pseudo-terminal; env may say TERM."""
        terminal = Terminal(["/bin/sh", "-c", line], {**self.environment(None), "TERM": "xterm", **(env or {})}, None)
        try:
            yield terminal
        finally:
            terminal.close()

    def run_dir(self) -> Path:
        """The engine's own runtime directory."""
        return next(self.runtime_dir.glob("pydocker*"))


def launcher(source: Path, python: str, site_packages: Sequence[str]) -> str:
    """Text of a start script that skips what Python's `site` does (half of the interpreter's start)."""
    return (
        f"#!{python} -IS\n"
        f"import sys\n"
        f"sys.path[:0] = {[str(source), *site_packages]!r}\n"
        f"from dockercompat.__main__ import main\n"
        f"sys.exit(main())\n"
    )


_PROGRAM = pytest.StashKey[Pydocker]()


@pytest.fixture(scope="session")
def pydocker(pytestconfig: pytest.Config) -> Iterator[Pydocker]:
    top = Path(tempfile.mkdtemp(prefix="pydocker-test-", dir="/tmp"))
    program = Pydocker(top)
    pytestconfig.stash[_PROGRAM] = program
    yield program
    left = _clean(program)
    assert not left, "left behind:\n" + "\n".join(left)


@pytest.fixture(autouse=True)
def _no_containers_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Remove the containers that a test (a failed one, mostly) left, so that names and ports are free for the next."""
    yield
    if "pydocker" in request.fixturenames:
        program: Pydocker = request.getfixturevalue("pydocker")
        ids = program("ps", "-aq").stdout.split()
        if ids:
            program("rm", "-f", "-v", *ids)


@pytest.fixture(autouse=True, scope="module")
def _nothing_from_other_modules(request: pytest.FixtureRequest) -> Iterator[None]:
    """A module's images, volumes, networks and build cache go with it, so that each module finds a store with the base images alone."""
    yield
    program: Pydocker | None = request.session.config.stash.get(_PROGRAM, None)
    if program is None or not {"live", "clients"} & {*request.node.path.parts}:
        return
    names = program("images", "-a", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").stdout.split("\n")
    kept = {"busybox:latest", "debian:bookworm"}
    doomed = [line.split()[0] if "<none>" not in line else line.split()[1] for line in names if line and line.split()[0] not in kept]
    if doomed:
        program("rmi", "-f", *doomed)
    program("system", "prune", "-f", "--volumes")
    program("builder", "prune", "-a", "-f")
    volumes = program("volume", "ls", "-q").stdout.split()
    if volumes:
        program("volume", "rm", "-f", *volumes)


def _clean(program: Pydocker) -> list[str]:
    """End everything of this session's store; what is left of processes, mounts and files."""
    left = []
    reset = program("system", "reset", "--force")
    if reset.status:
        left.append(repr(reset))
    top = str(program.top)
    end = time.monotonic() + 5
    while (processes := processes_naming(top)) and time.monotonic() < end:
        time.sleep(0.05)
    left += [f"process {pid}: {command}" for pid, command in processes]
    for pid, _ in processes:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        left += [f"mount {line.strip()}" for line in file if top in line]
    for directory in (program.root, program.runtime_dir):
        left += [f"file {path}" for path in _files_under(directory)][:20]
    shutil.rmtree(program.top, ignore_errors=True)
    return left


def _files_under(directory: Path) -> Iterator[str]:
    for parent, _, files in os.walk(directory):
        for name in files:
            yield f"{parent}/{name}"


def processes_naming(text: str) -> list[tuple[int, str]]:
    """Processes whose command line or environment has the text in it."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        data = b""
        for kind in ("cmdline", "environ"):
            with contextlib.suppress(OSError), open(f"/proc/{name}/{kind}", "rb") as file:
                data += file.read()
        if text.encode() in data:
            found.append((int(name), data.partition(b"\0\0")[0].replace(b"\0", b" ").decode(errors="replace")[:200]))
    return found


@pytest.fixture(scope="session")
def busybox_rootfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tar archive with a busybox root file system."""
    path = tmp_path_factory.mktemp("rootfs") / "busybox.tar"
    busybox_tar(path)
    return path


@pytest.fixture(scope="session")
def _busybox(pydocker: Pydocker, busybox_rootfs: Path) -> str:
    pydocker("import", "-c", 'CMD ["sh"]', busybox_rootfs, "busybox:latest", check=True)
    return "busybox"


@pytest.fixture
def image(pydocker: Pydocker, _busybox: str, busybox_rootfs: Path) -> str:
    """Name of a busybox image in the store (made anew when a test removed it)."""
    if pydocker("image", "inspect", _busybox).status:
        pydocker("import", "-c", 'CMD ["sh"]', busybox_rootfs, "busybox:latest", check=True)
    return _busybox


def debian_tar() -> Path:
    """A minimal Debian root file system, made by mmdebstrap once and kept."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / "debian-bookworm.tar"
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            partial = path.with_suffix(".partial.tar")
            mode = "root" if os.getuid() == 0 else "unshare"
            subprocess.run(
                ["mmdebstrap", f"--mode={mode}", "--variant=minbase", '--aptopt=APT::Sandbox::User "root"', "bookworm", str(partial)],
                check=True,
                timeout=900,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None,
            )
            partial.rename(path)
    return path


@pytest.fixture(scope="session")
def debian_image(pydocker: Pydocker) -> str:
    """Name of a Debian image in the store; slow the first time, so only tests marked `debian` use it."""
    if shutil.which("mmdebstrap") is None:
        pytest.skip("mmdebstrap is not installed")
    pydocker("import", "-c", 'CMD ["bash"]', debian_tar(), "debian:bookworm", check=True, timeout=300)
    return "debian:bookworm"


@pytest.fixture(scope="session")
def debian(pydocker: Pydocker, debian_image: str) -> str:
    """The Debian image, with packages to be had: else there is nothing that the examples could be built from."""
    sources = pydocker("run", "--rm", debian_image, "sh", "-c", "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null").stdout
    mirror = re.search(r"https?://\S+", sources)
    assert mirror, sources
    if not reachable(f"{mirror[0].rstrip('/')}/dists/bookworm/InRelease"):
        pytest.skip("no registry of Debian packages can be reached")
    return debian_image


def reachable(url: str) -> bool:
    """Whether an address of the web answers."""
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except OSError:
        return False


@pytest.fixture
def daemon_json(pydocker: Pydocker) -> Iterator[Callable[[Any], Path]]:
    """Writes the engine's configuration: a document, or the text of one; it is gone after the test."""
    path = pydocker.home / ".config" / "docker" / "daemon.json"
    path.parent.mkdir(parents=True, exist_ok=True)

    def write(document: Any) -> Path:
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    yield write
    path.unlink(missing_ok=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of an empty registry (Debian's docker-registry) on loopback, without TLS and without authentication."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed")
    directory = tmp_path_factory.mktemp("registry")
    address = f"127.0.0.1:{free_port()}"
    (directory / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {directory}/data}}\n  delete: {{enabled: true}}\n"
        f"http:\n  addr: {address}\n"
    )
    with open(directory / "log", "wb") as log:
        process = subprocess.Popen([program, "serve", str(directory / "config.yml")], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def answers() -> bool:
        assert process.poll() is None, (directory / "log").read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{address}/v2/", timeout=1) as answer:
            return bool(answer.status == 200)
        return False

    try:
        eventually(answers, what="the registry answers")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "debian: needs a Debian image (made by mmdebstrap, slow the first time)")
    config.addinivalue_line("markers", "slow: takes more than a few seconds")


def pytest_report_header() -> str:
    kind = "root" if os.getuid() == 0 else f"user {os.getuid()}"
    fuse = os.path.exists("/dev/fuse") and stat.S_ISCHR(os.stat("/dev/fuse").st_mode) and os.access("/dev/fuse", os.R_OK | os.W_OK)
    return f"pydocker tests as {kind}; /dev/fuse {'usable' if fuse else 'not usable'}"


@pytest.fixture
def context(tmp_path: Path) -> Any:
    """A directory with some files, and a function that writes more: context("name", "text", mode=0o600)."""

    def write(name: str, text: str = "", mode: int | None = None) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if mode is not None:
            path.chmod(mode)
        return path

    write.path = tmp_path  # type: ignore[attr-defined]
    return write
