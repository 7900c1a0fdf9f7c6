"""`volume inspect`."""

from __future__ import annotations

from dockercompat.engine.volume import store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


def inspect(engine: Engine, name: str) -> dict[str, Any]:
    """One volume as GET /volumes/NAME gives it. Raises NoSuchVolume."""
    return store.to_json(engine, store.load(engine, name))
