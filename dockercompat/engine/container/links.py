"""What --link says to a container on the default network: the other one's address, ports and variables in its environment."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.container import state
from dockercompat.errors import DockerError, InvalidParameter, NoSuchContainer
from dockercompat.spec.option import parse_link
from dockercompat.spec.port import split_protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine


def environment(engine: Engine, container: Container) -> list[str]:
    """The variables of all links: ALIAS_NAME, ALIAS_PORT, ALIAS_PORT_80_TCP ..., ALIAS_ENV_X.

    Raises  NoSuchContainer; InvalidParameter for a container that does not run
    """
    result: list[str] = []
    for text in container.host_config.get("Links") or ():
        ref, alias = parse_link(text)
        child = state.current(engine, ref)
        shown = f"/{container.name}/{alias}"
        if not child.is_alive:
            raise InvalidParameter(f"Cannot link to a non running container: /{child.name} AS {shown}")
        if "bridge" not in child.endpoints:
            raise DockerError(f"container {child.id} not attached to default bridge network")
        address = child.endpoints["bridge"].get("IPAddress", "")
        result += _of_child(child, alias.replace("-", "_").upper(), shown, address)
    return result


def unlink(engine: Engine, name: str) -> None:
    """`rm --link`: take back a link by its name, PARENT/ALIAS; a running parent keeps the line of its /etc/hosts.

    Raises  NoSuchContainer; DockerError for the name of a container
    """
    parent_name, slash, alias = name.partition("/")
    if not slash:
        state.resolve(engine, name)
        raise DockerError("Conflict, cannot remove the default link name of the container")
    try:
        parent = state.resolve(engine, parent_name)
    except NoSuchContainer:
        raise NoSuchContainer(name) from None
    links = parent.host_config.get("Links") or []
    kept = [link for link in links if parse_link(link)[1] != alias]
    if len(kept) == len(links):
        raise NoSuchContainer(name)
    changed = json.dumps({**parent.host_config, "Links": kept or None})
    engine.db.execute("UPDATE containers SET host_config = ? WHERE id = ?", (changed, parent.id))


def renamed(engine: Engine, old: str, new: str) -> None:
    """Have links to a container follow its new name. In the caller's transaction."""
    for row in engine.db.all('SELECT id, host_config FROM containers WHERE host_config LIKE \'%"Links": ["%\''):
        host_config = json.loads(row["host_config"])
        parts = [link.partition(":") for link in host_config["Links"]]
        links = [f"{new}:{alias or name}" if name.strip("/") == old else name + colon + alias for name, colon, alias in parts]
        if links != host_config["Links"]:
            changed = json.dumps({**host_config, "Links": links})
            engine.db.execute("UPDATE containers SET host_config = ? WHERE id = ?", (changed, row["id"]))


def _of_child(child: Container, prefix: str, shown: str, address: str) -> list[str]:
    ports = sorted((_split(key) for key in child.config.get("ExposedPorts") or ()), key=lambda each: (each[1] != "tcp", each[0]))
    result: list[str] = []
    if ports:
        number, protocol = ports[0]
        result.append(f"{prefix}_PORT={protocol}://{address}:{number}")
    for number, protocol in ports:
        name = f"{prefix}_PORT_{number}_{protocol.upper()}"
        result += [
            f"{name}={protocol}://{address}:{number}",
            f"{name}_ADDR={address}",
            f"{name}_PORT={number}",
            f"{name}_PROTO={protocol}",
        ]
    result.append(f"{prefix}_NAME={shown}")
    for entry in child.config.get("Env") or ():
        name, equals, value = entry.partition("=")
        if equals and name not in ("HOME", "PATH"):
            result.append(f"{prefix}_ENV_{name}={value}")
    return result


def _split(key: str) -> tuple[int, str]:
    number, protocol = split_protocol(key)
    return int(number), protocol
