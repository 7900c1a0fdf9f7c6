"""`diff`: what a container changed in its image's files."""

from __future__ import annotations

from dockercompat.engine.container import rootfs, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_KINDS = {"C": 0, "A": 1, "D": 2}


def changes(engine: Engine, ref: str) -> list[dict[str, Any]]:
    """Path and Kind (0 changed, 1 added, 2 deleted), as GET /containers/ID/changes gives them. The process has joined the holder."""
    container = state.current(engine, ref)
    driver = rootfs.driver(engine, container.id)
    found = driver.changes(rootfs.layer_dirs(engine, container), engine.paths.container_dir(container.id))
    return [{"Kind": _KINDS[change.kind], "Path": change.path} for change in found]
