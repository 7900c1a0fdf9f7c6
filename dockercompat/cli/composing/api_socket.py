"""`use_api_socket`: the engine's own socket in a service's containers, and a config.json with what registries are shown.

docker compose's client does it, not the engine: a bind, a config and a variable more, which count for the config hash.
Source: docker/compose, pkg/compose/apiSocket.go.
"""

from __future__ import annotations

from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockercompat.cli.composing.session import Session

_CONFIG = "#apisocket"
_SOCKET = "/var/run/docker.sock"
_DIR = "/run/secrets/docker"


def lend(session: Session, services: Iterable[str]) -> None:
    """Change the session's project so that those of the services that ask for the socket get it.

    Raises  ClientError where the engine is not behind a socket of this machine
    """
    from dockercompat.cli import config_file
    from dockercompat.compose.model import shapes
    from dockercompat.compose.model.decode import Section, changed
    from dockercompat.compose.model.hash import service_hash
    from dockercompat.distribution.credentials import CredentialStore, document

    known = session.project["services"]
    wanted = [name for name in services if known[name].get("use_api_socket") and not _has_it(known[name])]
    if not wanted:
        return
    remote = session.invocation.remote
    if remote is not None and not remote.address.host.startswith("unix://"):
        raise ClientError(f"use_api_socket can only be used with unix sockets: docker endpoint {remote.address.host} is incompatible")
    found = document(CredentialStore(config_file.directory(session.environ)).all())
    session.project["configs"] = {**(session.project.get("configs") or {}), _CONFIG: {"name": _CONFIG, "content": found}}
    for name in wanted:
        service = known[name]
        made = changed(
            service,
            shapes.SERVICE,
            {
                "volumes": [*(service.get("volumes") or ()), Section(type="bind", source=_SOCKET, target=_SOCKET)],
                "configs": [*(service.get("configs") or ()), Section(source=_CONFIG, target=f"{_DIR}/config.json")],
                "environment": Section(sorted({"DOCKER_CONFIG": _DIR, **(service.get("environment") or {})}.items())),
            },
        )
        session.project["services"] = known = {**known, name: made}
        session.hashes = {**session.hashes, f"services.{name}": service_hash(made)}


def _has_it(service: object) -> bool:
    assert isinstance(service, dict)
    return any(each["source"] == _CONFIG for each in service.get("configs") or ())
