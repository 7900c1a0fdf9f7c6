"""The events around a container's run: its volumes mounted, its networks connected, its start and its end, in docker's order."""

from __future__ import annotations

from dockercompat.engine.system import events

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine
    from dockercompat.engine.system.events import Event


def started(engine: Engine, container: Container) -> None:
    """A container's process runs; its endpoints are recorded."""
    start: Event = ("container", "start", container.id, container.attributes())
    events.record_many(engine, [*mounts(container), *_networks(engine, container, "connect"), start])


def ended(engine: Engine, container: Container, *, exit_code: int, ran_s: int, out_of_memory: bool) -> None:
    """A container's process has ended; container is as it was while it ran."""
    found: list[Event] = []
    if out_of_memory:
        found.append(("container", "oom", container.id, container.attributes()))
    found += _networks(engine, container, "disconnect")
    found += unmounts(container)
    found.append(("container", "die", container.id, container.attributes(exitCode=str(exit_code), execDuration=str(ran_s))))
    events.record_many(engine, found)


def failed(engine: Engine, container: Container, *, watched: bool) -> None:
    """A container could not be started: what had been made for it is taken back. watched: a client had attached to it."""
    from dockercompat.engine.network.endpoints import wanted

    found: list[Event] = [("container", "attach", container.id, container.attributes())] if watched else []
    found += mounts(container)
    for endpoint in wanted(engine, dict(container.row), missing_ok=True):
        row = endpoint.network
        found.append(_network("disconnect", container, row["id"], row["name"], row["driver"]))
    events.record_many(engine, found + unmounts(container))


def looked_into(engine: Engine, container: Container, action: str = "") -> None:
    """A container's files were reached from outside, with its volumes there meanwhile; action is archive-path, extract-to-dir or ""."""
    event: list[Event] = [("container", action, container.id, container.attributes())] if action else []
    events.record_many(engine, [*mounts(container), *event, *unmounts(container)])


def mounts(container: Container) -> list[Event]:
    """The volumes that a container is given."""
    found: list[Event] = []
    for point in container.mounts:
        if point["Type"] == "volume":
            attributes = {
                "container": container.id,
                "destination": point["Destination"],
                "driver": point.get("Driver") or "local",
                "propagation": point.get("Propagation") or "",
                "read/write": "true" if point.get("RW", True) else "false",
            }
            found.append(("volume", "mount", point["Name"], attributes))
    return found


def unmounts(container: Container) -> list[Event]:
    """The volumes that a container gives back."""
    return [
        ("volume", "unmount", point["Name"], {"container": container.id, "driver": point.get("Driver") or "local"})
        for point in container.mounts
        if point["Type"] == "volume"
    ]


def _networks(engine: Engine, container: Container, action: str) -> list[Event]:
    """The networks that a running container is in, first that of its mode."""
    ids = [each.get("NetworkID") for each in container.endpoints.values()]
    if not any(ids):
        return []
    rows = {row["id"]: row for row in engine.db.all("SELECT id, name, driver FROM networks")}
    return [_network(action, container, row["id"], row["name"], row["driver"]) for id in ids if (row := rows.get(id)) is not None]


def _network(action: str, container: Container, network_id: str, name: str, driver: str) -> Event:
    return ("network", action, network_id, {"container": container.id, "name": name, "type": driver})
