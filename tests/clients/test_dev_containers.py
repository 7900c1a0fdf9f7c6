"""What VS Code does for a dev container: its own program makes one by the command line, from an image, a Dockerfile and a compose file."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.conftest import eventually

DOCKERFILE = """FROM busybox
ARG WORD
RUN echo $WORD > /word && mkdir -p /home/work && chown 1000:1000 /home/work && echo work:x:1000:1000::/home/work:/bin/sh >> /etc/passwd
"""
COMPOSE = """services:
  app:
    build: {context: ., args: {WORD: said}}
    volumes: ["..:/work"]
    command: sleep infinity
    init: true
  store:
    image: busybox
    command: sleep infinity
    init: true
"""
BUILD = {"dockerfile": "Dockerfile", "args": {"WORD": "said"}}
CASES: dict[str, dict[str, Any]] = {
    "image": {
        "image": "busybox",
        "runArgs": ["--label", "mine=1"],
        "mounts": ["source=dev-data,target=/data,type=volume"],
        "containerEnv": {"GIVEN": "1"},
        "postCreateCommand": "echo $GIVEN >> /data/created",
    },
    "dockerfile": {"build": BUILD, "remoteUser": "work", "updateRemoteUserUID": True, "postCreateCommand": "cat /word > made"},
    "compose": {"dockerComposeFile": "compose.yaml", "service": "app", "workspaceFolder": "/work", "postCreateCommand": "cat /word > made"},
}


@pytest.fixture(params=["the command line", "docker's client at the socket"])
def door(request: pytest.FixtureRequest, pydocker) -> tuple[str, dict[str, str]]:
    """The program that is called docker there, and its environment."""
    if request.param == "the command line":
        return pydocker.command, pydocker.env
    return request.getfixturevalue("docker_program"), {**request.getfixturevalue("client_env"), "DOCKER_BUILDKIT": "0"}


@pytest.mark.parametrize("kind", CASES)
def test_a_dev_container(kind, door, node_modules, run, pydocker, image, tmp_path):
    """Up, a command in it, and up again, which finds the same one; files made in the workspace, by whoever works there, are the user's."""
    program, env = door
    at_socket = program != pydocker.command
    if at_socket and kind == "compose":
        pytest.skip("docker's client has compose as a plugin of its own")
    workspace = tmp_path / kind
    (workspace / ".devcontainer").mkdir(parents=True)
    for name, text in (("devcontainer.json", json.dumps(CASES[kind])), ("Dockerfile", DOCKERFILE), ("compose.yaml", COMPOSE)):
        (workspace / ".devcontainer" / name).write_text(text)
    tool = node_modules / "node_modules/@devcontainers/cli/devcontainer.js"
    own = {**env, "TMPDIR": str(tmp_path)}

    def devcontainer(verb: str, *words: str) -> str:
        common = ["--docker-path", program, "--workspace-folder", workspace, "--user-data-folder", tmp_path / "data"]
        return run("node", tool, verb, *common, *words, env=own, cwd=workspace).stdout

    try:
        up = ["--buildkit", "never"] if at_socket else []
        first = json.loads(devcontainer("up", *up).splitlines()[-1])
        assert first["outcome"] == "success"
        assert json.loads(devcontainer("up", *up).splitlines()[-1])["containerId"] == first["containerId"]
        pydocker("stop", "-t", "0", first["containerId"], check=True)
        assert json.loads(devcontainer("up", *up).splitlines()[-1])["containerId"] == first["containerId"]
        eventually(lambda: pydocker("inspect", "-f", "{{.State.Status}}", first["containerId"]).stdout == "running\n")
        if kind == "image":
            assert devcontainer("exec", "cat", "/data/created") == "1\n"  # created once, however often it goes up
            assert first["remoteWorkspaceFolder"] == "/workspaces/image"
        else:
            assert (workspace / "made").read_text() == "said\n"
            assert (workspace / "made").stat().st_uid == os.getuid()
            assert devcontainer("exec", "id", "-un") == ("work\n" if kind == "dockerfile" else "root\n")
    finally:
        pydocker("rm", "-f", *pydocker("ps", "-aq").stdout.split())
        pydocker("volume", "rm", "dev-data")
        pydocker("network", "prune", "-f")
        for name in pydocker("images", "--format", "{{.Repository}}").stdout.split():
            if name.startswith(("vsc-", "compose_")):
                pydocker("rmi", "-f", name)
