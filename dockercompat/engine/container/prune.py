"""`container prune`: every container that does not run goes."""

from __future__ import annotations

import time

from dockercompat import json
from dockercompat.engine.container import remove, state
from dockercompat.engine.system.events import record
from dockercompat.errors import Conflict, NoSuchContainer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.spec.filter import Filters


def prune(engine: Engine, filters: Filters) -> dict[str, Any]:
    """Remove what does not run; the API's ContainerPruneResponse. The process has joined the holder.

    filters  until (created before), label, label!
    """
    from dockercompat.engine.container.size import writable_bytes

    filters.check(("until", "label", "label!"))
    until_ns = filters.moment_ns("until", time.time_ns())
    deleted: list[str] = []
    reclaimed = 0
    state.refresh(engine, engine.db.all("SELECT * FROM containers"))
    for row in engine.db.all("SELECT * FROM containers WHERE status IN ('created', 'exited', 'dead') ORDER BY created_ns"):
        if until_ns is not None and row["created_ns"] > until_ns:
            continue
        labels = json.loads(row["config"]).get("Labels") or {}
        if not filters.labels(labels) or ("label!" in filters and filters.labels(labels, "label!")):
            continue
        try:
            size_bytes = writable_bytes(engine, row["id"])
            remove.remove(engine, row["id"])
        except (Conflict, NoSuchContainer):  # it was started or removed meanwhile
            continue
        deleted.append(row["id"])
        reclaimed += size_bytes
    record(engine, "container", "prune", "", {"reclaimed": str(reclaimed)})
    return {"ContainersDeleted": deleted or None, "SpaceReclaimed": reclaimed}
