"""Removing build cache: entries nothing has used, the layers that only they hold, cache mounts."""

from __future__ import annotations

import os
import time

from dockercompat.build.solving.solve import remove_stale
from dockercompat.engine.image import layers
from dockercompat.engine.system import events
from dockercompat.errors import InvalidParameter
from dockercompat.host.lock import Lock
from dockercompat.spec import clock, duration
from dockercompat.spec.filter import Filters
from dockercompat.storage.changes import files_size
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


def prune(
    engine: Engine, *, everything: bool = False, filters: Filters | None = None, keep_bytes: int = 0, min_free_bytes: int = 0
) -> dict[str, Any]:
    """Remove build cache, the longest unused first. The process has joined the holder.

    everything  also entries whose layers images hold, and cache mounts; else those whose layers no image has
    keep_bytes  cache of this size may stay; min_free_bytes: no more is removed when the disk has this much free; 0: all goes
    Returns     {"CachesDeleted": ids, "SpaceReclaimed": bytes, "Entries": rows for the table}
    Raises      InvalidFilter, InvalidParameter for a malformed until
    """
    filters = filters or Filters()
    filters.check(("until", "unused-for", "id", "label", "label!"))
    if filters.get("label") or filters.get("label!"):  # nothing in the cache has a label
        events.record(engine, "builder", "prune", "", {"reclaimed": "0"})
        return {"CachesDeleted": [], "SpaceReclaimed": 0, "Entries": []}
    before_ns = _until(filters)
    remove_stale(engine)
    images = [bytes(row[0]) for row in engine.db.all("SELECT config FROM images WHERE removed != 1")]
    chosen: list[dict[str, Any]] = []
    found: list[str] = []
    now = time.time_ns()
    rows = engine.db.all("SELECT key, result, used_ns, size_bytes FROM build_cache ORDER BY used_ns")
    left = sum(row["size_bytes"] for row in rows)
    free = os.statvfs(engine.paths.data_dir)
    free_bytes = free.f_bavail * free.f_frsize
    for row in rows:
        if keep_bytes and left <= keep_bytes:
            break
        if min_free_bytes and free_bytes >= min_free_bytes:
            break
        if before_ns is not None and row["used_ns"] > before_ns:
            continue
        if filters.get("id") and row["key"] not in filters.get("id"):
            continue
        diff_id = row["result"].partition('"layer": "')[2].partition('"')[0]
        if not everything and any(diff_id.encode() in text for text in images):
            continue
        left -= row["size_bytes"]
        free_bytes += row["size_bytes"]
        ago = duration.human((now - row["used_ns"]) / 1e9)
        chosen.append({"ID": row["key"], "Size": row["size_bytes"], "Ago": f"{ago} ago"})
        found.append(diff_id)
    with engine.db.transaction():
        for entry in chosen:
            engine.db.execute("DELETE FROM build_cache WHERE key = ?", (entry["ID"],))
        if everything:
            engine.db.execute("DELETE FROM build_content")
    freed = layers.collect(engine, found).size_bytes if found else 0
    if everything and before_ns is None and not keep_bytes and not min_free_bytes:
        freed += _remove_mounts(engine)
    events.record(engine, "builder", "prune", "", {"reclaimed": str(freed)})
    return {"CachesDeleted": [entry["ID"] for entry in chosen], "SpaceReclaimed": freed, "Entries": chosen}


def usage(engine: Engine) -> list[dict[str, Any]]:
    """The entries of the cache, the latest used first: ID, Size, Ago, Description, Uses, Reclaimable (no image holds the layer)."""
    images = [bytes(row[0]) for row in engine.db.all("SELECT config FROM images WHERE removed != 1")]
    now = time.time_ns()
    found = []
    for row in engine.db.all("SELECT * FROM build_cache ORDER BY used_ns DESC, key"):
        diff_id = row["result"].partition('"layer": "')[2].partition('"')[0]
        found.append(
            {
                "ID": row["key"],
                "Size": row["size_bytes"],
                "Ago": f"{duration.human((now - row['used_ns']) / 1e9)} ago",
                "Created": clock.go_string(row["created_ns"], utc=True),
                "Description": row["description"],
                "Uses": row["uses"],
                "Reclaimable": not any(diff_id.encode() in text for text in images),
            }
        )
    return found


def _until(filters: Filters) -> int | None:
    given = filters.get("until") + filters.get("unused-for")
    if not given:
        return None
    try:
        return clock.timestamp(given[0], time.time_ns())
    except ValueError as error:
        raise InvalidParameter(str(error)) from None


def _remove_mounts(engine: Engine) -> int:
    """Remove the cache mounts that no step uses now, and what is remembered of contexts."""
    freed = 0
    directory = f"{engine.paths.data_dir}/build/cache"
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return 0
    for name in names:
        lock = Lock(f"{engine.paths.locks_dir}/cache-{name}")
        if lock.acquire(block=False):
            freed += files_size(f"{directory}/{name}")
            remove_tree(f"{directory}/{name}")
            lock.release(remove=True)
    return freed
