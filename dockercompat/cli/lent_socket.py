"""`run --use-api-socket`: the engine's own socket in a container, and a config.json with what registries are shown.

docker's client does it, not the engine: a bind and a variable more, and a file that is put into the container before its start.
Source: docker/cli v28, cli/command/container/create.go.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.invocation import Invocation

_SOCKET = "/var/run/docker.sock"
_DIR = "/run/secrets/docker"


def lend(invocation: Invocation, body: dict[str, Any]) -> str:
    """Add the socket to the body of a container; the text of the config.json that it is to get, "" for none."""
    from dockercompat.cli import config_file
    from dockercompat.distribution.credentials import CredentialStore, document

    mounts = body["HostConfig"].get("Mounts") or []
    body["HostConfig"]["Mounts"] = [*mounts, {"Type": "bind", "Source": _SOCKET, "Target": _SOCKET, "BindOptions": {}}]
    environment = body.get("Env") or []
    if any(each.startswith("DOCKER_CONFIG=") for each in environment):
        return ""
    found = CredentialStore(config_file.directory(invocation.environ)).all()
    if not found:
        return ""
    body["Env"] = [*environment, f"DOCKER_CONFIG={_DIR}"]
    return document(found)


def give(invocation: Invocation, container_id: str, text: str) -> None:
    """Put the config.json into a container that does not run yet."""
    from dockercompat.compose.apply.perform import give as put
    from dockercompat.compose.door import Door

    door = Door(invocation.engine, invocation.verb, remote=invocation.remote is not None)
    put(door, container_id, [{"path": f"{_DIR}/config.json", "content": text, "mode": 0o600, "uid": "", "gid": ""}])
