"""`port`: where a container's ports are published."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.container import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def published(engine: Engine, ref: str) -> dict[str, list[dict[str, str]]]:
    """NetworkSettings.Ports without the ports that are only exposed: "80/tcp" to [{"HostIp", "HostPort"}].

    Raises  NoSuchContainer, AmbiguousId
    """
    container = state.current(engine, ref)
    if not container.is_alive:
        return {}
    return {key: bindings for key, bindings in json.loads(container.row["ports"]).items() if bindings}
