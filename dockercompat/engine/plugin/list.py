"""`plugin ls`, of an engine that runs none."""

from __future__ import annotations

from dockercompat.spec.filter import Filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_FILTERS = ("capability", "enabled")


def list(engine: Engine, filters: Filters | None = None) -> tuple[dict[str, Any], ...]:
    """No plugins, as GET /plugins gives them.

    Raises  InvalidFilter
    """
    filters = filters or Filters()
    filters.check(_FILTERS)
    if "enabled" in filters:
        filters.boolean("enabled", False)
    return ()
