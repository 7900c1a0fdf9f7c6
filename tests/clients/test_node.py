"""dockerode, dockerode-compose and testcontainers for Node: their own programs, tests/clients/node/*.test.js, run by Node's test runner."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import HERE
from tests.conftest import eventually


@pytest.fixture
def programs(node_modules: Path, tmp_path: Path) -> Path:
    """A directory with the programs beside node_modules, where Node finds both."""
    for path in (HERE / "node").glob("*.js*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "node_modules").symlink_to(node_modules / "node_modules")
    return tmp_path


def test_dockerode(programs, run, pydocker, image):
    run("node", "--test", "--test-reporter=tap", "dockerode.test.js", cwd=programs)
    assert pydocker("ps", "-aq").stdout == ""


def test_dockerode_compose(programs, run, pydocker, image):
    run("node", "--test", "--test-reporter=tap", "dockerode-compose.test.js", cwd=programs, env={"TMPDIR": str(programs)})
    assert pydocker("ps", "-aq").stdout == pydocker("volume", "ls", "-q").stdout == ""


def test_testcontainers(programs, run, pydocker, image, python_image):
    env = {
        "RYUK_CONTAINER_IMAGE": python_image,
        "TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT": "1s",
        "DOCKER_HOST": "",
        "TMPDIR": str(programs),
    }
    run("node", "--test", "--test-reporter=tap", "testcontainers.test.js", cwd=programs, env=env)
    eventually(lambda: pydocker("ps", "-q").stdout == "", what="the reaper has done its work and gone")
