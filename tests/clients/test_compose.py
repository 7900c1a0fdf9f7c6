"""docker compose, Debian's docker-compose and the plugin where one is found: a project's whole life, and the command line's view of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.clients.conftest import HERE
from tests.conftest import eventually

PLUGIN_DIRS = ("~/.docker/cli-plugins", "/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins",
               "/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins")  # fmt: skip


def plugin() -> str | None:
    paths = (os.path.expanduser(f"{directory}/docker-compose") for directory in PLUGIN_DIRS)
    return next((path for path in paths if os.access(path, os.X_OK)), None)


@pytest.fixture(params=["docker-compose of the distribution", "compose as a plugin"])
def compose(request: pytest.FixtureRequest) -> str:
    path = shutil.which("docker-compose") if "of the" in request.param else plugin()
    if path is None:
        pytest.skip(f"{request.param}: not installed")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(HERE / "project", tmp_path / "project")
    return tmp_path / "project"


def test_a_project(compose, project, run, pydocker, image):
    def do(*words: str, **more: object) -> str:
        return run(compose, *words, cwd=project, env={"DOCKER_BUILDKIT": "0", "COMPOSE_DOCKER_CLI_BUILD": "0"}, **more).stdout

    do("up", "-d", "--build")
    names = sorted(pydocker("ps", "--format", "{{.Names}}").stdout.split())
    assert len(names) == 2 and "web" in names[1]
    web = names[1]
    listed = do("ps")
    assert all(name in listed for name in names)
    address = do("port", "web", "80").strip()
    assert pydocker("port", web).stdout.split()[-1] == address
    with urllib.request.urlopen(f"http://{address}/index.html", timeout=10) as answer:
        assert answer.read() == b"hello-from-web\n"
    eventually(lambda: "file" in do("logs", "--tail", "2"), what="the log of what was built")
    assert do("exec", "-T", "web", "sh", "-c", "echo $A; cat /www/index.html") == "1\nhello-from-web\n"
    assert do("run", "--rm", "--no-deps", "-T", "built", "sh", "-c", "cat /f; exit 3", status=3) == "file\n"
    pydocker("exec", web, "touch", "/data/by-hand", check=True)
    do("up", "-d", "--scale", "web=2", "--no-recreate")
    assert len(pydocker("ps", "-q", "--filter", "label=com.docker.compose.service=web").stdout.split()) == 2
    if not do("version", "--short").startswith("1."):  # 1.29 can't recreate with an engine of docker 25 or later, and takes long to start
        assert do("exec", "-T", "built", "cat", "/g", stdin="typed") == "built\n"
        assert "httpd" in do("top", "web")
        do("restart", "-t", "0", "built")
        do("pause", "built")
        assert "Paused" in pydocker("ps", "--filter", "status=paused").stdout
        do("unpause", "built")
        do("up", "-d", "--force-recreate", "-t", "0", "--scale", "web=1")
        assert do("exec", "-T", "web", "ls", "/data") == "by-hand\n"  # volumes are handed on
        do("cp", "web:/www/index.html", "copied")
        assert (project / "copied").read_text() == "hello-from-web\n"
        assert "web" in do("stats", "--no-stream")
        do("kill", "built")
        do("rm", "-f", "built")
        do("stop", "-t", "0")
    do("down", "-v", "--rmi", "local")
    assert pydocker("ps", "-aq").stdout == pydocker("volume", "ls", "-q").stdout == ""
    assert not pydocker("network", "ls", "-q", "--filter", "type=custom").stdout


def test_up_in_the_foreground(compose, project, run, pydocker, image, client_env):
    """Output with the service's name before each line; an interrupt stops the project."""
    env = {**client_env, "DOCKER_BUILDKIT": "0", "COMPOSE_DOCKER_CLI_BUILD": "0"}
    up = subprocess.Popen(
        [compose, "up", "--build", "--no-color"], cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = ""
    assert up.stdout is not None
    for line in iter(up.stdout.readline, ""):
        said += line
        if line.startswith("built") and line.endswith("| file\n"):
            break
    assert "| serving\n" in said and "| hello-from-web\n" in said, said
    up.send_signal(signal.SIGINT)
    up.stdout.read()
    assert up.wait(30) in (0, 130)
    eventually(lambda: pydocker("ps", "-q").stdout == "", what="stopped")
    assert len(pydocker("ps", "-aq").stdout.split()) == 2
    run(compose, "down", "-v", cwd=project)


def test_build_by_bake(project, run, pydocker, image):
    """Compose 2 builds by the plugin docker-buildx, which this program is by that name."""
    path = plugin()
    if path is None:
        pytest.skip("compose as a plugin: not installed")
    plugins = pydocker.home / ".docker/cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    (plugins / "docker-buildx").symlink_to(pydocker.command)
    try:
        run(path, "build", cwd=project, env={"PYDOCKER_ROOT": str(pydocker.root)})
    finally:
        (plugins / "docker-buildx").unlink()
    assert pydocker("run", "--rm", "of-compose", "cat", "/g").stdout == "built\n"
