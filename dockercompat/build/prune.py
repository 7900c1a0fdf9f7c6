"""Removing build cache: entries nothing has used, the layers that only they hold, cache mounts."""

from __future__ import annotations

import os
import time

from dockercompat.build.solving.workers import remove_stale
from dockercompat.engine.image import layers
from dockercompat.engine.system import events
from dockercompat.errors import DockerError, InvalidParameter
from dockercompat.host.lock import Lock
from dockercompat.spec import clock, duration
from dockercompat.spec.filter import Filters
from dockercompat.storage.changes import files_size
from dockercompat.storage.tree import remove_tree

_MEMORIES = ("build_content", "build_steps")
_ROWS_MAX = 20_000  # that many memories of each kind are kept
_ROWS_SLACK = 2_000
_BUDGET_MIN = 10_000_000_000
_RESERVED = ("reservedSpace", "defaultReservedSpace", "defaultKeepStorage")

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from dockercompat.engine.engine import Engine


def prune(
    engine: Engine,
    *,
    everything: bool = False,
    filters: Filters | None = None,
    reserved_bytes: int = 0,
    max_used_bytes: int = 0,
    min_free_bytes: int = 0,
) -> dict[str, Any]:
    """Remove build cache, the longest unused first. The process has joined the holder.

    everything  also entries whose layers images hold, and cache mounts; else those whose layers no image has
    reserved_bytes, max_used_bytes, min_free_bytes  as BuildKit has them: cache of the first size always stays, what is over the second
                goes, and more when the disk has less than the third free; all 0: everything goes
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
    rows = engine.db.all("SELECT key, result, used_ns, size_bytes FROM build_cache ORDER BY used_ns")
    limited = bool(reserved_bytes or max_used_bytes or min_free_bytes)
    left = sum(row["size_bytes"] for row in rows)
    keep = kept_bytes(left, _free_bytes(engine), reserved_bytes, max_used_bytes, min_free_bytes)
    held = _held(engine) if not everything else b""
    chosen = []
    now = time.time_ns()
    for row in rows:
        if limited and left <= keep:
            break
        if before_ns is not None and row["used_ns"] > before_ns:
            continue
        if filters.get("id") and row["key"] not in filters.get("id"):
            continue
        if not everything and _layer_of(row).encode() in held:
            continue
        left -= row["size_bytes"]
        ago = duration.human((now - row["used_ns"]) / 1e9)
        chosen.append({"ID": row["key"], "Size": row["size_bytes"], "Ago": f"{ago} ago", "Layer": _layer_of(row)})
    freed = _drop(engine, chosen)
    if everything and not limited and not filters.get("id"):
        cutoff = now if before_ns is None else before_ns
        for table in _MEMORIES:
            engine.db.execute(f"DELETE FROM {table} WHERE used_ns <= ?", (cutoff,))
        if before_ns is None:
            freed += _remove_mounts(engine)
            _forget_contexts(engine)
    events.record(engine, "builder", "prune", "", {"reclaimed": str(freed)})
    return {"CachesDeleted": [entry["ID"] for entry in chosen], "SpaceReclaimed": freed, "Entries": chosen}


def kept_bytes(total: int, free: int, reserved: int, max_used: int, min_free: int) -> int:
    """How much cache is to stay, by BuildKit's rule."""
    keep = max_used
    excess = min_free - free
    if excess > 0:
        keep = min(keep, total - excess) if keep else total - excess
    elif min_free and not max_used:
        keep = total
    return max(keep, reserved)


def collect_garbage(engine: Engine, *, began_ns: int) -> int:
    """After a build: when the cache has outgrown its budget, remove what was longest unused and no image holds; the bytes freed.

    began_ns  what was used since then stays
    Another build that is under way may have looked up what would go: then nothing is done, the next build comes to it.
    """
    total = engine.db.one("SELECT coalesce(sum(size_bytes), 0) FROM build_cache")
    for table in _MEMORIES:
        if (count := engine.db.one(f"SELECT count(*) FROM {table}")) is not None and count[0] > _ROWS_MAX + _ROWS_SLACK:
            engine.db.execute(
                f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY used_ns DESC LIMIT -1 OFFSET {_ROWS_MAX})"
            )
    if total is None or not (budget := _budget(engine)) or total[0] <= budget:
        return 0
    alone = in_use(engine, shared=False)
    if not alone.acquire(block=False):
        return 0
    try:
        held = _held(engine)
        rows = engine.db.all("SELECT key, result, used_ns, size_bytes FROM build_cache ORDER BY used_ns")
        loose = [row for row in rows if _layer_of(row).encode() not in held]
        left = sum(row["size_bytes"] for row in loose)
        chosen = []
        for row in loose:
            if left <= budget:
                break
            if row["used_ns"] < began_ns:
                left -= row["size_bytes"]
                chosen.append({"ID": row["key"], "Layer": _layer_of(row)})
        return _drop(engine, chosen)
    finally:
        alone.release()


def in_use(engine: Engine, *, shared: bool) -> Lock:
    """Held, shared, by every build as long as it counts on what it found in the cache."""
    return Lock(f"{engine.paths.locks_dir}/build-cache", shared=shared)


def _budget(engine: Engine) -> int:
    """How large the cache may be: what the environment says, or daemon.json (`builder.gc`), or a tenth of the disk; 0: no limit."""
    from dockercompat.spec.size import ram_in_bytes

    disk = os.statvfs(engine.paths.data_dir)
    given = engine.settings.build_cache_size
    if not given and engine.settings.daemon_json:
        import json

        try:
            with open(engine.settings.daemon_json, encoding="utf-8") as file:
                settings = json.load(file).get("builder", {}).get("gc", {})
            if settings.get("enabled") is False:
                return 0
            given = next((str(settings[name]) for name in ("maxUsedSpace", "defaultMaxUsedSpace", *_RESERVED) if settings.get(name)), "")
        except (OSError, ValueError, AttributeError):  # registries complain of it, a build that has ended well does not
            given = ""
    if given:
        try:
            return int(disk.f_blocks * disk.f_frsize * float(given[:-1]) / 100) if given.endswith("%") else ram_in_bytes(given)
        except (ValueError, DockerError):
            pass
    return max(disk.f_blocks * disk.f_frsize // 10, _BUDGET_MIN)


def _free_bytes(engine: Engine) -> int:
    disk = os.statvfs(engine.paths.data_dir)
    return disk.f_bavail * disk.f_frsize


def _held(engine: Engine) -> bytes:
    """The configs of all images: a layer is held when its diff ID is in them."""
    return b"\n".join(bytes(row[0]) for row in engine.db.all("SELECT config FROM images WHERE removed != 1"))


def _layer_of(row: sqlite3.Row) -> str:
    return str(row["result"]).partition('"layer": "')[2].partition('"')[0]


def _drop(engine: Engine, chosen: list[dict[str, Any]]) -> int:
    """Remove entries and the layers that only they hold; the bytes freed."""
    if not chosen:
        return 0
    engine.db.execute_many("DELETE FROM build_cache WHERE key = ?", [(entry["ID"],) for entry in chosen])
    return layers.collect(engine, [entry["Layer"] for entry in chosen]).size_bytes


def _forget_contexts(engine: Engine) -> None:
    directory = f"{engine.paths.data_dir}/build/contexts"
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        os.unlink(f"{directory}/{name}")


def usage(engine: Engine) -> list[dict[str, Any]]:
    """The entries of the cache, the latest used first: ID, Size, Ago, Description, Uses, Reclaimable (no image holds the layer)."""
    images = [bytes(row[0]) for row in engine.db.all("SELECT config FROM images WHERE removed != 1")]
    now = time.time_ns()
    found = []
    for row in engine.db.all("SELECT * FROM build_cache ORDER BY used_ns DESC, key"):
        diff_id = _layer_of(row)
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
