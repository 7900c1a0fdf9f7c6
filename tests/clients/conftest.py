"""One service for all clients of a session, at the place where they look for it by themselves, and the clients from their registries."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.interpreter import python_tar
from tests.conftest import CACHE, Pydocker, eventually

HERE = Path(__file__).resolve().parent
NODE_MAJOR = 20  # what dockerode and testcontainers want at least


@pytest.fixture(scope="session")
def service(pydocker: Pydocker) -> Iterator[str]:
    """The address of a service at its usual place, $XDG_RUNTIME_DIR/docker.sock."""
    path = pydocker.runtime_dir / "docker.sock"
    with open(pydocker.top / "service.log", "wb") as log:
        process = subprocess.Popen([pydocker.command, "system", "service", "--time", "0"], env=pydocker.env, stdout=log, stderr=log)

    def answers() -> bool:
        assert process.poll() is None, (pydocker.top / "service.log").read_text()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(path))
            return True
        return False

    eventually(answers, what="the service answers")
    yield f"unix://{path}"
    process.terminate()
    process.wait(10)
    log_text = (pydocker.top / "service.log").read_text()
    assert "Traceback" not in log_text, log_text


@pytest.fixture
def client_env(pydocker: Pydocker, service: str) -> dict[str, str]:
    """The environment of a client: another program's home, the user's own runtime directory, DOCKER_HOST.

    What names this engine's store stays in it: docker-compose 1.29 runs `docker`, which may be this program.
    """
    # where this machine is a container itself, testcontainers asks the default gateway
    here = {"TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1", "TESTCONTAINERS_CONNECTION_MODE": "docker_host"}
    return {**pydocker.env, **here, "DOCKER_HOST": service, "PATH": os.environ["PATH"]}


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(client_env: dict[str, str]) -> Run:
    """Run a client's words to their end; the test fails at once when the status is not the one said."""

    def call(
        *words: str | os.PathLike[str], status: int = 0, stdin: str = "", env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, env={**client_env, **(env or {})}, cwd=cwd, timeout=120)
        assert done.returncode == status, f"{words} -> {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    return call


@pytest.fixture(scope="session")
def docker_program() -> str:
    """Path of docker's own client; this machine has to have it, Debian's lies within the engine's package."""
    path = shutil.which("docker")
    if path is None or Path(path).read_bytes()[:4] != b"\x7fELF":
        pytest.skip("docker's own client is not installed")
    return path


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The directory with node_modules of tests/clients/node, installed once for each lock file and kept."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < NODE_MAJOR:
        pytest.skip(f"node {version} is older than {NODE_MAJOR}")
    directory = CACHE / f"node-{hashlib.sha256((HERE / 'node/package-lock.json').read_bytes()).hexdigest()[:12]}"
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "complete").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / "node" / name, directory)
            words = ["npm", "ci", "--silent", "--ignore-scripts", "--omit=optional", "--omit=dev"]
            done = subprocess.run(words, cwd=directory, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
            if done.returncode:
                pytest.skip(f"npm could not install tests/clients/node/package.json: {(done.stderr or done.stdout).strip()[-300:]}")
            (directory / "complete").touch()
    return directory


@pytest.fixture
def python_image(pydocker: Pydocker, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of an image with a Python interpreter and tests/clients/reaper.py: the part of testcontainers' ryuk."""
    name = "testcontainers/stand-in:1"
    if pydocker("image", "inspect", name).status:
        path = tmp_path_factory.mktemp("python") / "python.tar"
        python_tar(path, {"reaper.py": HERE / "reaper.py"})
        pydocker("import", "-c", 'ENTRYPOINT ["python","-I","-S","/reaper.py"]', "-c", "EXPOSE 8080", path, name, check=True)
    return name
