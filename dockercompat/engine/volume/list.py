"""`volume ls`."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.volume import store
from dockercompat.spec.filter import Filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_FILTERS = ("dangling", "driver", "label", "name")


def list(engine: Engine, filters: Filters | None = None) -> dict[str, Any]:
    """All volumes that fit, by name, as GET /volumes gives them.

    Raises  InvalidFilter
    """
    filters = filters or Filters()
    filters.check(_FILTERS)
    dangling = filters.boolean("dangling", False) if "dangling" in filters else None
    used = {row["volume"] for row in engine.db.all("SELECT DISTINCT volume FROM volume_users")} if dangling is not None else set()
    found = [
        store.to_json(engine, row)
        for row in engine.db.all("SELECT * FROM volumes ORDER BY name")
        if filters.regex("name", row["name"])
        and filters.exact("driver", "local")
        and filters.labels(json.loads(row["labels"]))
        and (dangling is None or dangling != (row["name"] in used))
    ]
    return {"Volumes": found, "Warnings": None}
